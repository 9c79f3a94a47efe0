//! The server's side of the forms of enforcement keys.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, parse_moment, respond, saved};
use crate::routes::KEYS;
use crate::session::SignedIn;
use pdp::credentials::{self, CredentialError};
use policy::ids::{check_id, check_slug};
use policy::{CredentialId, ServerSlug, TenantSlug, Timestamp};
use store::administration::{Credential, CredentialKey};
use store::{Actor, Store, Writer};

fn page() -> Place {
    Place::new(KEYS.path)
}

async fn find(writer: &mut Writer, id: &str) -> Result<Credential, Refusal> {
    // What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
    if check_id(id).is_err() {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let found = writer.get_credential(&CredentialId::new(id)).await?;
    found.ok_or_else(|| Problem::of_form(Fault::Gone).into())
}

/// Its secrets, the oldest first.
async fn secrets(writer: &mut Writer, id: &CredentialId) -> Result<Vec<CredentialKey>, Refusal> {
    let mut secrets = writer.list_credential_keys(id).await?;
    secrets.sort_by_key(|secret| secret.created_at);
    Ok(secrets)
}

impl From<CredentialError> for Refusal {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Write(error) => error.into(),
            CredentialError::Taken(_) => Problem::new("name", Fault::Taken).into(),
            CredentialError::TooManySecrets(_) => Problem::of_form(Fault::TwoSecrets).into(),
            CredentialError::NewestExpired => Problem::of_form(Fault::OneSecret).into(),
        }
    }
}

fn answer(result: Result<Saved, Refusal>, ask: Ask, id: &str) -> Result<(), AppError> {
    let result = result.map(|saved| (page(), saved));
    respond(result, &page().asking(ask).of(id), Draft::new(ask.as_str(), []))
}

pub(super) async fn finish(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    answer(remove_older(console, signed_in, id).await, Ask::Finish, id)
}

async fn remove_older(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let credential = find(&mut writer, id).await?;
    let mut older = secrets(&mut writer, &credential.id).await?;
    older.pop();
    if older.is_empty() {
        return Err(Problem::of_form(Fault::OneSecret).into());
    }
    for secret in &older {
        writer.delete_credential_key(&secret.id).await?;
    }
    Ok(saved(Done::RotationFinished, &writer.commit().await?))
}

pub(super) async fn set_active(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    active: bool,
) -> Result<(), AppError> {
    answer(turn(console, signed_in, id, active).await, Ask::Suspend, id)
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, active: bool) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let credential = find(&mut writer, id).await?;
    writer.put_credential(&Credential { active, ..credential }).await?;
    let done = if active { Done::KeyOn } else { Done::KeyOff };
    Ok(saved(done, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    answer(remove(console, signed_in, id).await, Ask::Delete, id)
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let credential = find(&mut writer, id).await?;
    writer.delete_credential(&credential.id).await?;
    Ok(saved(Done::KeyDeleted, &writer.commit().await?))
}

/// What the form for a new enforcement key sends. The secret is made by the caller; here is its digest alone.
#[derive(Debug, Clone, Copy)]
pub struct KeyForm<'a> {
    pub name: &'a str,
    pub server: &'a str,
    pub tenant: &'a str,
    pub trust: &'a str,
    pub arguments: &'a str,
    pub responses: &'a str,
    pub expires: &'a str,
    /// Empty: none.
    pub search: &'a str,
}

impl KeyForm<'_> {
    /// Where the form stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        let values = [
            ("name", self.name),
            ("server", self.server),
            ("tenant", self.tenant),
            ("trust", self.trust),
            ("arguments", self.arguments),
            ("responses", self.responses),
            ("expires", self.expires),
            ("search", self.search),
        ];
        (page().asking(Ask::New), Draft::new(Ask::New.as_str(), values))
    }

    /// Stores the key by the digest of its first secret.
    ///
    /// # Errors
    /// When a field is wrong, the name is taken, or the database fails.
    pub async fn create(
        &self,
        store: &Store,
        actor: Actor,
        now: Timestamp,
        digest: &str,
    ) -> Result<Saved, Refusal> {
        let (credential, expires_at) = self.parse(now)?;
        let mut writer = store.write(actor).await?;
        credentials::create(&mut writer, &credential, digest, expires_at).await?;
        Ok(saved(Done::KeyCreated, &writer.commit().await?))
    }

    fn parse(&self, now: Timestamp) -> Result<(Credential, Option<Timestamp>), Vec<Problem>> {
        let (name, server, tenant) = (self.name.trim(), self.server.trim(), self.tenant.trim());
        let mut problems = Vec::new();
        if let Err(error) = check_id(name) {
            problems.push(Problem::new("name", Fault::from(&error)));
        }
        for (field, slug) in [("server", server), ("tenant", tenant)] {
            if !slug.is_empty() && check_slug(slug).is_err() {
                problems.push(Problem::new(field, Fault::Unknown));
            }
        }
        let mut credential = Credential::new(name);
        credential.server = (!server.is_empty()).then(|| ServerSlug::from(server));
        credential.tenant = (!tenant.is_empty()).then(|| TenantSlug::from(tenant));
        match self.trust.parse() {
            Ok(trust) => credential.trust = trust,
            Err(_) => problems.push(Problem::new("trust", Fault::NoKind)),
        }
        match self.arguments.parse() {
            Ok(arguments) => credential.arguments = arguments,
            Err(_) => problems.push(Problem::new("arguments", Fault::NoKind)),
        }
        match self.responses.parse() {
            Ok(responses) => credential.responses = responses,
            Err(_) => problems.push(Problem::new("responses", Fault::NoKind)),
        }
        match self.search {
            "" => {}
            search => match search.parse() {
                Ok(search) => credential.search = search,
                Err(_) => problems.push(Problem::new("search", Fault::NoKind)),
            },
        }
        match parse_moment("expires", self.expires, now) {
            Ok(expires) if problems.is_empty() => return Ok((credential, expires)),
            Ok(_) => {}
            Err(problem) => problems.push(problem),
        }
        Err(problems)
    }
}

/// What the form for a second secret sends.
#[derive(Debug, Clone, Copy)]
pub struct RotationForm<'a> {
    pub id: &'a str,
    pub expires: &'a str,
}

impl RotationForm<'_> {
    /// Where the form stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        let draft = Draft::new(Ask::Rotate.as_str(), [("expires", self.expires)]);
        (page().asking(Ask::Rotate).of(self.id), draft)
    }

    /// Adds a second secret by its digest; answers the key's name.
    ///
    /// # Errors
    /// When a field is wrong, two secrets work already, or the database fails.
    pub async fn rotate(
        &self,
        store: &Store,
        actor: Actor,
        now: Timestamp,
        digest: &str,
    ) -> Result<(String, Saved), Refusal> {
        let expires_at = parse_moment("expires", self.expires, now)?;
        let mut writer = store.write(actor).await?;
        let credential = find(&mut writer, self.id).await?;
        credentials::rotate(&mut writer, &credential.id, digest, expires_at).await?;
        Ok((credential.name, saved(Done::KeyRotated, &writer.commit().await?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::labels::{ArgumentsMode, Responses, Trust};

    fn form() -> KeyForm<'static> {
        KeyForm {
            name: " crm-pep ",
            server: "crm",
            tenant: "",
            trust: "assert_subject",
            arguments: "required",
            responses: "minimal",
            expires: "",
            search: "own",
        }
    }

    fn now() -> Timestamp {
        Timestamp::parse("2026-11-23T10:00:00Z").expect("a moment")
    }

    #[test]
    fn a_key_is_bound_to_what_was_chosen() {
        let (credential, expires) = form().parse(now()).expect("a key");
        assert_eq!(credential.name, "crm-pep");
        assert_eq!((credential.server, credential.tenant), (Some(ServerSlug::from("crm")), None));
        assert_eq!(
            (credential.trust, credential.arguments, credential.responses),
            (Trust::AssertSubject, ArgumentsMode::Required, Responses::Minimal)
        );
        assert_eq!(credential.search, policy::labels::Search::Own);
        assert!(credential.active && expires.is_none());
    }

    #[test]
    fn every_field_is_told_what_is_wrong() {
        let form = KeyForm { name: "", server: "Crm", trust: "all", expires: "2020-01-01T00:00", ..form() };
        let problems = form.parse(now()).expect_err("refused");
        assert_eq!(
            problems,
            [
                Problem::new("name", Fault::Missing),
                Problem::new("server", Fault::Unknown),
                Problem::new("trust", Fault::NoKind),
                Problem::new("expires", Fault::Past),
            ]
        );
    }
}

//! The server's side of the forms of administrator tokens.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::routes::TOKENS;
use crate::session::SignedIn;
use policy::TenantSlug;
use policy::ids::{check_id, check_slug};
use policy::scope::AdminScope;
use store::administration::NewAdministratorToken;
use store::{Actor, Store, WriteError};

/// In microseconds.
const DAY: i64 = 86_400 * 1_000_000;

pub(super) async fn revoke(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let page = Place::new(TOKENS.path);
    let back = page.clone().asking(Ask::Revoke).of(id);
    let result = remove(console, signed_in, id).await.map(|saved| (page, saved));
    respond(result, &back, Draft::new(Ask::Revoke.as_str(), []))
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    // What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
    if check_id(id).is_err() {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    if !writer.delete_administrator_token(id).await? {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    Ok(saved(Done::TokenRevoked, &writer.commit().await?))
}

/// What the form for a new token sends. The secret is made by the caller; here is its digest alone.
#[derive(Debug, Clone)]
pub struct TokenForm<'a> {
    pub name: &'a str,
    pub scopes: Vec<&'a str>,
    pub tenant: &'a str,
    pub days: &'a str,
}

impl<'a> TokenForm<'a> {
    /// From the pairs of a body; what is missing is empty, and refused as such.
    pub fn read(fields: &'a [(String, String)]) -> Self {
        let all = move |name: &'static str| {
            fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        Self {
            name: all("name").next().unwrap_or_default(),
            scopes: all("scopes[]").collect(),
            tenant: all("tenant").next().unwrap_or_default(),
            days: all("days").next().unwrap_or_default(),
        }
    }

    /// Where the form stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        let scopes = self.scopes.iter().map(|scope| ("scopes", *scope));
        let values = [("name", self.name), ("tenant", self.tenant), ("days", self.days)];
        let draft = Draft::new(Ask::New.as_str(), values.into_iter().chain(scopes));
        (Place::new(TOKENS.path).asking(Ask::New), draft)
    }

    /// Stores the token by the digest of its secret. It acts for whoever makes it, and for nobody else.
    ///
    /// # Errors
    /// When a field is wrong, the name is taken, the actor is no active owner, or the database fails.
    pub async fn create(&self, store: &Store, actor: Actor, digest: &str) -> Result<Saved, Refusal> {
        let (scopes, days) = self.parse()?;
        let account = actor.name.clone();
        let tenant = Some(self.tenant.trim()).filter(|slug| !slug.is_empty()).map(TenantSlug::from);
        let mut writer = store.write(actor).await?;
        let new = NewAdministratorToken {
            name: self.name.trim(),
            account: &account,
            digest,
            tenant: tenant.as_ref(),
            scopes: &scopes,
            expires_at: writer.now().saturating_add_micros(i64::from(days) * DAY),
        };
        match writer.add_administrator_token(&new).await {
            Ok(_) => Ok(saved(Done::AdministratorTokenCreated, &writer.commit().await?)),
            Err(WriteError::Invalid { field: "account", .. }) => {
                Err(Problem::of_form(Fault::NotAnOwner).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn parse(&self) -> Result<(Vec<AdminScope>, u16), Vec<Problem>> {
        let mut problems = Vec::new();
        if let Err(error) = check_id(self.name.trim()) {
            problems.push(Problem::new("name", Fault::from(&error)));
        }
        let scopes: Result<Vec<AdminScope>, _> =
            self.scopes.iter().map(|scope| scope.parse::<AdminScope>()).collect();
        match &scopes {
            Ok(scopes) if scopes.is_empty() => problems.push(Problem::new("scopes", Fault::NothingChosen)),
            Ok(_) => {}
            Err(_) => problems.push(Problem::new("scopes", Fault::NoKind)),
        }
        let tenant = self.tenant.trim();
        if !tenant.is_empty() && check_slug(tenant).is_err() {
            problems.push(Problem::new("tenant", Fault::Unknown));
        }
        let days = self.days.trim().parse::<u16>().ok().filter(|days| (1..=365).contains(days));
        if days.is_none() {
            problems.push(Problem::new("days", Fault::NotBetween(1, 365)));
        }
        match (scopes, days) {
            (Ok(scopes), Some(days)) if problems.is_empty() => Ok((scopes, days)),
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_form_is_read() {
        let fields = fields(&[
            ("name", " ci "),
            ("scopes[]", "rules:write"),
            ("scopes[]", "read"),
            ("tenant", ""),
            ("days", "90"),
        ]);
        let form = TokenForm::read(&fields);
        assert_eq!(form.parse(), Ok((vec![AdminScope::Rules, AdminScope::Read], 90)));
        let (_, draft) = form.back();
        assert_eq!(draft.values.iter().filter(|(name, _)| name == "scopes").count(), 2);
    }

    #[test]
    fn every_field_is_told_what_is_wrong() {
        let nothing = TokenForm::read(&[]);
        let problems = [
            Problem::new("name", Fault::Missing),
            Problem::new("scopes", Fault::NothingChosen),
            Problem::new("days", Fault::NotBetween(1, 365)),
        ];
        assert_eq!(nothing.parse(), Err(problems.to_vec()));
        let fields = fields(&[("name", "ci"), ("scopes[]", "all"), ("tenant", "Acme"), ("days", "366")]);
        let problems = [
            Problem::new("scopes", Fault::NoKind),
            Problem::new("tenant", Fault::Unknown),
            Problem::new("days", Fault::NotBetween(1, 365)),
        ];
        assert_eq!(TokenForm::read(&fields).parse(), Err(problems.to_vec()));
    }
}

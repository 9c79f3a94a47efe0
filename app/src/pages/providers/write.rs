//! The server's side of the forms of sign-in providers.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::proof;
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::routes::PROVIDERS;
use crate::session::SignedIn;
use pdp::Secret;
use pdp::vault::VaultError;
use policy::ids::{check_id, check_slug};
use policy::issuer::check_fetched_url;
use store::WriteError;
use store::administration::{GroupRole, MOST_GROUPS, ProviderSettings, SignInProvider};

/// What the form sends, but for the secret.
#[derive(Debug, Clone, Default)]
pub struct ProviderForm {
    pub new: bool,
    pub id: String,
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub scopes: String,
    pub groups_claim: String,
    pub groups: String,
    pub admit_subjects: bool,
}

/// `group -> role`, or `group -> role@tenant`, one per line.
pub fn write_groups(groups: &[GroupRole]) -> String {
    groups.iter().map(|entry| format!("{} -> {}", entry.group, entry.told())).collect::<Vec<_>>().join("\n")
}

/// The other way. The last arrow counts: a group may hold one.
///
/// # Errors
/// When a line is not like `group -> role`, or there are too many.
pub fn read_groups(text: &str) -> Result<Vec<GroupRole>, Fault> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > MOST_GROUPS {
        return Err(Fault::TooMany(MOST_GROUPS));
    }
    lines
        .into_iter()
        .map(|line| {
            let (group, role) = line.rsplit_once("->").ok_or(Fault::NotGroups)?;
            let (group, role) = (group.trim(), role.trim());
            check_id(group).map_err(|_| Fault::NotGroups)?;
            GroupRole::read(group, role).ok_or(Fault::NotGroups)
        })
        .collect()
}

impl ProviderForm {
    fn ask(&self) -> Ask {
        if self.new { Ask::New } else { Ask::Edit }
    }

    fn back(&self) -> (Place, Draft) {
        let place = Place::new(PROVIDERS.path).asking(self.ask());
        let place = if self.new { place } else { place.of(self.id.as_str()) };
        let values = [
            ("id", self.id.as_str()),
            ("name", &self.name),
            ("issuer", &self.issuer),
            ("client_id", &self.client_id),
            ("scopes", &self.scopes),
            ("groups_claim", &self.groups_claim),
            ("groups", &self.groups),
        ];
        let admit = self.admit_subjects.then_some(("admit_subjects", "true"));
        (place, Draft::new(self.ask().as_str(), values.into_iter().chain(admit)))
    }

    /// The provider, active, as it is typed.
    fn read(&self) -> Result<SignInProvider, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut need = |field: &'static str, fault: Option<Fault>| {
            problems.extend(fault.map(|fault| Problem::new(field, fault)));
        };
        need("id", check_slug(self.id.trim()).err().map(|error| Fault::from(&error)));
        need("name", check_id(self.name.trim()).err().map(|error| Fault::from(&error)));
        need("client_id", check_id(self.client_id.trim()).err().map(|error| Fault::from(&error)));
        need("groups_claim", check_id(self.groups_claim.trim()).err().map(|error| Fault::from(&error)));
        let issuer = self.issuer.trim();
        let is_issuer = check_fetched_url(issuer).is_ok() && !issuer.contains(['?', '#']);
        need("issuer", (self.new && !is_issuer).then_some(Fault::NotAnIssuer));
        let groups = read_groups(&self.groups);
        need("groups", groups.as_ref().err().copied());
        match groups {
            Ok(groups) if problems.is_empty() => Ok(SignInProvider {
                id: self.id.trim().to_owned(),
                name: self.name.trim().to_owned(),
                issuer: issuer.to_owned(),
                client_id: self.client_id.trim().to_owned(),
                active: true,
                settings: ProviderSettings {
                    scopes: self.scopes.split_whitespace().map(str::to_owned).collect(),
                    groups_claim: self.groups_claim.trim().to_owned(),
                    groups,
                    admit_subjects: self.admit_subjects,
                },
            }),
            _ => Err(problems),
        }
    }
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    form: ProviderForm,
    secret: &Secret,
) -> Result<(), AppError> {
    let result = put(console, signed_in, &form, secret).await;
    let (back, draft) = form.back();
    respond(result.map(|saved| (Place::new(PROVIDERS.path), saved)), &back, draft)
}

async fn put(
    console: &Console,
    signed_in: &SignedIn,
    form: &ProviderForm,
    secret: &Secret,
) -> Result<Saved, Refusal> {
    let mut provider = form.read()?;
    // Its groups may stand for owners.
    proof::need(console.now())?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    match writer.get_sign_in_provider(&provider.id).await? {
        Some(_) if form.new => return Err(Problem::new("id", Fault::Taken).into()),
        None if !form.new => return Err(Problem::of_form(Fault::Gone).into()),
        Some(known) => {
            provider.active = known.active;
            provider.issuer = known.issuer;
        }
        None => {}
    }
    match writer.put_sign_in_provider(&provider).await {
        Ok(()) => {}
        Err(WriteError::Taken { .. }) => return Err(Problem::new("issuer", Fault::Taken).into()),
        Err(WriteError::Invalid { field: field @ ("scopes" | "issuer" | "groups"), .. }) => {
            return Err(Problem::new(field, Fault::Refused).into());
        }
        Err(error) => return Err(error.into()),
    }
    if !secret.expose().is_empty() {
        match console.tokens.vault().keep(&mut writer, provider.secret_place(), secret).await {
            Ok(()) => {}
            Err(VaultError::Store(error)) => return Err(error.into()),
            Err(VaultError::NotASecret) => return Err(Problem::new("client_secret", Fault::Control).into()),
            Err(error) => {
                tracing::error!(provider = %provider.id, %error, "a client secret was not kept");
                return Err(Problem::new("client_secret", Fault::NotKept).into());
            }
        }
    }
    Ok(saved(Done::ProviderSaved, &writer.commit().await?))
}

pub(super) async fn set_active(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    active: bool,
) -> Result<(), AppError> {
    let page = Place::new(PROVIDERS.path);
    let result = turn(console, signed_in, id, active).await;
    let back = page.clone().asking(Ask::Suspend).of(id);
    respond(result.map(|saved| (page, saved)), &back, Draft::new(Ask::Suspend.as_str(), []))
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, active: bool) -> Result<Saved, Refusal> {
    if active {
        proof::need(console.now())?;
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    let Some(known) = writer.get_sign_in_provider(id).await? else {
        return Err(Problem::of_form(Fault::Gone).into());
    };
    writer.put_sign_in_provider(&SignInProvider { active, ..known }).await?;
    let done = if active { Done::ProviderEnabled } else { Done::ProviderDisabled };
    Ok(saved(done, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let page = Place::new(PROVIDERS.path);
    let result = remove(console, signed_in, id).await;
    let back = page.clone().asking(Ask::Delete).of(id);
    respond(result.map(|saved| (page, saved)), &back, Draft::new(Ask::Delete.as_str(), []))
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    if !writer.delete_sign_in_provider(id).await? {
        return Err(Problem::of_form(Fault::Gone).into());
    }
    Ok(saved(Done::ProviderDeleted, &writer.commit().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_lines_and_read_back() {
        let groups = read_groups(" /ops/on-call -> owner\n\na -> b -> auditor@acme\r\n").expect("groups");
        let entry = |group: &str, told| GroupRole::read(group, told).expect("a role");
        let expected = [entry("/ops/on-call", "owner"), entry("a -> b", "auditor@acme")];
        assert_eq!(groups, expected);
        assert_eq!(read_groups(&write_groups(&groups)), Ok(groups));
        for bad in ["owner", "-> owner", "a -> root", "a => owner", "a ->"] {
            assert_eq!(read_groups(bad), Err(Fault::NotGroups), "{bad}");
        }
        let many = "a -> owner\n".repeat(MOST_GROUPS + 1);
        assert_eq!(read_groups(&many), Err(Fault::TooMany(MOST_GROUPS)));
    }

    #[test]
    fn every_field_is_told_what_is_wrong() {
        let fields = |form: &ProviderForm| match form.read() {
            Ok(_) => Vec::new(),
            Err(problems) => problems.into_iter().map(|problem| problem.field).collect(),
        };
        let nothing = ProviderForm { new: true, groups: "x".to_owned(), ..ProviderForm::default() };
        assert_eq!(fields(&nothing), ["id", "name", "client_id", "groups_claim", "issuer", "groups"]);
        let good = ProviderForm {
            new: true,
            id: "work".to_owned(),
            name: "Work".to_owned(),
            issuer: "https://idp.example".to_owned(),
            client_id: "console".to_owned(),
            scopes: "profile  groups".to_owned(),
            groups_claim: "groups".to_owned(),
            ..ProviderForm::default()
        };
        assert_eq!(fields(&good), [""; 0]);
        assert_eq!(good.read().map(|provider| provider.settings.scopes.len()), Ok(2));
    }
}

//! The server's side of the forms of webhooks and dead letters.

use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::routes::NOTIFICATIONS;
use crate::session::SignedIn;
use pdp::Secret;
use pdp::address_guard::{AddressError, AddressGuard};
use pdp::notify::{self, RotationError};
use pdp::vault::{Vault, VaultError};
use policy::TenantSlug;
use policy::ids::{check_id, check_slug};
use policy::labels::NoticeKind;
use store::administration::{NewWebhook, Webhook};
use store::notifications::Receiver;
use store::{Actor, Store, Writer};

pub(super) fn page() -> Place {
    Place::new(NOTIFICATIONS.path)
}

fn gone() -> Refusal {
    Problem::of_form(Fault::Gone).into()
}

/// What the form of a webhook sends.
#[derive(Debug, Clone, Default)]
pub struct WebhookForm {
    pub name: String,
    pub url: String,
    pub events: Vec<String>,
    /// Empty: every tenant.
    pub tenant: String,
}

/// The same, read.
#[derive(Debug, PartialEq, Eq)]
struct Read<'a> {
    name: &'a str,
    url: &'a str,
    events: Vec<NoticeKind>,
    tenant: Option<TenantSlug>,
}

impl WebhookForm {
    /// From the pairs of a body; what is missing is empty, and refused as such.
    pub fn of(fields: &[(String, String)]) -> Self {
        let all = |name: &'static str| {
            fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let one = |name| all(name).next().unwrap_or_default();
        Self { name: one("name"), url: one("url"), events: all("events[]").collect(), tenant: one("tenant") }
    }

    /// What was typed. Never the address: a draft stands in the address of the page.
    fn draft(&self, ask: Ask) -> Draft {
        let events = self.events.iter().map(|event| ("events", event.as_str()));
        let values = [("name", self.name.as_str()), ("tenant", self.tenant.as_str())];
        Draft::new(ask.as_str(), values.into_iter().chain(events))
    }

    /// Where the form for a new one stands, and what was typed.
    pub fn back(&self) -> (Place, Draft) {
        (page().asking(Ask::New), self.draft(Ask::New))
    }

    /// `kept`: there is an address already, which stays where none is given.
    fn read(&self, kept: bool) -> Result<Read<'_>, Vec<Problem>> {
        let mut problems = Vec::new();
        let (name, url, tenant) = (self.name.trim(), self.url.trim(), self.tenant.trim());
        if let Err(error) = check_id(name) {
            problems.push(Problem::new("name", Fault::from(&error)));
        }
        if let Some(fault) = wrong_with(url).filter(|_| !(kept && url.is_empty())) {
            problems.push(Problem::new("url", fault));
        }
        let events: Result<Vec<NoticeKind>, _> =
            self.events.iter().map(|event| event.parse::<NoticeKind>()).collect();
        match &events {
            Ok(events) if events.is_empty() => problems.push(Problem::new("events", Fault::NothingChosen)),
            Ok(_) => {}
            Err(_) => problems.push(Problem::new("events", Fault::NoKind)),
        }
        if !tenant.is_empty() && check_slug(tenant).is_err() {
            problems.push(Problem::new("tenant", Fault::Unknown));
        }
        match events {
            Ok(events) if problems.is_empty() => {
                let tenant = (!tenant.is_empty()).then(|| TenantSlug::from(tenant));
                Ok(Read { name, url, events, tenant })
            }
            _ => Err(problems),
        }
    }

    /// Stores the webhook, and its secret in the vault.
    ///
    /// # Errors
    /// When a field is wrong, the name is taken, the secret cannot be kept, or the database fails.
    pub async fn create(
        &self,
        store: &Store,
        vault: &Vault,
        actor: Actor,
        secret: &Secret,
    ) -> Result<Saved, Refusal> {
        let read = self.read(false)?;
        let new =
            NewWebhook { name: read.name, url: read.url, events: &read.events, tenant: read.tenant.as_ref() };
        let mut writer = store.write(actor).await?;
        notify::create(vault, &mut writer, &new, secret).await.map_err(kept)?;
        Ok(saved(Done::WebhookCreated, &writer.commit().await?))
    }
}

/// What is wrong with an address, without regard to whether it may be connected to: that shows when something is sent.
fn wrong_with(url: &str) -> Option<Fault> {
    if url.is_empty() {
        return Some(Fault::Missing);
    }
    match AddressGuard::default().check_url(url) {
        Ok(_) | Err(AddressError::Refused { .. }) => None,
        Err(AddressError::TooLong) => Some(Fault::TooLong(2_048)),
        Err(AddressError::Scheme { .. }) => Some(Fault::NotHttp),
        Err(AddressError::Userinfo) => Some(Fault::SecretInUrl),
        Err(_) => Some(Fault::NotAUrl),
    }
}

/// A secret that was not kept.
pub(super) fn kept(error: VaultError) -> Refusal {
    match error {
        VaultError::Store(error) => error.into(),
        VaultError::Write(error) => error.into(),
        error => {
            tracing::error!(%error, "a secret was not kept");
            Problem::of_form(Fault::NotKept).into()
        }
    }
}

fn rotation(error: RotationError) -> Refusal {
    match error {
        RotationError::Vault(error) => kept(error),
        RotationError::Unknown(_) => gone(),
        RotationError::TwoSecrets => Problem::of_form(Fault::TwoSecrets).into(),
        RotationError::OneSecret => Problem::of_form(Fault::OneSecret).into(),
    }
}

/// Lets a second secret sign; the webhook's name, and what was saved.
///
/// # Errors
/// When two sign already, there is no such webhook, or a secret cannot be kept.
pub async fn rotate(
    store: &Store,
    vault: &Vault,
    actor: Actor,
    id: &str,
    secret: &Secret,
) -> Result<(String, Saved), Refusal> {
    check_id(id).map_err(|_| gone())?;
    let mut writer = store.write(actor).await?;
    let webhook = notify::rotate(vault, &mut writer, id, secret).await.map_err(rotation)?;
    Ok((webhook.name, saved(Done::WebhookRotated, &writer.commit().await?)))
}

/// Where the form that rotates stands.
pub fn rotation_back(id: &str) -> (Place, Draft) {
    (page().asking(Ask::Rotate).of(id), Draft::new(Ask::Rotate.as_str(), []))
}

async fn find(writer: &mut Writer, id: &str) -> Result<Webhook, Refusal> {
    // What can be no id is not asked for: Postgres refuses U+0000 even in a comparison.
    check_id(id).map_err(|_| gone())?;
    writer.get_webhook(id).await?.ok_or_else(gone)
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    form: &WebhookForm,
    active: bool,
) -> Result<(), AppError> {
    let mut draft = form.draft(Ask::Edit);
    if active {
        draft.values.push(("active".to_owned(), "true".to_owned()));
    }
    let result = put(console, signed_in, id, form, active).await;
    respond(result.map(|saved| (page(), saved)), &page().asking(Ask::Edit).of(id), draft)
}

async fn put(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    form: &WebhookForm,
    active: bool,
) -> Result<Saved, Refusal> {
    let read = form.read(true)?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    let before = find(&mut writer, id).await?;
    let after =
        Webhook { name: read.name.to_owned(), events: read.events, tenant: read.tenant, active, ..before };
    let address = (!read.url.is_empty()).then(|| Secret::new(read.url.to_owned()));
    notify::put(console.tokens.vault(), &mut writer, &after, address.as_ref()).await.map_err(kept)?;
    Ok(saved(Done::WebhookSaved, &writer.commit().await?))
}

fn answer(result: Result<Saved, Refusal>, back: &Place, ask: &str) -> Result<(), AppError> {
    respond(result.map(|saved| (page(), saved)), back, Draft::new(ask, []))
}

pub(super) async fn finish(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = end_rotation(console, signed_in, id).await;
    answer(result, &page().asking(Ask::Finish).of(id), Ask::Finish.as_str())
}

async fn end_rotation(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    find(&mut writer, id).await?;
    notify::finish(&mut writer, id).await.map_err(rotation)?;
    Ok(saved(Done::WebhookFinished, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = remove(console, signed_in, id).await;
    answer(result, &page().asking(Ask::Delete).of(id), Ask::Delete.as_str())
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    find(&mut writer, id).await?;
    writer.delete_webhook(id).await?;
    Ok(saved(Done::WebhookDeleted, &writer.commit().await?))
}

pub(super) async fn test(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = send_test(console, signed_in, Receiver::Webhook(id.to_owned())).await;
    answer(result, &page(), "")
}

/// A test to a webhook is no change: it has no record to point at. Of one to a person the page of changes tells.
pub(super) async fn send_test(
    console: &Console,
    signed_in: &SignedIn,
    receiver: Receiver,
) -> Result<Saved, Refusal> {
    let (Receiver::Webhook(id) | Receiver::Account(id)) = &receiver;
    check_id(id).map_err(|_| gone())?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    writer.send_test(&receiver).await?;
    writer.commit().await?;
    Ok(Saved { done: Done::TestSent, revision: None, change: None })
}

pub(super) async fn again(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    answer(revive(console, signed_in, id).await, &page(), "")
}

async fn revive(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    check_id(id).map_err(|_| gone())?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    if !writer.deliver_again(id).await? {
        return Err(gone());
    }
    Ok(saved(Done::DeliveredAgain, &writer.commit().await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> WebhookForm {
        let fields: Vec<(String, String)> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        WebhookForm::of(&fields)
    }

    #[test]
    fn the_form_is_read() {
        let form = form(&[
            ("name", " slack "),
            ("url", "https://hooks.example/x"),
            ("events[]", "expired"),
            ("events[]", "requested"),
            ("tenant", "acme"),
        ]);
        let read = form.read(false).expect("reads");
        assert_eq!((read.name, read.url), ("slack", "https://hooks.example/x"));
        assert_eq!(read.events, [NoticeKind::Expired, NoticeKind::Requested]);
        assert_eq!(read.tenant, Some(TenantSlug::from("acme")));
        // An address that needs the operator's word is taken: whether it has it shows when something is sent.
        let private = WebhookForm { url: "http://10.0.0.1/x".to_owned(), ..form };
        assert!(private.read(false).is_ok());
    }

    #[test]
    fn an_address_is_typed_anew_or_stays_and_is_in_no_draft() {
        let empty = form(&[("name", "slack"), ("events[]", "expired")]);
        assert_eq!(empty.read(false), Err(vec![Problem::new("url", Fault::Missing)]));
        assert_eq!(empty.read(true).expect("reads").url, "");
        let wrong = WebhookForm { url: "hooks.example/secret".to_owned(), ..empty };
        assert_eq!(wrong.read(true), Err(vec![Problem::new("url", Fault::NotAUrl)]));
        assert_eq!(wrong.back().1.value("url"), None);
    }

    #[test]
    fn every_field_is_told_what_is_wrong() {
        let problems = [
            Problem::new("name", Fault::Missing),
            Problem::new("url", Fault::Missing),
            Problem::new("events", Fault::NothingChosen),
        ];
        assert_eq!(form(&[]).read(false), Err(problems.to_vec()));
        let bad = form(&[("name", "x"), ("events[]", "all"), ("tenant", "Acme")]);
        for (url, fault) in [
            ("hooks.example", Fault::NotAUrl),
            ("ftp://hooks.example/", Fault::NotHttp),
            ("https://a:b@hooks.example/", Fault::SecretInUrl),
        ] {
            let problems = [
                Problem::new("url", fault),
                Problem::new("events", Fault::NoKind),
                Problem::new("tenant", Fault::Unknown),
            ];
            let bad = WebhookForm { url: url.to_owned(), ..bad.clone() };
            assert_eq!(bad.read(false), Err(problems.to_vec()), "{url}");
        }
    }
}

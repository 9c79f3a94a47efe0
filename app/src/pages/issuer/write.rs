//! The server's side of the forms of issuers.

use super::draft::IssuerFields;
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved, from_hex, to_hex};
use crate::pages::form::place::{Ask, Place};
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, parse_moment, respond, saved};
use crate::pages::server::write::need_tenants;
use crate::routes::ISSUERS;
use crate::session::SignedIn;
use crate::url::encode;
use pdp::Secret;
use pdp::vault::VaultError;
use policy::Timestamp;
use policy::issuer::Issuer;
use store::Writer;
use store::administration::{SecretPlace, StoredIssuer};

/// The longest `jti` that the database takes.
const LONGEST_JTI: usize = 1_000;

/// What stands for the issuer in addresses: its URL is not one segment of a path, and may hold what routers undo.
pub(crate) fn id_of(url: &str) -> String {
    to_hex(url)
}

/// None: no URL has this id. Nothing stored holds U+0000, and Postgres refuses it even in a comparison.
pub(super) fn url_of(id: &str) -> Option<String> {
    from_hex(id).filter(|url| !url.contains('\0'))
}

fn place(id: &str) -> Place {
    Place::new(format!("{}/{}", ISSUERS.path, encode(id)))
}

fn gone() -> Refusal {
    Problem::of_form(Fault::Gone).into()
}

async fn find(writer: &mut Writer, id: &str) -> Result<StoredIssuer, Refusal> {
    let url = url_of(id).ok_or_else(gone)?;
    writer.get_issuer(&url).await?.ok_or_else(gone)
}

pub(super) async fn save(
    console: &Console,
    signed_in: &SignedIn,
    form: IssuerFields,
    client_secret: &Secret,
) -> Result<(), AppError> {
    let ask = form.ask();
    let page = if ask == Ask::New { Place::new(ISSUERS.path) } else { place(&form.id) };
    let draft = form.draft(ask);
    let result = put(console, signed_in, form, client_secret).await;
    respond(result.map(|(url, saved)| (place(&id_of(&url)), saved)), &page.asking(ask), draft)
}

async fn put(
    console: &Console,
    signed_in: &SignedIn,
    mut form: IssuerFields,
    client_secret: &Secret,
) -> Result<(String, Saved), Refusal> {
    let new = form.ask() == Ask::New;
    if !new {
        form.url = url_of(&form.id).ok_or_else(gone)?;
    }
    let mut issuer = form.read()?;
    let mut writer = console.store.write(actor(signed_in)).await?;
    need_tenants(&mut writer, &issuer.tenants).await?;
    match writer.get_issuer(&issuer.url).await? {
        Some(_) if new => return Err(Problem::new("url", Fault::Taken).into()),
        None if !new => return Err(gone()),
        Some(stored) => issuer.active = stored.issuer.active,
        None => {}
    }
    writer.put_issuer(&issuer).await?;
    if issuer.introspection.is_some() {
        keep_secret(console, &mut writer, &issuer.url, client_secret).await?;
    }
    let done = if new { Done::IssuerAdded } else { Done::IssuerSaved };
    Ok((issuer.url, saved(done, &writer.commit().await?)))
}

/// The secret with which the issuer is asked: the one that was typed, or else the one that is kept.
async fn keep_secret(
    console: &Console,
    writer: &mut Writer,
    url: &str,
    client_secret: &Secret,
) -> Result<(), Refusal> {
    let place = SecretPlace::client_secret(url);
    if client_secret.expose().is_empty() {
        return match writer.get_secret(&place).await? {
            Some(_) => Ok(()),
            None => Err(Problem::new("client_secret", Fault::Missing).into()),
        };
    }
    match console.tokens.vault().keep(writer, place, client_secret).await {
        Ok(()) => Ok(()),
        Err(VaultError::Store(error)) => Err(error.into()),
        Err(VaultError::NotASecret) => Err(Problem::new("client_secret", Fault::Control).into()),
        Err(error) => {
            tracing::error!(issuer = %url, %error, "a client secret was not kept");
            Err(Problem::new("client_secret", Fault::NotKept).into())
        }
    }
}

pub(super) async fn set_active(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    active: bool,
) -> Result<(), AppError> {
    let page = place(id);
    let result = turn(console, signed_in, id, active).await;
    respond(result.map(|saved| (page.clone(), saved)), &page, Draft::default())
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, active: bool) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let stored = find(&mut writer, id).await?;
    writer.put_issuer(&Issuer { active, ..stored.issuer }).await?;
    let done = if active { Done::IssuerEnabled } else { Done::IssuerDisabled };
    Ok(saved(done, &writer.commit().await?))
}

pub(super) async fn delete(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
    let result = remove(console, signed_in, id).await.map(|saved| (Place::new(ISSUERS.path), saved));
    respond(result, &place(id).asking(Ask::Delete), Draft::new(Ask::Delete.as_str(), []))
}

async fn remove(console: &Console, signed_in: &SignedIn, id: &str) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let stored = find(&mut writer, id).await?;
    writer.delete_issuer(&stored.issuer.url).await?;
    Ok(saved(Done::IssuerDeleted, &writer.commit().await?))
}

/// Nothing is saved. Where it fails, the page says why.
pub(super) async fn fetch_keys(console: &Console, id: &str) -> Result<(), AppError> {
    let stored = match url_of(id) {
        Some(url) => console.store.get_issuer(&url).await?,
        None => None,
    };
    let fetched = match &stored {
        Some(stored) => console.tokens.fetch_keys(&stored.issuer).await.failure.is_none(),
        None => false,
    };
    let page = place(id);
    let done = Saved { done: Done::KeysFetched, revision: None, change: None };
    leptos_axum::redirect(&if fetched { page.saved(&done) } else { page.href() });
    Ok(())
}

pub(super) async fn revoke(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    jti: &str,
    until: &str,
) -> Result<(), AppError> {
    let page = place(id);
    let parsed = parse_token(jti, until, console.now());
    // A token that was pasted instead goes nowhere.
    let kept = if is_token(jti.trim()) { "" } else { jti };
    let draft = Draft::new(Ask::Revoke.as_str(), [("jti", kept), ("until", until)]);
    let result = match parsed {
        Ok((jti, until)) => take_back(console, signed_in, id, jti, until).await,
        Err(problems) => Err(problems.into()),
    };
    respond(result.map(|saved| (page.clone(), saved)), &page.asking(Ask::Revoke), draft)
}

async fn take_back(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    jti: &str,
    until: Timestamp,
) -> Result<Saved, Refusal> {
    let mut writer = console.store.write(actor(signed_in)).await?;
    let stored = find(&mut writer, id).await?;
    writer.revoke_token(&stored.issuer.url, jti, until).await?;
    Ok(saved(Done::TokenRevoked, &writer.commit().await?))
}

fn parse_token<'a>(jti: &'a str, until: &str, now: Timestamp) -> Result<(&'a str, Timestamp), Vec<Problem>> {
    let jti = jti.trim();
    let fault = if jti.is_empty() {
        Some(Fault::Missing)
    } else if is_token(jti) {
        Some(Fault::NotTheToken)
    } else if jti.len() > LONGEST_JTI {
        Some(Fault::TooLong(LONGEST_JTI))
    } else {
        jti.contains('\0').then_some(Fault::Control)
    };
    let fault = fault.map(|fault| Problem::new("jti", fault));
    let until = parse_moment("until", until, now)
        .and_then(|until| until.ok_or_else(|| Problem::new("until", Fault::Missing)));
    match (fault, until) {
        (None, Ok(until)) => Ok((jti, until)),
        (fault, until) => Err(fault.into_iter().chain(until.err()).collect()),
    }
}

/// A JWT begins with `{"` in base64url.
fn is_token(text: &str) -> bool {
    text.starts_with("eyJ") && text.split('.').count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_for_any_url() {
        for url in ["https://idp.example", "http://127.0.0.1:9000/a%2Fb/%41", "https://idp.example/realms/x"]
        {
            let id = id_of(url);
            assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert_eq!(url_of(&id).as_deref(), Some(url));
        }
        for bad in ["zz", "00", "ff"] {
            assert_eq!(url_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_token_is_revoked_by_its_id_until_it_expires() {
        let now = Timestamp::parse("2026-11-26T00:00:00Z").expect("a moment");
        let until = Timestamp::parse("2026-11-27T12:00:00Z").expect("a moment");
        assert_eq!(parse_token(" j-1 ", "2026-11-27T12:00", now), Ok(("j-1", until)));
        let faults = |jti: &str, until: &str| {
            let problems = parse_token(jti, until, now).expect_err("refused");
            problems.into_iter().map(|problem| problem.fault).collect::<Vec<_>>()
        };
        assert_eq!(faults("", ""), [Fault::Missing, Fault::Missing]);
        assert_eq!(
            faults("eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJqLTEifQ.c2ln", "2026-11-25T00:00"),
            [Fault::NotTheToken, Fault::Past]
        );
        assert_eq!(faults(&"x".repeat(1_001), "soon"), [Fault::TooLong(1_000), Fault::NotAMoment]);
        assert_eq!(faults("a\0", "2026-11-27T12:00"), [Fault::Control]);
    }
}

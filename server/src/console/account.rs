//! The own account: another password, another look. Plain forms of the page `/account`.

use super::address::Address;
use super::answer::{self, Plain};
use super::passwords::PasswordError;
use super::permitted::{OwnsAccount, Permitted};
use super::public_url::is_local_path;
use super::setup::{BUSY, NOT_THE_SAME};
use super::{ConsoleState, cookies, devices, presence, sessions};
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use store::accounts::{Account, AccountError, PasswordChange, PasswordHash};
use store::{Actor, Via};
use tower_sessions::Session;

/// A second way in would stay open when the provider no longer vouches for whoever opened it.
const NONE_TO_CHANGE: &str = "You sign in by your provider and have no password here. An owner can make a link with \
                              which you choose one.";

#[derive(Deserialize)]
pub(super) struct PasswordFields {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    password_again: String,
}

/// Asks for the current password once more: whoever finds the browser open must not lock its owner out.
pub(super) async fn change_password(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    address: Address,
    headers: HeaderMap,
    fields: Result<Form<PasswordFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let refuse = |status, text: &str| unchanged(&plain, status, text);
    let proven = presence::prove(&state, &plain, &signed_in, address, fields.current, refuse);
    let account = match proven.await {
        Ok(account) => account,
        Err(answer) => return *answer,
    };
    if account.password_hash.is_none() {
        return unchanged(&plain, StatusCode::FORBIDDEN, NONE_TO_CHANGE);
    }
    match state.passwords.accept(fields.password.clone(), account.login.clone()).await {
        Ok(Ok(())) => {}
        Ok(Err(weakness)) => {
            return unchanged(&plain, StatusCode::UNPROCESSABLE_ENTITY, &weakness.to_string());
        }
        Err(error) => return password_failed(&plain, &error),
    }
    if fields.password != fields.password_again {
        return unchanged(&plain, StatusCode::UNPROCESSABLE_ENTITY, NOT_THE_SAME);
    }
    let hash = match state.passwords.hash(fields.password).await {
        Ok(hash) => PasswordHash::new(hash),
        Err(error) => return password_failed(&plain, &error),
    };
    keep(&state, &plain, &session, &headers, &account, &hash).await
}

/// Stores the new password. Whoever knew the old one may be signed in elsewhere, so every other session ends.
async fn keep(
    state: &ConsoleState,
    plain: &Plain,
    session: &Session,
    headers: &HeaderMap,
    account: &Account,
    hash: &PasswordHash,
) -> Response {
    let own = session.id().map(sessions::digest);
    let change = PasswordChange { seen: account.password_version, hash, own_session: own.as_ref() };
    let request_id = Some(plain.correlation.0.clone());
    let by = Actor { name: account.login.clone(), via: Via::Console, request_id };
    match state.store.change_password(&account.id, &change, &by, state.now()).await {
        Ok(_) => {}
        Err(AccountError::Stale | AccountError::Unknown) => {
            let text = "Your account was changed meanwhile. Load the page again.";
            return unchanged(plain, StatusCode::CONFLICT, text);
        }
        Err(AccountError::NoPassword) => return unchanged(plain, StatusCode::FORBIDDEN, NONE_TO_CHANGE),
        Err(AccountError::Store(error)) => return plain.unavailable(&error),
        Err(error) => return plain.internal(&error),
    }
    tracing::info!(account = %account.id, "a password was changed; other sessions have ended");
    let mut response = answer::see_other("/account");
    devices::remember(state, headers, &account.id, &mut response).await;
    response
}

fn unchanged(plain: &Plain, status: StatusCode, text: &str) -> Response {
    plain.message(status, "The password was not changed", text, Some(("/account", "Back to your account")))
}

fn password_failed(plain: &Plain, error: &PasswordError) -> Response {
    match error {
        PasswordError::Busy => unchanged(plain, StatusCode::SERVICE_UNAVAILABLE, BUSY),
        PasswordError::Hash => plain.internal(error),
    }
}

#[derive(Deserialize)]
pub(super) struct ProofFields {
    #[serde(default)]
    password: String,
    /// The form that asks for it.
    #[serde(default)]
    back: String,
}

/// The password once more, for a form that takes a fresh proof; then back to that.
pub(super) async fn prove(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    Permitted(signed_in, ..): Permitted<OwnsAccount>,
    address: Address,
    fields: Result<Form<ProofFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let back = if is_local_path(&fields.back) { fields.back.as_str() } else { "/account" };
    let refuse = |status, text: &str| {
        plain.message(status, "Nothing was done", text, Some((back, "Back to the form")))
    };
    if let Err(answer) = presence::prove(&state, &plain, &signed_in, address, fields.password, refuse).await {
        return *answer;
    }
    match sessions::note_proof(&session, state.now()).await {
        Ok(()) => answer::see_other(back),
        Err(error) => plain.unavailable(&error),
    }
}

#[derive(Deserialize)]
pub(super) struct ThemeFields {
    #[serde(default)]
    theme: String,
}

/// Keeps the look in a cookie, so that the server draws it from the first byte, and goes back to the page.
pub(super) async fn change_theme(
    State(state): State<ConsoleState>,
    plain: Plain,
    headers: HeaderMap,
    fields: Result<Form<ThemeFields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let Ok(theme) = fields.theme.parse() else { return plain.unreadable() };
    let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let back = referer.and_then(|address| state.public_url.local_path(address)).unwrap_or("/account");
    let mut response = answer::see_other(back);
    cookies::set_theme(&mut response, &state.public_url, theme);
    response
}

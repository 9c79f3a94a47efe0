//! Signing in and out.
//!
//! An unknown login, a wrong password and an account that is switched off are one answer that takes one time.
//! Guessing is slowed down (`brake`), but not for browsers that signed in before (`devices`).

use super::address::Address;
use super::answer::{self, Plain};
use super::brake::{self, Attempt};
use super::cookies::{self, Jar};
use super::passwords::PasswordError;
use super::sessions::Proof;
use super::{ConsoleState, devices, passkeys, sessions, signed_in};
use app::plain::SignInForm;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use store::accounts::{Account, RoleSource, normal_login};
use tower_sessions::Session;

const REFUSED: &str = "The login or the password is not right.";

#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    headers: HeaderMap,
) -> Response {
    match signed_in::who(&state, &session, &headers).await {
        Ok(Some(_)) => return answer::see_other("/"),
        Ok(None) => {}
        Err(error) => return plain.unavailable(&error),
    }
    match state.store.setup_is_open().await {
        Ok(false) => form(&state, &plain, StatusCode::OK, "", None).await,
        Ok(true) => plain.message(
            StatusCode::OK,
            "Nobody can sign in yet",
            "The first account is made with the set-up link that the server printed when it started.\n\
             `countersign setup-link` on the host prints a new one.",
            None,
        ),
        Err(error) => plain.unavailable(&error),
    }
}

/// The form, below the providers that people may sign in by instead.
async fn form(
    state: &ConsoleState,
    plain: &Plain,
    status: StatusCode,
    login: &str,
    error: Option<&str>,
) -> Response {
    let providers = match state.store.list_sign_in_providers().await {
        Ok(all) => all.into_iter().filter(|known| known.active).map(|known| (known.id, known.name)).collect(),
        Err(error) => return plain.unavailable(&error),
    };
    let form = SignInForm {
        login: login.to_owned(),
        error: error.map(str::to_owned),
        providers,
        passkeys: state.passkeys.is_usable(),
    };
    plain.draw(status, |page| app::plain::sign_in(page, form))
}

pub(super) async fn sign_in(
    State(state): State<ConsoleState>,
    plain: Plain,
    session: Session,
    address: Address,
    headers: HeaderMap,
    fields: Result<Form<Fields>, FormRejection>,
) -> Response {
    let Ok(Form(fields)) = fields else { return plain.unreadable() };
    let login = normal_login(&fields.login);
    if login.is_empty() || fields.password.is_empty() {
        let text = "Give your login and your password.";
        return form(&state, &plain, StatusCode::UNPROCESSABLE_ENTITY, &login, Some(text)).await;
    }
    let device = match devices::known(&state, &headers, &login).await {
        Ok(device) => device,
        Err(error) => return plain.unavailable(&error),
    };
    let (attempt, passwords) = match &device {
        Some(device) => (Attempt::Known { device, address }, state.passwords.reserved()),
        None => (Attempt::Stranger { login: &login, address }, state.passwords.clone()),
    };
    match brake::count(&state, attempt).await {
        Ok(None) => {}
        Ok(Some(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let refused = form(&state, &plain, StatusCode::TOO_MANY_REQUESTS, &login, Some(&text)).await;
            return retry_after(refused, seconds);
        }
        Err(error) => return plain.unavailable(&error),
    }
    let account = match state.store.account_by_login(&login).await {
        Ok(account) => account,
        Err(error) => return plain.unavailable(&error),
    };
    let kept = account.as_ref().and_then(|account| account.password_hash.as_ref());
    let kept = kept.map(|hash| hash.as_str().to_owned());
    let matches = match passwords.verify(fields.password, kept).await {
        Ok(matches) => matches,
        Err(PasswordError::Busy) => {
            let text = "Many people are signing in right now. Try again in a few seconds.";
            let refused = form(&state, &plain, StatusCode::SERVICE_UNAVAILABLE, &login, Some(text)).await;
            return retry_after(refused, 5);
        }
        Err(error @ PasswordError::Hash) => return plain.internal(&error),
    };
    let id = account.as_ref().map(|account| account.id.clone());
    // Whose role a provider tells of signs in there.
    let may = |account: &Account| account.active && account.role_source == RoleSource::Given;
    let Some(account) = account.filter(|account| matches && may(account)) else {
        // The login itself is not logged: people type their password into the wrong field.
        tracing::warn!(account = id.as_deref(), address = %address.bucket(), "sign-in refused");
        return form(&state, &plain, StatusCode::FORBIDDEN, &login, Some(REFUSED)).await;
    };
    enter(&state, &plain, &session, &headers, address, &account).await
}

/// Starts the session of somebody whose password was checked, or set, just now; where that does not suffice, asks for a
/// passkey instead.
pub(super) async fn enter(
    state: &ConsoleState,
    plain: &Plain,
    session: &Session,
    headers: &HeaderMap,
    address: Address,
    account: &Account,
) -> Response {
    if account.passkey_required {
        return passkeys::ask_second_factor(state, plain, account).await;
    }
    // Here it was a password that was given, or a link from the host.
    let proof = Proof { at: Some(state.now()), ..Proof::default() };
    enter_with(state, plain, session, headers, address, account, &proof).await
}

/// Starts the session of somebody who has just proven who they are, and leads them where they wanted to go.
pub(super) async fn enter_with(
    state: &ConsoleState,
    plain: &Plain,
    session: &Session,
    headers: &HeaderMap,
    address: Address,
    account: &Account,
    proof: &Proof,
) -> Response {
    match sessions::start(session, account, headers, address.shown().as_deref(), proof).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(account = %account.id, "an account was changed while it signed in; refused");
            return form(state, plain, StatusCode::FORBIDDEN, "", Some(REFUSED)).await;
        }
        Err(error) => return plain.unavailable(&error),
    }
    tracing::info!(account = %account.id, address = %address.bucket(), "signed in");
    let wanted = cookies::read_return(headers, &state.public_url);
    let begins = app::routes::landing(signed_in::role(account.role));
    let mut response = answer::see_other(wanted.as_deref().unwrap_or(begins));
    if wanted.is_some() {
        cookies::remove(&mut response, &state.public_url, Jar::Return);
    }
    devices::remember(state, headers, &account.id, &mut response).await;
    response
}

pub(super) fn retry_after(mut response: Response, seconds: i64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

pub(super) async fn sign_out(plain: Plain, session: Session) -> Response {
    // The row goes here, the cookie with the answer.
    match session.flush().await {
        Ok(()) => answer::see_other("/sign-in"),
        Err(error) => plain.unavailable(&error),
    }
}

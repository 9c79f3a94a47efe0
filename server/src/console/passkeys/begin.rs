//! The ways into a ceremony. Each is a form, so that no link from elsewhere begins one.

use super::begun::Begun;
use super::error::PasskeyFailure;
use crate::console::ConsoleState;
use crate::console::address::Address;
use crate::console::answer::{self, Plain};
use crate::console::brake::{self, Attempt};
use crate::console::{cookies, links, sessions, sign_in};
use app::plain::CEREMONY;
use app::session::SignedIn;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use store::accounts::{Account, Ceremony};
use webauthn_rs::prelude::Webauthn;

/// For so long a ceremony may take, in microseconds. The cookie lasts as long.
const VALID_FOR: i64 = 5 * 60 * 1_000_000;

const NOT_SIGNED_IN: &str = "You were not signed in";
const TO_SIGN_IN: (&str, &str) = ("/sign-in", "Back to the sign-in page");

/// Who begins it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose<'a> {
    /// Nobody is known yet.
    Visitor,
    /// The password of this account was right.
    Account(&'a str),
    SignedIn(&'a SignedIn),
}

pub(super) fn webauthn(state: &ConsoleState) -> Result<&Webauthn, PasskeyFailure> {
    state.passkeys.webauthn().ok_or(PasskeyFailure::NoParty)
}

/// Keeps the ceremony, and leads the browser to its page.
pub(super) async fn keep(
    state: &ConsoleState,
    whose: Whose<'_>,
    begun: &Begun,
) -> Result<Response, PasskeyFailure> {
    let (account, session) = match whose {
        Whose::Visitor => (None, None),
        Whose::Account(id) => (Some(id.to_owned()), None),
        Whose::SignedIn(signed_in) => {
            (Some(signed_in.account_id.clone()), sessions::digest_of(&signed_in.session))
        }
    };
    let ceremony = Ceremony { purpose: begun.awaited.purpose(), account, session, data: begun.write()? };
    let (secret, now) = (links::secret(), state.now());
    let until = now.saturating_add_micros(VALID_FOR);
    state.store.begin_ceremony(&links::digest(&secret), &ceremony, now, until).await?;
    let mut response = answer::see_other(CEREMONY);
    cookies::set_ceremony(&mut response, &state.public_url, &secret);
    Ok(response)
}

/// Whoever asks for the address of the form gets the page that it stands on.
pub(super) async fn to_sign_in() -> Response {
    answer::see_other("/sign-in")
}

/// Signing in by a passkey alone: nothing is said of whose, so nothing can be asked about anybody.
pub(super) async fn sign_in(State(state): State<ConsoleState>, plain: Plain, address: Address) -> Response {
    match brake::count(&state, Attempt::Passkey { address }).await {
        Ok(None) => {}
        Ok(Some(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let refused =
                plain.message(StatusCode::TOO_MANY_REQUESTS, NOT_SIGNED_IN, &text, Some(TO_SIGN_IN));
            return sign_in::retry_after(refused, seconds);
        }
        Err(error) => return plain.unavailable(&error),
    }
    match begin_sign_in(&state).await {
        Ok(response) => response,
        Err(failure) => failure.answer(&plain, NOT_SIGNED_IN, TO_SIGN_IN),
    }
}

async fn begin_sign_in(state: &ConsoleState) -> Result<Response, PasskeyFailure> {
    let begun = Begun::signing_in(webauthn(state)?)?;
    keep(state, Whose::Visitor, &begun).await
}

/// The password was right, or was set just now, and does not suffice.
pub(in crate::console) async fn ask_second_factor(
    state: &ConsoleState,
    plain: &Plain,
    account: &Account,
) -> Response {
    match begin_second_factor(state, account).await {
        Ok(response) => response,
        Err(failure) => failure.answer(plain, NOT_SIGNED_IN, TO_SIGN_IN),
    }
}

async fn begin_second_factor(state: &ConsoleState, account: &Account) -> Result<Response, PasskeyFailure> {
    let webauthn = webauthn(state)?;
    let known = state.store.list_passkeys(&account.id).await?;
    let begun = Begun::second_factor(webauthn, account, &known)?;
    keep(state, Whose::Account(&account.id), &begun).await
}

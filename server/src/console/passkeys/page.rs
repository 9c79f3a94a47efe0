//! The page on which the browser asks a passkey.

use super::begun::Begun;
use super::error::PasskeyFailure;
use crate::console::ConsoleState;
use crate::console::answer::Plain;
use crate::console::cookies::Jar;
use crate::console::links;
use app::plain::{Asked, CeremonyForm};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use store::accounts::CeremonyPurpose;

const OVER: &str = "This was not begun in this browser, was used before, or took longer than five minutes. Begin it once more.";

/// A secret is 32 bytes as base64url.
const LENGTH: usize = 43;

/// The digest under which this browser's ceremony is kept, if it sent what could be one of ours.
pub(super) fn sent(state: &ConsoleState, headers: &HeaderMap) -> Option<[u8; 32]> {
    let secret = Jar::Ceremony.read(&state.public_url, headers)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (secret.len() == LENGTH && secret.bytes().all(fits)).then(|| links::digest(&secret))
}

/// There is no such ceremony, or there is none any more.
pub(super) fn over(plain: &Plain) -> Response {
    plain.message(StatusCode::BAD_REQUEST, "Nothing was done", OVER, Some(("/", "Go to the start page")))
}

pub(super) async fn show(State(state): State<ConsoleState>, plain: Plain, headers: HeaderMap) -> Response {
    let Some(digest) = sent(&state, &headers) else { return over(&plain) };
    let ceremony = match state.store.ceremony(&digest, state.now()).await {
        Ok(Some(ceremony)) => ceremony,
        Ok(None) => return over(&plain),
        Err(error) => return plain.unavailable(&error),
    };
    let begun = match Begun::read(&ceremony.data) {
        Ok(begun) => begun,
        Err(failure) => return failed(&plain, &failure),
    };
    let asked = match ceremony.purpose {
        CeremonyPurpose::Add => Asked::Add,
        CeremonyPurpose::SignIn => Asked::SignIn,
        CeremonyPurpose::SecondFactor => Asked::SecondFactor,
        CeremonyPurpose::Prove => Asked::Prove,
    };
    let form = CeremonyForm { asked, options: begun.options.to_string() };
    plain.draw_with_own_script(StatusCode::OK, |page| app::plain::ceremony(page, form))
}

fn failed(plain: &Plain, failure: &PasskeyFailure) -> Response {
    failure.answer(plain, "Nothing was done", ("/", "Go to the start page"))
}

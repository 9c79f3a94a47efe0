//! Passkeys (Web Authentication Level 3): signing in by one alone, by one beside the password, and proving once more that
//! its holder sits there.
//!
//! Each use of one is a ceremony with a page of its own. A form begins it (`begin`): what is asked of the browser, and what
//! its answer will be held against, is kept in the database under the digest of a secret in that browser's cookie. The
//! page (`page`) has the one script of it, and works in no other way; its form brings the answer, which uses the ceremony up
//! before anything of it is believed (`answer`). So an answer counts in the browser that asked, once, within five minutes,
//! on any replica. What a passkey is asked for is always with user verification: a thief of the device does not suffice.

mod account;
mod answer;
mod begin;
mod begun;
mod error;
mod page;
mod party;

pub(super) use account::{ask_proof, of_accounts};
pub(super) use begin::ask_second_factor;
pub(super) use party::Party;

use super::ConsoleState;
use app::plain::{CEREMONY, SIGN_IN_BY_PASSKEY};
use axum::Router;
use axum::routing::{get, post};

/// The doors, which stand outside of the ring of those who are signed in.
pub(super) fn doors() -> Router<ConsoleState> {
    Router::new()
        .route(SIGN_IN_BY_PASSKEY, post(begin::sign_in).get(begin::to_sign_in))
        .route(CEREMONY, get(page::show).post(answer::take))
}

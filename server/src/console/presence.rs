//! Proof that whoever sits at a signed-in browser is the account's owner: the password, once more; or that one of the
//! account's passkeys answered in this session a moment ago; or, for an account that has no password, that they proved
//! themselves to their provider then. Whoever finds a browser
//! open must neither lock its owner out nor confirm anything in the owner's name.

use super::address::Address;
use super::answer::{self, Plain};
use super::brake::{self, Attempt};
use super::passwords::PasswordError;
use super::setup::BUSY;
use super::{ConsoleState, sessions, sign_in};
use app::session::SignedIn;
use axum::http::StatusCode;
use axum::response::Response;
use policy::Timestamp;
use store::StoreError;
use store::accounts::Account;

/// How long ago somebody may have proven themselves to a provider or by a passkey, in microseconds.
const RECENT: i64 = 5 * 60 * 1_000_000;

const SIGN_IN_AGAIN: &str = "You have no password here. Use a passkey; or sign out, sign in again by your provider with its \
                             password, and confirm within five minutes.";

/// The account, if this is its password; without one, if a passkey answered lately. Guesses are counted like those at sign-in.
///
/// # Errors
/// The answer that says why not; `refuse` puts what the person can do something about into the words of the page.
pub(super) async fn prove(
    state: &ConsoleState,
    plain: &Plain,
    signed_in: &SignedIn,
    address: Address,
    password: String,
    refuse: impl Fn(StatusCode, &str) -> Response,
) -> Result<Account, Box<Response>> {
    match brake::count(state, Attempt::SignedIn { account: &signed_in.account_id, address }).await {
        Ok(None) => {}
        Ok(Some(seconds)) => {
            let text = format!("Too many attempts. Try again in {seconds} seconds.");
            let answer = refuse(StatusCode::TOO_MANY_REQUESTS, &text);
            return Err(Box::new(sign_in::retry_after(answer, seconds)));
        }
        Err(error) => return Err(Box::new(plain.unavailable(&error))),
    }
    let account = match state.store.account(&signed_in.account_id).await {
        Ok(Some(account)) => account,
        Ok(None) => return Err(Box::new(answer::see_other("/sign-in"))),
        Err(error) => return Err(Box::new(plain.unavailable(&error))),
    };
    let has_password = account.password_hash.is_some();
    if !has_password || password.is_empty() {
        return match proved_lately(state, signed_in, has_password).await {
            Ok(true) => Ok(account),
            Ok(false) if has_password => {
                Err(Box::new(refuse(StatusCode::FORBIDDEN, "The current password is not right.")))
            }
            Ok(false) => Err(Box::new(refuse(StatusCode::FORBIDDEN, SIGN_IN_AGAIN))),
            Err(error) => Err(Box::new(plain.unavailable(&error))),
        };
    }
    let kept = account.password_hash.as_ref().map(|hash| hash.as_str().to_owned());
    match state.passwords.verify(password, kept).await {
        Ok(true) => Ok(account),
        Ok(false) => Err(Box::new(refuse(StatusCode::FORBIDDEN, "The current password is not right."))),
        Err(PasswordError::Busy) => Err(Box::new(refuse(StatusCode::SERVICE_UNAVAILABLE, BUSY))),
        Err(error @ PasswordError::Hash) => Err(Box::new(plain.internal(&error))),
    }
}

/// Whether a passkey answered in this very session, or it began with a proof to a provider, and that is not long ago. Where
/// there is a password, a passkey alone counts in its stead.
async fn proved_lately(
    state: &ConsoleState,
    signed_in: &SignedIn,
    has_password: bool,
) -> Result<bool, StoreError> {
    let Some(digest) = sessions::digest_of(&signed_in.session) else { return Ok(false) };
    let now = state.now();
    let row = state.store.load_session(&digest, now).await?;
    let at = row.as_ref().and_then(if has_password { sessions::passkey_at_in } else { sessions::proven_at });
    Ok(at.is_some_and(|at| is_recent(at, now)))
}

/// Clocks differ by seconds; a proof from the future is none.
pub(super) fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    (-60_000_000..RECENT).contains(&now.micros().saturating_sub(at.micros()))
}

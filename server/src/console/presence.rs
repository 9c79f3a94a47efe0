//! Proof that whoever sits at a signed-in browser is the account's owner: the password, once more. Whoever finds a browser
//! open must neither lock its owner out nor confirm anything in the owner's name.

use super::address::Address;
use super::answer::{self, Plain};
use super::brake::{self, Attempt};
use super::passwords::PasswordError;
use super::setup::BUSY;
use super::{ConsoleState, sign_in};
use app::session::SignedIn;
use axum::http::StatusCode;
use axum::response::Response;
use store::accounts::Account;

/// The account, if this is its password. Guesses are counted like those at sign-in.
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
    let kept = account.password_hash.as_ref().map(|hash| hash.as_str().to_owned());
    match state.passwords.verify(password, kept).await {
        Ok(true) => Ok(account),
        Ok(false) => Err(Box::new(refuse(StatusCode::FORBIDDEN, "The current password is not right."))),
        Err(PasswordError::Busy) => Err(Box::new(refuse(StatusCode::SERVICE_UNAVAILABLE, BUSY))),
        Err(error @ PasswordError::Hash) => Err(Box::new(plain.internal(&error))),
    }
}

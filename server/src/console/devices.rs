//! The browsers that signed in before, known by a cookie (OWASP's device cookies).
//!
//! Attempts of a known browser are counted for it alone, so that nobody keeps an account's owner out by failing in
//! their name or from their address. The cookie opens nothing: what is stored is the digest of its token, bound to
//! one account, and a new password makes the browsers of the old one strangers again.

use super::cookies::{self, Jar};
use super::{ConsoleState, links};
use axum::http::HeaderMap;
use axum::response::Response;
use store::StoreError;

/// From one sign-in to the next.
const DAYS: i64 = 180;

const VALID_FOR: i64 = DAYS * 24 * 60 * 60 * 1_000_000;

/// A token is 32 bytes as base64url.
const LENGTH: usize = 43;

/// The token that the browser sent, if it could be one of ours.
fn sent(state: &ConsoleState, headers: &HeaderMap) -> Option<String> {
    Jar::Device.read(&state.public_url, headers).filter(|token| is_token(token))
}

fn is_token(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The digest of this browser's token, where it signed in to this login before.
pub(super) async fn known(
    state: &ConsoleState,
    headers: &HeaderMap,
    login: &str,
) -> Result<Option<[u8; 32]>, StoreError> {
    let Some(token) = sent(state, headers) else { return Ok(None) };
    let digest = links::digest(&token);
    let known = state.store.is_known_device(&digest, login, state.now()).await?;
    Ok(known.then_some(digest))
}

/// Has this browser known from now on, for an account that it has just signed in to. Where that fails, it stays a
/// stranger.
pub(super) async fn remember(
    state: &ConsoleState,
    headers: &HeaderMap,
    account_id: &str,
    response: &mut Response,
) {
    match token_of(state, headers, account_id).await {
        Ok(token) => cookies::set_device(response, &state.public_url, &token, DAYS),
        Err(error) => tracing::warn!(%error, account = %account_id, "a browser could not be remembered"),
    }
}

async fn token_of(state: &ConsoleState, headers: &HeaderMap, account_id: &str) -> Result<String, StoreError> {
    let now = state.now();
    let until = now.saturating_add_micros(VALID_FOR);
    if let Some(token) = sent(state, headers)
        && state.store.extend_device(&links::digest(&token), account_id, now, until).await?
    {
        return Ok(token);
    }
    let token = links::secret();
    state.store.add_device(&links::digest(&token), account_id, now, until).await?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_token_is_looked_up() {
        assert!(is_token(&links::secret()));
        for bad in ["", "x", &"é".repeat(22), &"a".repeat(44), &format!("{}=", "a".repeat(42))] {
            assert!(!is_token(bad), "{bad}");
        }
    }
}

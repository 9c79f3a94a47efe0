//! One-time links to set-up, recovery and invitations: made by the operator on the host or by an owner in the console,
//! used up by one POST.
//!
//! The secret stands in the fragment of the link, which browsers send to nobody, so it is in no log; what is
//! stored is its digest.

use super::public_url::{PublicUrlError, check_public_url};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policy::Timestamp;
use sha2::{Digest, Sha256};
use store::accounts::{Account, AccountError, NewAccount};
use store::{Actor, Store, StoreError};

/// One hour, in microseconds.
const VALID_FOR: i64 = 60 * 60 * 1_000_000;

/// Why no link was made.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error(transparent)]
    PublicUrl(#[from] PublicUrlError),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no account has the login `{0}`")]
    UnknownLogin(String),
}

/// Makes the link by which the first owner is made: valid for an hour, for one use; earlier ones stop working.
///
/// # Errors
/// When an account exists or ever existed, or the public URL cannot be used.
pub async fn create_setup_link(store: &Store, public_url: &str, now: Timestamp) -> Result<String, LinkError> {
    let url = check_public_url(public_url)?;
    let secret = secret();
    let until = now.saturating_add_micros(VALID_FOR);
    store.create_setup_link(&digest(&secret), now, until).await?;
    Ok(url.join(&format!("/setup#{secret}")))
}

/// Makes the link by which the holder of this login sets a new password. Using it also switches the account
/// on and ends its sessions. `forgets_passkeys`: it also removes its passkeys, and the demand for one.
///
/// # Errors
/// When there is no such login, or the public URL cannot be used.
pub async fn create_recovery_link(
    store: &Store,
    public_url: &str,
    login: &str,
    forgets_passkeys: bool,
    now: Timestamp,
) -> Result<String, LinkError> {
    let url = check_public_url(public_url)?;
    let account = store.account_by_login(login).await?;
    let account = account.ok_or_else(|| LinkError::UnknownLogin(login.to_owned()))?;
    let secret = secret();
    let until = now.saturating_add_micros(VALID_FOR);
    store.create_recovery_link(&digest(&secret), &account.id, forgets_passkeys, now, until).await?;
    Ok(url.join(&format!("/recover#{secret}")))
}

/// For so long an invitation works: somebody may be away for a weekend. In microseconds.
const INVITED_FOR: i64 = 72 * 60 * 60 * 1_000_000;

/// Makes an account, and the link by which its holder chooses a password: valid for three days, for one use.
///
/// # Errors
/// When the login or the name is not one, the login is taken, or the public URL cannot be used.
pub async fn invite(
    store: &Store,
    public_url: &str,
    new: &NewAccount,
    by: &Actor,
    now: Timestamp,
) -> Result<(Account, String), LinkError> {
    let url = check_public_url(public_url)?;
    let secret = secret();
    let until = now.saturating_add_micros(INVITED_FOR);
    let account = store.invite_account(new, &digest(&secret), by, now, until).await?;
    Ok((account, url.join(&format!("/recover#{secret}"))))
}

/// Makes the link by which the holder of an account chooses another password: valid for an hour, for one use.
/// `forgets_passkeys`: using it also removes its passkeys.
///
/// # Errors
/// When there is no such account, it is off, its role is told by a provider, or the public URL cannot be used.
pub async fn reset(
    store: &Store,
    public_url: &str,
    id: &str,
    forgets_passkeys: bool,
    by: &Actor,
    now: Timestamp,
) -> Result<(Account, String), LinkError> {
    let url = check_public_url(public_url)?;
    let secret = secret();
    let until = now.saturating_add_micros(VALID_FOR);
    let account = store.reset_account(id, &digest(&secret), forgets_passkeys, by, now, until).await?;
    Ok((account, url.join(&format!("/recover#{secret}"))))
}

/// The digest of the code that was sent: the code itself, or the whole link pasted into the field.
pub(super) fn digest_of_code(given: &str) -> [u8; 32] {
    let given = given.trim();
    digest(given.rsplit_once('#').map_or(given, |(_, code)| code))
}

pub(super) fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// 256 random bits as base64url.
pub(super) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(crate::random::bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_and_never_the_same() {
        let (one, two) = (secret(), secret());
        assert_eq!(one.len(), 43);
        assert_ne!(one, two);
    }

    #[test]
    fn a_pasted_link_is_its_code() {
        let code = digest_of_code("abc");
        for given in [" abc\n", "https://c.example/setup#abc", "#abc"] {
            assert_eq!(digest_of_code(given), code, "{given}");
        }
        assert_ne!(digest_of_code("abd"), code);
    }
}

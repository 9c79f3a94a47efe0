//! Enforcement keys: made, rotated in two steps, each within a unit of work of whoever asks. The secret is made by the
//! caller; here is its digest alone.

use policy::{CredentialId, Timestamp};
use store::administration::{Credential, CredentialKey};
use store::{StoreError, WriteError, Writer};

/// At most this many secrets of one enforcement key are valid at once.
const SECRETS_AT_ONCE: usize = 2;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("an enforcement key `{0}` exists")]
    Taken(String),
    #[error("the enforcement key has {0} secrets already; remove the older one first")]
    TooManySecrets(usize),
    #[error("the newest secret of the enforcement key has expired; rotate first")]
    NewestExpired,
}

impl From<StoreError> for CredentialError {
    fn from(error: StoreError) -> Self {
        Self::Write(error.into())
    }
}

/// Stores a key that does not exist yet, with its first secret.
///
/// # Errors
/// When the name is taken or cannot be taken, or what it is bound to is unknown.
pub async fn create(
    writer: &mut Writer,
    credential: &Credential,
    digest: &str,
    expires_at: Option<Timestamp>,
) -> Result<Credential, CredentialError> {
    if writer.get_credential_by_name(&credential.name).await?.is_some() {
        return Err(CredentialError::Taken(credential.name.clone()));
    }
    let stored = writer.put_credential(credential).await?;
    writer.add_credential_key(&stored.id, digest, expires_at).await?;
    Ok(stored)
}

/// Adds a second secret; the older one works until [`finish`].
///
/// # Errors
/// When two work already.
pub async fn rotate(
    writer: &mut Writer,
    id: &CredentialId,
    digest: &str,
    expires_at: Option<Timestamp>,
) -> Result<(), CredentialError> {
    let held = writer.list_credential_keys(id).await?.len();
    if held >= SECRETS_AT_ONCE {
        return Err(CredentialError::TooManySecrets(held));
    }
    writer.add_credential_key(id, digest, expires_at).await?;
    Ok(())
}

/// Removes every secret but the newest; answers how many.
///
/// # Errors
/// When the newest has expired: nobody could ask any more.
pub async fn finish(writer: &mut Writer, id: &CredentialId) -> Result<usize, CredentialError> {
    let mut secrets: Vec<CredentialKey> = writer.list_credential_keys(id).await?;
    secrets.sort_by_key(|secret| secret.created_at);
    let newest = secrets.pop();
    if newest.and_then(|secret| secret.expires_at).is_some_and(|end| end <= writer.now()) {
        return Err(CredentialError::NewestExpired);
    }
    for older in &secrets {
        writer.delete_credential_key(&older.id).await?;
    }
    Ok(secrets.len())
}

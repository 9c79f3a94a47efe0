//! The making and rotating of signing keys, each within one unit of work: the public half and the secret of the vault
//! come and go together.

use super::jws::{PrivateKey, thumbprint};
use super::{LONGEST, MARGIN, SigningError};
use crate::secret::Secret;
use crate::vault::Vault;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::administration::{SecretPlace, SigningKey, SigningKeys};
use store::{Actor, Store, Via, Writer};

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// Signs from now on.
    pub new: SigningKey,
    /// Signed before. What it signed is taken until its `verifies_until`.
    pub old: Option<SigningKey>,
}

/// Puts a fresh key in the place of the one that signs. What that one signed is taken until all of it has expired.
///
/// # Errors
/// When the vault's key is not at hand, or the database does not answer. Then nothing may be committed.
pub async fn rotate(vault: &Vault, writer: &mut Writer) -> Result<Rotated, SigningError> {
    let signs = writer.signing_keys().await?.as_ref().and_then(SigningKeys::signs).cloned();
    let old = match signs {
        Some(signs) => {
            let until = writer.now().saturating_add_micros(LONGEST + MARGIN);
            let old = writer.retire_signing_key(&signs.kid, until).await?;
            // It signs nothing any more; its public half is enough to take what it signed.
            writer.delete_secret(&SecretPlace::signing_key(&signs.kid)).await?;
            Some(old)
        }
        None => None,
    };
    let seed = vault.fresh();
    let key = PrivateKey::from_seed(&seed).ok_or_else(|| SigningError::Unusable(String::new()))?;
    let kid = thumbprint(key.public());
    let new = writer.add_signing_key(&kid, key.public()).await?;
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(seed));
    vault.keep(writer, SecretPlace::signing_key(&kid), &secret).await?;
    Ok(Rotated { new, old })
}

/// Makes the key that signs, unless somebody else did meanwhile. One whose secret was given up is replaced.
pub(super) async fn make(store: &Store, vault: &Vault) -> Result<(), SigningError> {
    let by = Actor { name: "countersign".to_owned(), via: Via::System, request_id: None };
    let mut writer = store.write(by).await?;
    let signs = writer.signing_keys().await?.as_ref().and_then(SigningKeys::signs).cloned();
    if let Some(signs) = signs
        && writer.get_secret(&SecretPlace::signing_key(&signs.kid)).await?.is_some()
    {
        writer.rollback().await?;
        return Ok(());
    }
    rotate(vault, &mut writer).await?;
    writer.commit().await?;
    Ok(())
}

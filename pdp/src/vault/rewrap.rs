//! Rotation: the keys of all secrets are wrapped by another key, in one unit of work. The secrets themselves are neither
//! read nor changed.

use super::{Vault, VaultError, VaultKey};
use store::Writer;
use store::administration::{SealedSecret, SecretPlace};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewrapped {
    /// How many secrets were wrapped by another key before.
    pub rewrapped: usize,
    /// How many are wrapped by the new key now.
    pub total: usize,
    /// Those that no key at hand opens; deleted, if that was asked for.
    pub lost: Vec<SecretPlace>,
}

/// Wraps every secret by this key, which the vault must know, and makes it the vault's. A secret that no key at hand
/// opens is deleted with `discard`.
///
/// # Errors
/// At the first secret that cannot be opened, unless it is to be discarded; or when the database does not answer. Then
/// nothing may be committed.
pub async fn rewrap(
    vault: &Vault,
    writer: &mut Writer,
    to: &VaultKey,
    discard: bool,
) -> Result<Rewrapped, VaultError> {
    // Calls that wait for approval keep their arguments at any moment: none of them is to come after the list.
    writer.hold_vault_key().await?;
    let mut told = Rewrapped::default();
    for stored in writer.list_secrets().await? {
        let secret = stored.secret;
        // Opened as a whole, so that one which is broken shows now.
        let own = vault.open(&secret).and_then(|_| vault.own_key(&secret));
        let own = match own {
            Ok(own) => own,
            Err(VaultError::UnknownKey { .. } | VaultError::Broken(_)) if discard => {
                writer.delete_secret(&secret.place).await?;
                told.lost.push(secret.place);
                continue;
            }
            Err(error) => return Err(error),
        };
        told.total += 1;
        if secret.key == to.id() {
            continue;
        }
        let wrapped = vault.wrap(to, &secret.place, &own).ok_or(VaultError::NotASecret)?;
        let secret = SealedSecret { key: to.id().to_owned(), wrapped, ..secret };
        writer.rewrap_secret(&secret).await?;
        told.rewrapped += 1;
    }
    writer.set_vault_key(to.id()).await?;
    Ok(told)
}

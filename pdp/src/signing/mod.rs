//! What is handed out signed: that a denial can be turned into a request for approval, and that a request was approved.
//! The keys are made when one is first needed, are the same on all replicas, and their private halves are in the vault.
//!
//! A signature says who made a text, and nothing more: whatever it speaks of is read live when it comes back.

mod jws;
mod keys;
#[cfg(test)]
mod tests;

pub(crate) use jws::Kind;
pub use keys::{Rotated, rotate};

use crate::vault::{Vault, VaultError};
use jws::PrivateKey;
use policy::{ApprovalId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use store::administration::{SecretPlace, SigningKeys};
use store::{Store, StoreError, WriteError};

/// The longest that something signed is taken, in microseconds: a week. Whoever needs it for longer asks again.
const LONGEST: i64 = 7 * 86_400 * 1_000_000;

/// So long a key is kept beyond that, in microseconds: one replica may sign while another one rotates.
const MARGIN: i64 = 5 * 60 * 1_000_000;

/// How often the key that signs is looked for: it may be rotated at that very moment.
const ROUNDS: usize = 3;

const SECOND: i64 = 1_000_000;

/// Why nothing can be signed, or a key was not rotated.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the signing key `{0}` cannot be used; `countersign signing rotate` makes another")]
    Unusable(String),
}

/// Why a text is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// It is not one of ours, of another kind, by or for somebody else, or the key that signed it is gone.
    #[error("it is not signed by us, for us")]
    Forged,
    #[error("its time is over")]
    Expired,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a text speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) approval: ApprovalId,
    /// What it is bound to: SHA-256 in hexadecimal.
    pub(crate) bound: String,
}

/// A signed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    pub(crate) text: String,
    /// The database's clock when it was made.
    pub(crate) at: Timestamp,
    /// From then on it is not taken.
    pub(crate) until: Timestamp,
}

/// The claims (RFC 7519). Moments are in seconds.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    iss: String,
    aud: String,
    sub: String,
    bnd: String,
    iat: i64,
    exp: i64,
}

/// Signs and verifies.
pub struct Signing {
    store: Store,
    vault: Vault,
    /// Who signs, and for whom: the public URL, which is one for all replicas. Where a copy of the database runs elsewhere,
    /// both have the same keys, and what one signed is nothing to the other.
    issuer: String,
    /// The private key that signed last, by its name.
    open: Mutex<Option<(String, PrivateKey)>>,
}

impl Signing {
    pub fn new(store: Store, vault: Vault, issuer: impl Into<String>) -> Self {
        Self { store, vault, issuer: issuer.into(), open: Mutex::default() }
    }

    /// The public keys of which something may still be taken (RFC 7517). Makes none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn published(&self) -> Result<Value, StoreError> {
        let known = self.store.signing_keys().await?;
        let keys: Vec<Value> = known
            .iter()
            .flat_map(SigningKeys::that_verify)
            .map(|key| jws::jwk(&key.kid, &key.public))
            .collect();
        Ok(json!({ "keys": keys }))
    }

    /// Signs what is spoken of. It is taken until then, and at most for a week.
    ///
    /// # Errors
    /// When the database does not answer, or the key cannot be had.
    pub(crate) async fn sign(
        &self,
        kind: Kind,
        spoken: &Spoken,
        until: Timestamp,
    ) -> Result<Signed, SigningError> {
        let (now, kid, key) = self.signing_key().await?;
        let until = until.min(now.saturating_add_micros(LONGEST));
        let payload = Payload {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: spoken.approval.to_string(),
            bnd: spoken.bound.clone(),
            iat: now.micros().div_euclid(SECOND),
            exp: until.micros().div_euclid(SECOND),
        };
        // Texts and numbers: it cannot fail; if it did, nothing would be signed.
        let payload = serde_json::to_string(&payload).unwrap_or_default();
        let text = key.sign(kind, &kid, &payload).ok_or(SigningError::Unusable(kid))?;
        Ok(Signed { text, at: now, until })
    }

    /// What a text of this kind speaks of, where one of our keys signed it, it is by us and for us (RFC 8725, sections 3.8 and
    /// 3.9), and its time is not over.
    pub(crate) async fn verify(&self, kind: Kind, text: &str) -> Result<Spoken, NotTaken> {
        let known = self.store.signing_keys().await?.ok_or(NotTaken::Forged)?;
        taken(&known, &self.issuer, kind, text)
    }

    /// The key that signs, with the database's clock. It is made where there is none.
    async fn signing_key(&self) -> Result<(Timestamp, String, PrivateKey), SigningError> {
        let mut last = String::new();
        for _ in 0..ROUNDS {
            let known = self.store.signing_keys().await?;
            if let Some(known) = known
                && let Some(signs) = known.signs()
            {
                last.clone_from(&signs.kid);
                if let Some(key) = self.opened(&signs.kid) {
                    return Ok((known.now, last, key));
                }
                match self.vault.take(&self.store, SecretPlace::signing_key(&signs.kid)).await {
                    Ok(secret) => {
                        let key = PrivateKey::from_text(secret.expose())
                            .filter(|key| key.public() == signs.public)
                            .ok_or_else(|| SigningError::Unusable(last.clone()))?;
                        self.keep_open(&signs.kid, &key);
                        return Ok((known.now, last, key));
                    }
                    // It was rotated at this moment, or given up with the key of the vault.
                    Err(VaultError::Missing(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            keys::make(&self.store, &self.vault).await?;
        }
        Err(SigningError::Unusable(last))
    }

    fn opened(&self, kid: &str) -> Option<PrivateKey> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().filter(|(known, _)| known == kid).map(|(_, key)| key.clone())
    }

    fn keep_open(&self, kid: &str, key: &PrivateKey) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        *open = Some((kid.to_owned(), key.clone()));
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What a text speaks of, by these keys, that this issuer signed for itself.
fn taken(known: &SigningKeys, issuer: &str, kind: Kind, text: &str) -> Result<Spoken, NotTaken> {
    let payload = known.that_verify().find_map(|key| jws::verified(text, kind, &key.kid, &key.public));
    let payload = payload.ok_or(NotTaken::Forged)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| NotTaken::Forged)?;
    if payload.iss != issuer || payload.aud != issuer {
        return Err(NotTaken::Forged);
    }
    if payload.exp.saturating_mul(SECOND) <= known.now.micros() {
        return Err(NotTaken::Expired);
    }
    Ok(Spoken { approval: ApprovalId::new(payload.sub), bound: payload.bnd })
}

//! The vault: secrets that must be kept so that they can be used, such as the one with which an issuer is asked about
//! tokens. Envelope encryption: each secret is sealed by a fresh key of its own, and that one is wrapped by the vault's
//! key, which is read by `server` and never in the database.
//!
//! What is sealed counts in one place: kind, owner and name are bound to both ciphertexts. A row that was moved, changed
//! or wrapped by a key that is not at hand is an error, never another secret. Nothing here is logged.

mod cipher;
mod key;
mod rewrap;
#[cfg(test)]
mod tests;

pub use key::{VaultKey, VaultKeyError};
pub use rewrap::{Rewrapped, rewrap};

use crate::secret::Secret;
use cipher::KeyBytes;
use policy::ApprovalId;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use store::administration::{SealedSecret, SecretPlace};
use store::{StoreError, WriteError, Writer};

/// How soon after the keys were read in vain they are read anew for the sake of one that is not among them.
const REREAD: Duration = Duration::from_secs(1);

/// The longest secret that is kept, in bytes.
const MAX_SECRET: usize = 16 * 1024;

/// Where the keys come from; `server` knows. The newest is first.
pub type KeySource = dyn Fn() -> Result<Vec<VaultKey>, String> + Send + Sync;

/// 256 random bits; `server` makes them.
pub type Random = fn() -> [u8; 32];

/// Why a secret is not to be had, or cannot be kept. Nothing of it is repeated.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("no secret is kept for {0}")]
    Missing(SecretPlace),
    #[error("{place} is wrapped by the vault key {key}, which is not at hand{why}")]
    UnknownKey { place: SecretPlace, key: String, why: String },
    #[error("the vault's key is {key}, which is not at hand{why}")]
    NotTheKey { key: String, why: String },
    #[error("there is no vault key{0}")]
    NoKey(String),
    #[error("{0} cannot be decrypted: it was changed, or moved here from elsewhere")]
    Broken(SecretPlace),
    #[error("a secret has 1 to {MAX_SECRET} bytes and no U+0000")]
    NotASecret,
}

/// The keys that are at hand, and the way to newer ones. Cheap to clone: clones share the keys.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    source: Box<KeySource>,
    random: Random,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    known: Vec<VaultKey>,
    /// When they were last read for the sake of one that was not among them.
    in_vain_at: Option<Instant>,
    /// Why they could not be read, if they could not.
    failure: Option<String>,
}

impl Vault {
    /// Reads the keys. That there are none shows when one is needed.
    pub fn new(source: Box<KeySource>, random: Random) -> Self {
        let vault = Self(Arc::new(Inner { source, random, keys: Mutex::default() }));
        vault.reread(&mut vault.keys());
        vault
    }

    /// A vault without any key, that keeps and opens nothing.
    pub fn closed() -> Self {
        Self::new(Box::new(|| Err("no vault was set up".to_owned())), || [0; 32])
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reread(&self, keys: &mut Keys) {
        match (self.0.source)() {
            Ok(known) => {
                keys.known = known;
                keys.failure = None;
            }
            // Those that were read before still open what they wrap.
            Err(failure) => keys.failure = Some(failure),
        }
    }

    /// The fingerprints of the keys that are at hand, the newest first.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().known.iter().map(|key| key.id().to_owned()).collect()
    }

    /// The key with this fingerprint; read anew where it is not known.
    fn key(&self, id: &str) -> Result<VaultKey, String> {
        let mut keys = self.keys();
        let known = |keys: &Keys| keys.known.iter().find(|key| key.id() == id).cloned();
        if let Some(key) = known(&keys) {
            return Ok(key);
        }
        if keys.in_vain_at.is_none_or(|at| at.elapsed() >= REREAD) {
            self.reread(&mut keys);
            // A rotation is found at once, however short ago another one was.
            keys.in_vain_at = known(&keys).is_none().then(Instant::now);
        }
        known(&keys).ok_or_else(|| why(keys.failure.as_deref()))
    }

    /// The key that new secrets are wrapped by, where the database names none yet.
    fn newest(&self) -> Result<VaultKey, VaultError> {
        let keys = self.keys();
        let newest = keys.known.first().cloned();
        newest.ok_or_else(|| VaultError::NoKey(why(keys.failure.as_deref())))
    }

    /// Keeps a secret, in place of the one that is there; nothing changes where it is the same.
    ///
    /// # Errors
    /// When it is no secret, the vault's key is not at hand, or the database does not answer.
    pub async fn keep(
        &self,
        writer: &mut Writer,
        place: SecretPlace,
        secret: &Secret,
    ) -> Result<(), VaultError> {
        if let Some(stored) = writer.get_secret(&place).await?
            && self.open(&stored.secret).is_ok_and(|known| known == *secret)
        {
            return Ok(());
        }
        // The database says which key it is, so that a rotation which is under way misses nothing.
        let key = match writer.vault_key().await? {
            Some(id) => self.key(&id).map_err(|why| VaultError::NotTheKey { key: id, why })?,
            None => self.newest()?,
        };
        let sealed = self.seal(&key, place, secret)?;
        writer.put_secret(&sealed).await?;
        Ok(())
    }

    /// The secret that is kept here, in the clear.
    ///
    /// # Errors
    /// When there is none, it cannot be opened, or the database does not answer.
    pub async fn take(&self, store: &store::Store, place: SecretPlace) -> Result<Secret, VaultError> {
        match store.get_secret(&place).await? {
            Some(stored) => self.open(&stored.secret),
            None => Err(VaultError::Missing(place)),
        }
    }

    /// The arguments of a call that waits for approval, sealed, to be kept with the request. `current` is the key that the
    /// database says.
    ///
    /// # Errors
    /// When the vault's key is not at hand.
    pub(crate) fn seal_arguments(
        &self,
        current: Option<&str>,
        id: &ApprovalId,
        arguments: &str,
    ) -> Result<SealedSecret, VaultError> {
        let key = match current {
            Some(id) => self.key(id).map_err(|why| VaultError::NotTheKey { key: id.to_owned(), why })?,
            None => self.newest()?,
        };
        self.seal_text(&key, SecretPlace::arguments(id.as_str()), arguments)
    }

    fn seal(&self, key: &VaultKey, place: SecretPlace, secret: &Secret) -> Result<SealedSecret, VaultError> {
        let text = secret.expose();
        if text.is_empty() || text.len() > MAX_SECRET || text.contains('\0') {
            return Err(VaultError::NotASecret);
        }
        self.seal_text(key, place, text)
    }

    fn seal_text(&self, key: &VaultKey, place: SecretPlace, text: &str) -> Result<SealedSecret, VaultError> {
        let own = (self.0.random)();
        let bound = bound_to("secret", &place);
        let sealed = cipher::encrypt(&own, self.nonce(), &bound, text.as_bytes());
        let wrapped = self.wrap(key, &place, &own);
        match (sealed, wrapped) {
            (Some(sealed), Some(wrapped)) => {
                Ok(SealedSecret { place, key: key.id().to_owned(), wrapped, sealed })
            }
            _ => Err(VaultError::NotASecret),
        }
    }

    fn wrap(&self, key: &VaultKey, place: &SecretPlace, own: &KeyBytes) -> Option<String> {
        cipher::encrypt(key.bytes(), self.nonce(), &bound_to("key", place), own)
    }

    /// # Errors
    /// When the key is not at hand, or a bit is not as it was.
    pub fn open(&self, secret: &SealedSecret) -> Result<Secret, VaultError> {
        let broken = || VaultError::Broken(secret.place.clone());
        let own = self.own_key(secret)?;
        let plain = cipher::decrypt(&own, &bound_to("secret", &secret.place), &secret.sealed);
        let text = String::from_utf8(plain.ok_or_else(broken)?).map_err(|_| broken())?;
        Ok(Secret::new(text))
    }

    /// The secret's own key.
    fn own_key(&self, secret: &SealedSecret) -> Result<KeyBytes, VaultError> {
        let key = self.key(&secret.key).map_err(|why| VaultError::UnknownKey {
            place: secret.place.clone(),
            key: secret.key.clone(),
            why,
        })?;
        let own = cipher::decrypt(key.bytes(), &bound_to("key", &secret.place), &secret.wrapped);
        own.and_then(|own| KeyBytes::try_from(own).ok())
            .ok_or_else(|| VaultError::Broken(secret.place.clone()))
    }

    /// 192 random bits: that two are the same does not happen.
    fn nonce(&self) -> [u8; 24] {
        let mut nonce = [0; 24];
        nonce.iter_mut().zip((self.0.random)()).for_each(|(to, from)| *to = from);
        nonce
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("keys", &self.key_ids()).finish()
    }
}

/// What goes on a sentence that says what is missing.
fn why(failure: Option<&str>) -> String {
    failure.map(|failure| format!(" ({failure})")).unwrap_or_default()
}

/// What a ciphertext is bound to: which of the two it is, and its place, each part by its length so that no two places
/// give the same bytes.
fn bound_to(what: &str, place: &SecretPlace) -> Vec<u8> {
    let mut bound = b"countersign vault 1".to_vec();
    for part in [what, &place.kind, &place.owner, &place.name] {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part.as_bytes());
    }
    bound
}

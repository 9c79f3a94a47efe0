//! Which signatures were found good. It spares the arithmetic and nothing else: the key must still be the issuer's, and
//! every claim is checked again.

use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many are remembered: 64 bytes each.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// The SHA-256 of the whole token, and the thumbprint of the key that signed it.
type Signed = ([u8; 32], [u8; 32]);

#[derive(Debug)]
pub(super) struct Memo(Mutex<LruCache<Signed, ()>>);

impl Default for Memo {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Memo {
    /// Whether exactly this token was found to be signed with this key.
    pub(super) fn holds(&self, token: &[u8; 32], key: &[u8; 32]) -> bool {
        self.signed().get(&(*token, *key)).is_some()
    }

    /// Only what was verified gets here, so that nobody else can push it out.
    pub(super) fn note(&self, token: &[u8; 32], key: &[u8; 32]) {
        self.signed().put((*token, *key), ());
    }

    fn signed(&self) -> MutexGuard<'_, LruCache<Signed, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.signed().len()
    }
}

//! The key-encryption key: 256 random bits that are never in the database, told from others by a fingerprint.

use super::cipher::KeyBytes;
use sha2::{Digest, Sha256};
use std::fmt;

/// A key that wraps the keys of secrets. Its `Debug` says which it is, and nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultKey {
    bytes: KeyBytes,
    id: String,
}

/// What is hashed before the key, so that the fingerprint is good for nothing else.
const ID_OF: &[u8] = b"countersign vault key id\0";

/// How many keys are known at once at the most.
const MOST: usize = 16;

/// Why a text gives no keys. Nothing of the text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultKeyError {
    #[error(
        "must hold 32 bytes as 64 hexadecimal digits, and further keys behind it or on lines of their own"
    )]
    NotKeys,
    #[error("holds more than {MOST} keys")]
    TooMany,
}

impl VaultKey {
    pub fn new(bytes: KeyBytes) -> Self {
        let digest = Sha256::new().chain_update(ID_OF).chain_update(bytes).finalize();
        let id = hex::encode(digest.get(..8).unwrap_or_default());
        Self { bytes, id }
    }

    /// The fingerprint: 16 hexadecimal digits that say nothing of the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn bytes(&self) -> &KeyBytes {
        &self.bytes
    }

    /// The line of a key file.
    pub fn expose(&self) -> String {
        hex::encode(self.bytes)
    }

    /// Keys that are separated by commas, blanks or lines, the newest first.
    ///
    /// # Errors
    /// When there is none, or something else.
    pub fn read_all(text: &str) -> Result<Vec<Self>, VaultKeyError> {
        let mut keys: Vec<Self> = Vec::new();
        let words = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
        for word in words {
            let mut bytes = KeyBytes::default();
            hex::decode_to_slice(word, &mut bytes).map_err(|_| VaultKeyError::NotKeys)?;
            let key = Self::new(bytes);
            if keys.contains(&key) {
                continue;
            }
            if keys.len() == MOST {
                return Err(VaultKeyError::TooMany);
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(VaultKeyError::NotKeys) } else { Ok(keys) }
    }
}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VaultKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_newest_first_and_never_shown() {
        let (new, old) = (VaultKey::new([1; 32]), VaultKey::new([2; 32]));
        let text = format!("{}\n{}\n", new.expose(), old.expose());
        assert_eq!(VaultKey::read_all(&text), Ok(vec![new.clone(), old.clone()]));
        let commas = format!("{},{} {}", new.expose(), old.expose(), new.expose());
        assert_eq!(VaultKey::read_all(&commas), Ok(vec![new.clone(), old]));
        assert_eq!((new.id().len(), format!("{new:?}")), (16, format!("VaultKey({})", new.id())));
        assert!(!format!("{new:?}").contains("0101"));
    }

    #[test]
    fn what_holds_no_key() {
        for text in ["", " \n", "zz", &"0".repeat(63), &"0".repeat(66), &format!("{} x", "0".repeat(64))] {
            assert_eq!(VaultKey::read_all(text), Err(VaultKeyError::NotKeys), "{text}");
        }
        let many: Vec<String> = (0..=MOST as u8).map(|n| VaultKey::new([n; 32]).expose()).collect();
        assert_eq!(VaultKey::read_all(&many.join("\n")), Err(VaultKeyError::TooMany));
    }
}

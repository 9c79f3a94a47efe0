//! Secrets that pass through: keys that callers and PEPs present. Never shown, never stored in the clear.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// A presented key or token. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The fewest characters of a secret that somebody chose outside.
pub const MIN_CHARACTERS: usize = 32;

/// What a fresh key is for; the prefix lets secret scanners find a leaked one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// An enforcement key, held by a PEP.
    Enforcement,
    /// An API key of a user, agent or service.
    Api,
    /// A token for the administration API.
    Administrator,
}

impl KeyKind {
    const ALL: [Self; 3] = [Self::Enforcement, Self::Api, Self::Administrator];

    /// What a key of this kind begins with.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Enforcement => "cse_",
            Self::Api => "csa_",
            Self::Administrator => "cst_",
        }
    }

    /// What a key of ours is for, by its prefix. Keys that somebody chose outside have none.
    pub fn of(secret: &Secret) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| secret.0.starts_with(kind.prefix()))
    }
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A fresh key of 256 random bits, which are handed down, with a prefix that names the kind.
    pub fn from_random(kind: KeyKind, bytes: &[u8; 32]) -> Self {
        Self(format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// What is stored and looked up: SHA-256, lower-case hex. Enough for 256-bit random keys, which cannot be
    /// guessed; passwords go through argon2 instead.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }

    /// The text itself, to be shown to its owner once or sent to where it belongs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing_and_keys_differ() {
        let (one, two) =
            (Secret::from_random(KeyKind::Api, &[1; 32]), Secret::from_random(KeyKind::Api, &[2; 32]));
        assert_ne!(one.expose(), two.expose());
        assert_eq!(format!("{one:?}"), "Secret(…)");
        assert_eq!(one.digest().len(), 64);
        assert!(one.expose().len() >= MIN_CHARACTERS);
        assert_eq!(
            (KeyKind::of(&one), KeyKind::of(&Secret::new("2YotnFZFEjr1"))),
            (Some(KeyKind::Api), None)
        );
    }
}

//! The keys of an issuer: read from a JWK set (RFC 7517), kept for as long as they may be, and fetched anew.

mod key;
mod ring;

pub(super) use key::Key;
pub(super) use ring::{Clock, Rings};

use policy::issuer::{Algorithm, MAX_KEYS};
use serde_json::{Map, Value};
use std::time::Duration;

/// How many keys are tried where a token names none.
const MAX_TRIED: usize = 8;

/// What this process knows of an issuer's keys; for the administrator.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeysState {
    /// Those that can verify tokens.
    pub keys: Vec<KnownKey>,
    /// How many more the issuer publishes.
    pub unusable: usize,
    /// How long ago they were fetched. None: they were not, or are given and never are.
    pub fetched: Option<Duration>,
    /// Why the last fetch failed, if it did.
    pub failure: Option<String>,
}

/// A public key, by what it is told from others by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    pub kid: Option<String>,
    /// What it may have signed with.
    pub algorithms: Vec<Algorithm>,
}

/// The usable keys of one issuer at one moment.
#[derive(Debug, Default)]
pub(super) struct KeySet {
    keys: Vec<Key>,
    /// How many more there were, of which none can verify a token.
    unusable: usize,
}

impl KeySet {
    /// Keys that are for something else, or that cannot be used here, are left out. A set without any is one as
    /// well: an issuer may withdraw all its keys.
    ///
    /// # Errors
    /// When it is no JWK set, or has too many keys.
    pub(super) fn read(document: &Map<String, Value>) -> Result<Self, &'static str> {
        let Some(Value::Array(listed)) = document.get("keys") else {
            return Err("it is no JWK set: it has no list `keys`");
        };
        if listed.len() > MAX_KEYS {
            return Err("it holds more than 100 keys");
        }
        let mut set = Self::default();
        for jwk in listed {
            match jwk.as_object().and_then(Key::read) {
                Some(key) => set.keys.push(key),
                None => set.unusable += 1,
            }
        }
        Ok(set)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn unusable(&self) -> usize {
        self.unusable
    }

    pub(super) fn known(&self) -> Vec<KnownKey> {
        let known = |key: &Key| KnownKey {
            kid: key.kid().map(ToOwned::to_owned),
            algorithms: Algorithm::ALL.iter().copied().filter(|name| key.is_for(*name)).collect(),
        };
        self.keys.iter().map(known).collect()
    }

    /// Whether there is a key of this name, whatever it is for. Where none is named, none is known.
    pub(super) fn knows(&self, kid: Option<&str>) -> bool {
        kid.is_some() && self.keys.iter().any(|key| key.kid() == kid)
    }

    /// The keys that may have signed so. Without a name, any that is for the algorithm.
    pub(super) fn candidates(&self, algorithm: Algorithm, kid: Option<&str>) -> impl Iterator<Item = &Key> {
        self.keys
            .iter()
            .filter(move |key| key.is_for(algorithm) && (kid.is_none() || key.kid() == kid))
            .take(MAX_TRIED)
    }
}

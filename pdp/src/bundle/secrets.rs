//! The secrets that a bundle names but never holds: each is read from the variable that it names.

use super::apply::ApplyError;
use crate::secret::{MIN_CHARACTERS, Secret};

/// Where `secret_env` is looked up; handed down, so that this crate reads no environment of its own.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + Send + Sync + 'a;

/// The environment, and the keys for which a bundle names no variable although they do not exist yet.
pub(super) struct Secrets<'a> {
    environment: &'a Environment<'a>,
    missed: Vec<String>,
}

impl<'a> Secrets<'a> {
    pub(super) fn new(environment: &'a Environment<'a>) -> Self {
        Self { environment, missed: Vec::new() }
    }

    /// Reads the secret of a thing from its variable.
    pub(super) fn read(&self, thing: &str, variable: &str) -> Result<Secret, ApplyError> {
        let secret = self.read_foreign(thing, variable)?;
        if secret.expose().chars().count() < MIN_CHARACTERS {
            return Err(ApplyError::ShortSecret { thing: thing.to_owned(), variable: variable.to_owned() });
        }
        Ok(secret)
    }

    /// The same for a secret that somebody else chose, and that is theirs to judge.
    pub(super) fn read_foreign(&self, thing: &str, variable: &str) -> Result<Secret, ApplyError> {
        let text = (self.environment)(variable)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| ApplyError::NoSecret { thing: thing.to_owned(), variable: variable.to_owned() })?;
        Ok(Secret::new(text))
    }

    /// Notes a key that cannot be made. All of them are told at once, as an export names no variables.
    pub(super) fn miss(&mut self, thing: String) {
        self.missed.push(thing);
    }

    pub(super) fn none_missed(self) -> Result<(), ApplyError> {
        if self.missed.is_empty() { Ok(()) } else { Err(ApplyError::SecretsNeeded { things: self.missed }) }
    }
}

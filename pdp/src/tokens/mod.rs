//! Access tokens of outside issuers: read with one meaning or not at all, verified with the issuer's own keys, and
//! every claim checked against what is registered about the issuer (RFC 9068, RFC 8725).
//!
//! The signature alone is the business of a library; its own checks of claims are loose, so they are made here.
//! Whether the issuer counts, who the caller is, what was revoked and for whom a token is meant (`aud`) is the
//! business of the facts and of evaluation, which read it live. Nothing in here stores, logs or repeats a token.

mod actor;
mod claims;
mod discovery;
mod dpop;
mod fetch;
mod header;
mod introspection;
mod keys;
mod memo;
mod parts;
#[cfg(test)]
mod tests;

pub use dpop::{Proven, ShownProof, Taken, check as check_proof};
pub use keys::{KeysState, KnownKey};
pub use parts::{Jwt, Said};

pub(crate) use actor::{NamedActor, is_called, named as named_actor, of_another as of_another_issuer};
pub(crate) use introspection::Answer;

use crate::address_guard::{AddressError, AddressGuard};
use crate::secret::Secret;
use crate::vault::Vault;
use fetch::{Fetcher, Limits};
use header::Header;
use introspection::Introspector;
use keys::{Clock, KeySet, Rings};
use memo::Memo;
use parts::Parts;
use policy::facts::TokenFacts;
use policy::issuer::Issuer;
use policy::{Reason, Timestamp};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Verifies tokens. Holds the keys of issuers, and which signatures were found good.
#[derive(Debug)]
pub struct Tokens {
    rings: Rings,
    memo: Memo,
    introspector: Introspector,
    /// Holds the secrets with which issuers are asked.
    vault: Vault,
}

/// Why a token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    pub reason: Reason,
    /// For the reviewer: safe to record.
    pub why: String,
}

impl Refusal {
    fn invalid(why: impl Into<String>) -> Self {
        Self { reason: Reason::TokenInvalid, why: why.into() }
    }

    /// The token may be good; it could not be found out.
    fn unavailable(why: impl Into<String>) -> Self {
        Self { reason: Reason::PolicyUnavailable, why: why.into() }
    }
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tried {
    Good,
    /// It is not of the key that the token names, or of none where it names none.
    Forged,
    /// The key that the token names is for something else.
    Unfit,
    /// No such key.
    Unknown,
}

impl Tokens {
    /// # Errors
    /// When no client can be made. A TLS provider must be installed.
    #[allow(clippy::needless_pass_by_value, reason = "who makes it hands the guard over")]
    pub fn new(guard: AddressGuard) -> Result<Self, AddressError> {
        Self::within(&guard, Limits::default(), Clock::default())
    }

    fn within(guard: &AddressGuard, limits: Limits, clock: Clock) -> Result<Self, AddressError> {
        let fetcher = Fetcher::new(guard, limits)?;
        Ok(Self {
            rings: Rings::new(fetcher, clock),
            memo: Memo::default(),
            introspector: Introspector::new(guard, limits)?,
            vault: Vault::closed(),
        })
    }

    /// With the vault that holds the secrets with which issuers are asked.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault, ..self }
    }

    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Whether it says nothing by itself: only its issuer knows what it is (RFC 7662).
    pub(crate) fn is_opaque(token: &Secret) -> bool {
        Parts::read(token.expose()).is_err()
    }

    /// Asks an issuer about a token of its own, with the secret that is kept for that. Nothing is remembered of it.
    ///
    /// # Errors
    /// When the issuer does not say that the token is good, or cannot be asked.
    pub(crate) async fn introspect(
        &self,
        token: &Secret,
        issuer: &Issuer,
        client_secret: &Secret,
    ) -> Result<Answer, Refusal> {
        self.introspector.ask(token, issuer, client_secret).await
    }

    /// The facts of a token that its issuer was asked about, all but its audience. `now` is the database's clock.
    ///
    /// # Errors
    /// When any check fails.
    pub(crate) fn judge(
        &self,
        answer: &Answer,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<TokenFacts, Refusal> {
        if !issuer.active {
            return Err(Refusal::invalid("the issuer is switched off"));
        }
        answer.facts(issuer, now)
    }

    /// A token as it can be read, unverified. None: it is no JWT that says whose it is, so it is looked up as an API key.
    pub fn read(token: &Secret) -> Option<Jwt<'_>> {
        Parts::read(token.expose()).ok().and_then(Jwt::of)
    }

    /// Verifies a token of this issuer, all but its audience. `now` is the database's clock.
    ///
    /// # Errors
    /// When any check fails, or the issuer's keys cannot be had.
    pub async fn verify(
        &self,
        token: &Secret,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<TokenFacts, Refusal> {
        self.verify_parts(token, &Parts::read(token.expose())?, issuer, now).await
    }

    /// The same of a token that was read: `token` is the text that `jwt` was read of.
    ///
    /// # Errors
    /// As [`Self::verify`].
    pub async fn verify_read(
        &self,
        token: &Secret,
        jwt: &Jwt<'_>,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<TokenFacts, Refusal> {
        self.verify_parts(token, &jwt.parts, issuer, now).await
    }

    async fn verify_parts(
        &self,
        token: &Secret,
        parts: &Parts<'_>,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<TokenFacts, Refusal> {
        if !issuer.active {
            return Err(Refusal::invalid("the issuer is switched off"));
        }
        let header = Header::check(&parts.header, issuer)?;
        claims::check_issuer(&parts.payload, issuer)?;
        // What the claims say is told only once they are known to be the issuer's.
        self.check_signature(token, parts, &header, issuer).await?;
        claims::check(parts, &header, issuer, now)
    }

    /// What this process knows of an issuer's keys. Asks for nothing.
    pub fn keys_of(&self, issuer: &Issuer) -> KeysState {
        self.rings.of(issuer).told()
    }

    /// Fetches an issuer's keys now, unless that was done a moment ago, and tells what came of it.
    pub async fn fetch_keys(&self, issuer: &Issuer) -> KeysState {
        let ring = self.rings.of(issuer);
        ring.fetch_now().await;
        ring.told()
    }

    async fn check_signature(
        &self,
        token: &Secret,
        parts: &Parts<'_>,
        header: &Header,
        issuer: &Issuer,
    ) -> Result<(), Refusal> {
        let digest: [u8; 32] = Sha256::digest(token.expose().as_bytes()).into();
        let ring = self.rings.of(issuer);
        let keys = ring.keys(Duration::from_secs(u64::from(issuer.keys_max_age))).await;
        let keys = keys.map_err(|why| Refusal::invalid(format!("the issuer's keys are not known: {why}")))?;
        let mut tried = self.try_keys(&digest, parts, header, &keys);
        // A key that is not known, or any key where none is named, may be a new one.
        let may_be_new = tried == Tried::Unknown || (tried == Tried::Forged && header.kid.is_none());
        if may_be_new && let Some(newer) = ring.newer_than(&keys).await {
            tried = self.try_keys(&digest, parts, header, &newer);
        }
        let why = match tried {
            Tried::Good => return Ok(()),
            Tried::Forged => format!("the signature is not that of {}", header.named()),
            Tried::Unfit => format!("{} is not for {}", header.named(), header.algorithm),
            Tried::Unknown => format!("the issuer does not publish {}", header.named()),
        };
        Err(Refusal::invalid(why))
    }

    fn try_keys(&self, digest: &[u8; 32], parts: &Parts<'_>, header: &Header, keys: &KeySet) -> Tried {
        let kid = header.kid.as_deref();
        let mut tried = if keys.knows(kid) { Tried::Unfit } else { Tried::Unknown };
        for key in keys.candidates(header.algorithm, kid) {
            if self.memo.holds(digest, key.thumbprint()) {
                return Tried::Good;
            }
            if key.verifies(header.algorithm, parts.signed, &parts.signature) {
                self.memo.note(digest, key.thumbprint());
                return Tried::Good;
            }
            tried = Tried::Forged;
        }
        tried
    }
}

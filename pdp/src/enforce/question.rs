//! What a PEP asks, and what it is answered.

use crate::facts::MAX_PROPERTIES;
use crate::requests::ShownApproval;
use crate::secret::Secret;
use crate::tokens::ShownProof;
use policy::facts::AssertedProperties;
use policy::labels::Responses;
use policy::{Call, Decision, DecisionId};
use serde_json::{Map, Value};

/// The subject as a PEP names it.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectClaim {
    pub kind: String,
    pub id: String,
    pub properties: Map<String, Value>,
}

/// One call as a PEP asks about it.
#[derive(Debug, Clone)]
pub struct Question {
    pub call: Call,
    pub subject: SubjectClaim,
    /// `action.properties` and `resource.properties` without the arguments: believed under `assert_attributes` alone.
    pub properties: AssertedProperties,
    /// `context.access_token`: verified, never stored or logged.
    pub access_token: Option<Secret>,
    /// Runs through every log line and into the record.
    pub request_id: String,
    /// `context.dpop`: the proof that came with the token. Verified, never stored or logged.
    pub proof: Option<ShownProof>,
    /// `context.approval`: what came of a request for approval. Verified, never stored or logged.
    pub approval: Option<ShownApproval>,
    /// `Idempotency-Key`, which the PEP made for this call: an approval's use is answered again to the same key. Never
    /// stored or logged.
    pub idempotency_key: Option<Secret>,
    /// Whether it may file, count as an attempt at, and use an approval; items of a batch may not.
    pub files: bool,
}

/// A decision that was recorded (or, if that was impossible, a denial).
#[derive(Debug, Clone)]
pub struct Answer {
    /// The record's id; None where nothing could be recorded.
    pub id: Option<DecisionId>,
    pub decision: Decision,
    /// How much the credential lets its PEP see.
    pub responses: Responses,
}

/// The request itself failed; nothing was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    #[error("the enforcement key is missing, unknown, expired or switched off")]
    NotACredential,
    /// They would be facts, and what is recorded of a call must stay small.
    #[error("`{0}` is larger than {MAX_PROPERTIES} bytes")]
    PropertiesTooLarge(&'static str),
}

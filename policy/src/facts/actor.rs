//! Who acts for the subject of a call, as the same statement read it (RFC 8693, section 4.1).

use super::{MembershipFacts, SubjectFacts};
use crate::ids::TenantSlug;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// How the actor was recognised, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum ActorIdentity {
    /// The subject's verified token names it, in this claim and by this identity at the token's issuer.
    Token { claim: String, sub: String, subject: SubjectFacts },
    /// The PEP vouched for it (`context.agent`).
    Asserted { subject: SubjectFacts },
    /// The verified token names somebody who is no registered subject.
    UnknownIdentity { issuer: String, sub: String },
    /// There is no telling who acts.
    Unknown {
        /// For the reviewer.
        why: String,
    },
}

/// Who acts for the subject. A call needs both: each is evaluated, and the stricter result stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActorFacts {
    #[serde(flatten)]
    pub identity: ActorIdentity,
    /// As [`Facts::memberships`](super::Facts::memberships).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub memberships: Vec<MembershipFacts>,
    /// Who acted before it, the latest first, as the token names them. Recorded, and nothing is decided by it (RFC 8693,
    /// section 4.1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
}

impl ActorFacts {
    pub fn new(identity: ActorIdentity) -> Self {
        Self { identity, memberships: Vec::new(), chain: Vec::new() }
    }

    pub fn subject(&self) -> Option<&SubjectFacts> {
        match &self.identity {
            ActorIdentity::Token { subject, .. } | ActorIdentity::Asserted { subject } => Some(subject),
            ActorIdentity::UnknownIdentity { .. } | ActorIdentity::Unknown { .. } => None,
        }
    }

    /// Its live membership in the tenant that the call counts under.
    pub fn membership(&self, tenant: &TenantSlug, now: Timestamp) -> Option<&MembershipFacts> {
        self.memberships.iter().find(|m| m.tenant == *tenant && m.until.is_none_or(|until| now < until))
    }
}

//! Which claim of an issuer's tokens names who acts for the subject.

use serde::{Deserialize, Serialize};

/// The claim that names the actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ActorClaim {
    /// The `sub` of the claim `act` (RFC 8693, section 4.1).
    #[serde(rename = "act.sub")]
    ActSub,
    /// The client that asked for the token (RFC 8693, section 4.3; RFC 9068, section 2.2).
    #[serde(rename = "client_id")]
    ClientId,
    /// The party that the token was issued to (OpenID Connect Core 1.0, section 2).
    #[serde(rename = "azp")]
    Azp,
}

impl ActorClaim {
    pub const ALL: &'static [Self] = &[Self::ActSub, Self::ClientId, Self::Azp];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::ActSub => "act.sub",
            Self::ClientId => "client_id",
            Self::Azp => "azp",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|claim| claim.as_str() == word)
    }
}

/// Whether each token must name somebody who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorNeed {
    /// A token that names nobody is denied.
    #[default]
    Required,
    /// It is the subject's own.
    Optional,
}

impl ActorNeed {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
    pub(super) fn is_required(&self) -> bool {
        *self == Self::Required
    }
}

//! What the live state said about the caller, read in one statement for one call.

mod actor;
mod origin;

pub use actor::{ActorFacts, ActorIdentity};
pub use origin::RoleOrigin;

use crate::ids::{CredentialId, ServerSlug, SubjectId, TenantSlug};
use crate::labels::{ArgumentsMode, Responses, Search, Sensitivity, SubjectKind, Trust};
use crate::reason::Reason;
use crate::task::TaskFacts;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of policy: a counter for what all tenants share and one for the tenant's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Revision {
    pub global: i64,
    pub tenant: i64,
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.global, self.tenant)
    }
}

/// The enforcement credential that asked, already found valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialFacts {
    pub id: CredentialId,
    pub name: String,
    /// None: it may ask about every tenant.
    pub tenant: Option<TenantSlug>,
    /// None: it may ask about any server.
    pub server: Option<ServerSlug>,
    pub trust: Trust,
    pub arguments: ArgumentsMode,
    pub responses: Responses,
    #[serde(default = "nothing", skip_serializing_if = "is_nothing")]
    pub search: Search,
}

impl CredentialFacts {
    /// The tenant that it is bound to, where nobody with these memberships is a member: they can neither call nor act under
    /// it. Whoever asks with it is told neither what became of them or of their keys and tokens, nor what they are called
    /// elsewhere.
    pub fn foreign_to(&self, memberships: &[MembershipFacts]) -> Option<&TenantSlug> {
        let own = self.tenant.as_ref()?;
        memberships.iter().all(|membership| membership.tenant != *own).then_some(own)
    }
}

fn nothing() -> Search {
    Search::Nothing
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_nothing(search: &Search) -> bool {
    *search == Search::Nothing
}

/// A role the caller holds in one tenant, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    pub name: String,
    /// True where the role is defined for every tenant.
    pub global: bool,
    #[serde(default, skip_serializing_if = "RoleOrigin::is_assigned")]
    pub origin: RoleOrigin,
}

/// One row of the caller's memberships.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipFacts {
    pub tenant: TenantSlug,
    /// The tenant's own counter, as read in the same statement.
    pub tenant_revision: i64,
    pub roles: Vec<RoleGrant>,
    /// The membership ends at this moment.
    pub until: Option<Timestamp>,
}

/// A registered subject as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectFacts {
    pub id: SubjectId,
    pub kind: SubjectKind,
    pub name: String,
    pub active: bool,
    pub attributes: Map<String, Value>,
}

/// What a verified token of an outside issuer says. The token itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// The registered issuer's URL.
    pub issuer: String,
    /// Whose token it is there: what the issuer's subject claim says.
    pub sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<Timestamp>,
    pub expires_at: Timestamp,
    pub audiences: Vec<String>,
    /// Those of them that the issuer lists; None where it lists none, and so narrows nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Which checks are switched off for its issuer, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weaker: Vec<String>,
    /// All of its claims, as conditions see them.
    pub claims: Map<String, Value>,
    /// The issuer's tenants: a membership elsewhere does not count for this caller.
    pub tenants: Vec<TenantSlug>,
}

impl TokenFacts {
    /// The thumbprint (RFC 7638, SHA-256, base64url) of the key that the token is bound to (RFC 9449, section 6.1). Who
    /// uses it has shown a proof of that key.
    pub fn bound_to(&self) -> Option<&str> {
        self.claims.get("cnf")?.get("jkt")?.as_str()
    }
}

/// How the caller was recognised, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Identity {
    /// The caller's own API key was verified.
    ApiKey {
        key: String,
        subject: SubjectFacts,
    },
    /// A token of an outside issuer was verified.
    Token {
        token: Box<TokenFacts>,
        subject: SubjectFacts,
    },
    /// The PEP vouched for the subject.
    Asserted {
        subject: SubjectFacts,
    },
    /// `verify_token`, and no token came.
    TokenMissing,
    TokenInvalid,
    TokenExpired,
    TokenRevoked,
    /// The PEP's `subject.id` is not the token's subject.
    SubjectDiffers,
    /// The PEP vouched for a subject that is not registered.
    UnknownSubject {
        id: String,
    },
    /// A key or a token that no longer counts, of somebody whom the enforcement key's tenant does not have. What became of
    /// it is told where its subject is a member, and nowhere else.
    Lapsed {
        reason: Reason,
        /// For the reviewer.
        why: String,
        subject: SubjectFacts,
    },
    /// A token that names an outside issuer is not taken.
    TokenRefused {
        reason: Reason,
        /// For the reviewer; nothing of the token's text.
        why: String,
        /// The issuer's URL, where it is registered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issuer: Option<String>,
    },
    /// A verified token of somebody who is no registered subject.
    UnknownIdentity {
        issuer: String,
        sub: String,
    },
}

impl Identity {
    pub fn subject(&self) -> Option<&SubjectFacts> {
        match self {
            Self::ApiKey { subject, .. }
            | Self::Token { subject, .. }
            | Self::Asserted { subject }
            | Self::Lapsed { subject, .. } => Some(subject),
            _ => None,
        }
    }

    /// The verified token of an outside issuer, where the caller was recognised by one.
    pub fn token(&self) -> Option<&TokenFacts> {
        match self {
            Self::Token { token, .. } => Some(token),
            _ => None,
        }
    }

    /// Whether memberships in this tenant count for a caller who was recognised so.
    pub fn counts_in(&self, tenant: &TenantSlug) -> bool {
        self.token().is_none_or(|token| token.tenants.contains(tenant))
    }
}

/// What a PEP says of a call's action and resource, where it is believed (`assert_attributes`); empty elsewhere.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AssertedProperties {
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub action: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub resource: Map<String, Value>,
}

impl AssertedProperties {
    pub fn is_empty(&self) -> bool {
        self.action.is_empty() && self.resource.is_empty()
    }
}

/// A registered resource as it stands now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceFacts {
    /// In a record: empty where it is another tenant than the decision's.
    pub tenant: TenantSlug,
    pub sensitivity: Sensitivity,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub attributes: Map<String, Value>,
}

/// A resource that the call's arguments name, by a binding of the tool; or that the call itself is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoundFact {
    /// Where in the arguments it is named: a JSON Pointer without `*`. Empty where the call itself is about it.
    pub at: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    /// None: no such resource is registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceFacts>,
}

/// Everything read for one call, in one statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The database's clock, read with the rest.
    pub now: Timestamp,
    pub global_revision: i64,
    pub credential: CredentialFacts,
    pub identity: Identity,
    /// In tenant order. Those that have expired, or lie outside the issuer's tenants, are here too, so that the
    /// reviewer sees why they do not count.
    pub memberships: Vec<MembershipFacts>,
    #[serde(default, skip_serializing_if = "AssertedProperties::is_empty")]
    pub asserted: AssertedProperties,
    /// What the arguments name, in the order of the tool's bindings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bound: Vec<BoundFact>,
    /// None: the subject calls by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Box<ActorFacts>>,
    /// The task that `context.task` names, where it is the subject's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskFacts>,
}

/// Why no tenant could be settled on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantProblem {
    NoMembership,
    Required,
    Mismatch,
}

impl Facts {
    /// The one membership this call counts under. The credential's tenant fixes it; `context.tenant` only
    /// chooses among live memberships, and must agree with the credential.
    ///
    /// # Errors
    /// When there is none, none chosen among several, or two disagree.
    pub fn membership(&self, chosen: Option<&TenantSlug>) -> Result<&MembershipFacts, TenantProblem> {
        let live = |m: &&MembershipFacts| {
            m.until.is_none_or(|until| self.now < until) && self.identity.counts_in(&m.tenant)
        };
        if let (Some(fixed), Some(chosen)) = (&self.credential.tenant, chosen)
            && fixed != chosen
        {
            return Err(TenantProblem::Mismatch);
        }
        if let Some(wanted) = self.credential.tenant.as_ref().or(chosen) {
            return self
                .memberships
                .iter()
                .filter(live)
                .find(|m| m.tenant == *wanted)
                .ok_or(TenantProblem::NoMembership);
        }
        let mut candidates = self.memberships.iter().filter(live);
        match (candidates.next(), candidates.next()) {
            (None, _) => Err(TenantProblem::NoMembership),
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(TenantProblem::Required),
        }
    }
}

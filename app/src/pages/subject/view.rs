//! One subject as its page shows it. Made on the server; the browser only draws it.

use super::pairs::{ForWhom, PairLine};
use crate::moment::Moment;
use crate::pages::changes::read::ChangeLine;
use crate::pages::decisions::read::DecisionLine;
use crate::pages::form::place::{Ask, read_of};
use crate::url::{Parameters, parameter};
use policy::SubjectKind;
use serde::{Deserialize, Serialize};

/// Which subject, which of its forms is open, and with whom it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubjectQuery {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// The tenant, the API key or the identity that the form is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The change that the page tells of; it may be one to take back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// For whom it acts: `?for=`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub for_whom: Option<String>,
    /// In which tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl SubjectQuery {
    pub fn read(id: String, map: &Parameters) -> Self {
        Self {
            id,
            ask: Ask::read(map),
            of: read_of(map),
            told: parameter(map, "change"),
            // To the letter: ids may begin or end with blanks.
            for_whom: map.get("for").filter(|id| !id.trim().is_empty()).map(str::to_owned),
            tenant: parameter(map, "tenant"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectView {
    pub query: SubjectQuery,
    pub id: String,
    pub name: String,
    pub kind: SubjectKind,
    pub active: bool,
    pub created: Moment,
    /// JSON, one name a line.
    pub attributes: String,
    pub has_attributes: bool,
    pub identities: Vec<IdentityLine>,
    /// When it was last signed out everywhere: tokens issued until then count no longer.
    pub signed_out: Option<Moment>,
    pub memberships: Vec<MembershipLine>,
    pub keys: Vec<KeyLine>,
    pub decisions: Vec<DecisionLine>,
    pub changes: Vec<ChangeLine>,
    /// Tenants to join: slug and name. For the form alone.
    pub tenants: Vec<(String, String)>,
    /// What the form of one membership shows.
    pub member: Option<MemberForm>,
    /// Gives back what the change that the page tells of took.
    pub undo: Option<TakeBack>,
    /// The person who answers for it.
    pub owner: Option<String>,
    /// What it did for others.
    pub acted: Vec<DecisionLine>,
    /// For whom it may act. None: it is nobody who acts for others.
    pub for_whom: Option<ForWhom>,
    /// Who acts for it.
    pub agents: Vec<PairLine>,
}

/// The words of a button, and what its form sends.
pub type TakeBack = (String, Vec<(String, String)>);

/// An identity as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLine {
    /// Stands for both in addresses and forms.
    pub id: String,
    pub issuer: String,
    pub sub: String,
}

/// A membership as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembershipLine {
    pub tenant: String,
    pub roles: Vec<String>,
    pub until: Option<Moment>,
    pub ended: bool,
}

/// An API key as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    pub name: String,
    pub created: Moment,
    pub last_used: Option<Moment>,
    pub expires: Option<Moment>,
    pub expired: bool,
}

/// The roles that can be held in one tenant, and those that are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberForm {
    pub tenant: String,
    pub tenant_name: String,
    /// False: it would be a new membership.
    pub exists: bool,
    pub roles: Vec<RoleChoice>,
    /// As a field for a date and time takes it.
    pub until: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChoice {
    pub name: String,
    pub description: String,
    /// A role of every tenant.
    pub everywhere: bool,
    pub held: bool,
}

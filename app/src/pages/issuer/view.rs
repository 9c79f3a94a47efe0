//! One issuer as its page shows it. Made on the server; the browser only draws it.

use crate::moment::Moment;
use crate::pages::form::answer::Draft;
use crate::pages::form::count::Count;
use crate::pages::form::place::Ask;
use crate::pages::server::fields::TenantChoice;
use crate::url::{Parameters, parameter};
use serde::{Deserialize, Serialize};

/// Which issuer, which of its forms is open, and where its list of revoked tokens goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IssuerQuery {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl IssuerQuery {
    pub fn read(id: String, map: &Parameters) -> Self {
        Self { id, ask: Ask::read(map), after: parameter(map, "after") }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerView {
    pub query: IssuerQuery,
    pub url: String,
    pub name: String,
    pub active: bool,
    pub settings: Vec<Setting>,
    pub keys: KeysView,
    /// Identities of it that subjects have.
    pub identities: Count,
    pub revoked: Vec<RevokedLine>,
    /// Where the list of revoked tokens goes on.
    pub next: Option<String>,
    /// For the form alone.
    pub form: Option<IssuerForm>,
}

/// A setting in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    pub term: String,
    pub words: String,
    /// In which way it is weaker than it could be.
    pub weaker: Option<String>,
}

/// The keys as the instance that answers knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysView {
    pub words: String,
    pub fetched: Option<Moment>,
    pub failure: Option<String>,
    /// They are fetched at all, rather than written down.
    pub fetchable: bool,
    /// The key's name, and the algorithms that it is for.
    pub lines: Vec<(Option<String>, String)>,
}

/// A revoked token as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedLine {
    pub jti: String,
    pub at: Moment,
    pub until: Moment,
    pub by: String,
}

/// What the form of an issuer is filled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuerForm {
    pub standing: Draft,
    pub tenants: Vec<TenantChoice>,
}

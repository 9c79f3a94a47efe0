//! What the list of changes is asked for; in the browser these are the URL's parameters.

use super::words::{KINDS, kind_label};
use crate::components::chips::ActiveFilter;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Filters and place. What is none does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangeQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_than: Option<String>,
}

impl ChangeQuery {
    const PATH: &'static str = crate::routes::CHANGES.path;

    /// Reads the parameters of the address; unknown kinds do not narrow.
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            kind: parameter(map, "kind").filter(|kind| KINDS.iter().any(|(known, _)| known == kind)),
            object: parameter(map, "object"),
            actor: parameter(map, "actor"),
            older_than: parameter(map, "older_than"),
            newer_than: parameter(map, "newer_than"),
        }
    }

    /// The address of this list.
    pub fn href(&self) -> String {
        href(
            Self::PATH,
            [
                ("tenant", self.tenant.as_deref()),
                ("kind", self.kind.as_deref()),
                ("object", self.object.as_deref()),
                ("actor", self.actor.as_deref()),
                ("older_than", self.older_than.as_deref()),
                ("newer_than", self.newer_than.as_deref()),
            ],
        )
    }

    /// The same filters, from the newest on.
    #[must_use]
    pub fn from_the_newest(&self) -> Self {
        Self { older_than: None, newer_than: None, ..self.clone() }
    }

    #[must_use]
    pub fn older(&self, than: &str) -> Self {
        Self { older_than: Some(than.to_owned()), newer_than: None, ..self.clone() }
    }

    #[must_use]
    pub fn newer(&self, than: &str) -> Self {
        Self { older_than: None, newer_than: Some(than.to_owned()), ..self.clone() }
    }

    /// Whether any filter is set.
    pub fn narrows(&self) -> bool {
        self.from_the_newest() != Self::default()
    }

    /// The filters that are set, each with the address of the list without it.
    pub fn active_filters(&self) -> Vec<ActiveFilter> {
        let base = self.from_the_newest();
        let mut filters = Vec::new();
        let mut add = |name, value: Option<String>, without: Self| {
            if let Some(value) = value {
                filters.push(ActiveFilter { name, value, without: without.href() });
            }
        };
        add("Tenant", self.tenant.clone(), Self { tenant: None, ..base.clone() });
        add("Kind", self.kind.as_deref().map(kind_label), Self { kind: None, ..base.clone() });
        add("Object", self.object.clone(), Self { object: None, ..base.clone() });
        add("Who", self.actor.clone(), Self { actor: None, ..base });
        filters
    }
}

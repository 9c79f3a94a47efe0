//! What the list of tenants is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::{Ask, read_of};
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Search, place, and which form is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantsQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The slug behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// The tenant that the form is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl TenantsQuery {
    pub fn read(map: &Parameters) -> Self {
        Self {
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
            of: read_of(map),
        }
    }

    /// The list behind `cursor`.
    pub fn after(&self, cursor: &str) -> String {
        href(crate::routes::TENANTS.path, [("q", self.search.as_deref()), ("after", Some(cursor))])
    }

    /// The list from its beginning.
    pub fn from_the_first(&self) -> String {
        href(crate::routes::TENANTS.path, [("q", self.search.as_deref())])
    }
}

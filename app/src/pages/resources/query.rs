//! What the list of resources, and the page of one, are asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::Ask;
use crate::routes::RESOURCES;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Filters, place, and which form is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourcesQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// How the id begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The id behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

impl ResourcesQuery {
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            kind: parameter(map, "type"),
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
        }
    }

    /// The list with the same filters, behind `cursor` if one is given.
    pub fn beyond(&self, cursor: Option<&str>) -> String {
        let (tenant, kind) = (self.tenant.as_deref(), self.kind.as_deref());
        let search = self.search.as_deref();
        href(RESOURCES.path, [("tenant", tenant), ("type", kind), ("q", search), ("after", cursor)])
    }

    /// Whether it is a part of the list.
    pub fn narrows(&self) -> bool {
        self.tenant.is_some() || self.kind.is_some() || self.search.is_some() || self.after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = [("type", "customer".to_owned()), ("q", "c-".to_owned())].into_iter().collect();
        let query = ResourcesQuery::read(&map);
        assert_eq!(query.beyond(Some("6162")), "/resources?type=customer&q=c-&after=6162");
        assert!(query.narrows() && !ResourcesQuery::default().narrows());
    }
}

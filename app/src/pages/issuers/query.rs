//! What the list of issuers is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::Ask;
use crate::routes::ISSUERS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Filters, place, and whether the form is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct IssuersQuery {
    /// Those whose tokens count in this tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The id behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

impl IssuersQuery {
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
        }
    }

    /// The list with the same filters, behind `cursor` if one is given.
    pub fn beyond(&self, cursor: Option<&str>) -> String {
        let (tenant, search) = (self.tenant.as_deref(), self.search.as_deref());
        href(ISSUERS.path, [("tenant", tenant), ("q", search), ("after", cursor)])
    }

    /// Whether it is a part of the list.
    pub fn narrows(&self) -> bool {
        self.tenant.is_some() || self.search.is_some() || self.after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = [("tenant", "acme".to_owned()), ("q", "idp".to_owned())].into_iter().collect();
        let query = IssuersQuery::read(&map);
        assert_eq!(query.beyond(Some("6162")), "/issuers?tenant=acme&q=idp&after=6162");
        assert_eq!(query.beyond(None), "/issuers?tenant=acme&q=idp");
        assert!(query.narrows() && !IssuersQuery::default().narrows());
    }
}

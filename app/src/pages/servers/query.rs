//! What the list of servers is asked for; in the browser these are the URL's parameters.

use crate::routes::SERVERS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Filters and place. What is none does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ServersQuery {
    /// Those that this tenant may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The slug behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl ServersQuery {
    pub fn read(map: &Parameters) -> Self {
        Self { tenant: parameter(map, "tenant"), search: parameter(map, "q"), after: parameter(map, "after") }
    }

    /// The address of this list.
    pub fn href(&self) -> String {
        href(
            SERVERS.path,
            [
                ("tenant", self.tenant.as_deref()),
                ("q", self.search.as_deref()),
                ("after", self.after.as_deref()),
            ],
        )
    }

    /// The same filters behind `cursor`.
    #[must_use]
    pub fn beyond(&self, cursor: &str) -> Self {
        Self { after: Some(cursor.to_owned()), ..self.clone() }
    }

    /// The same filters from the beginning.
    #[must_use]
    pub fn from_the_first(&self) -> Self {
        Self { after: None, ..self.clone() }
    }

    /// Whether any filter is set.
    pub fn narrows(&self) -> bool {
        self.from_the_first() != Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let query = ServersQuery { tenant: Some("acme".to_owned()), ..ServersQuery::default() };
        assert_eq!(query.beyond("crm").href(), "/servers?tenant=acme&after=crm");
        let map = [("tenant", "acme".to_owned()), ("after", "crm".to_owned())].into_iter().collect();
        assert_eq!(ServersQuery::read(&map), query.beyond("crm"));
        assert!(query.narrows() && !query.beyond("crm").from_the_first().beyond("x").href().is_empty());
        assert!(!ServersQuery::default().beyond("crm").narrows());
    }
}

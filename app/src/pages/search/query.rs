//! What is searched for; in the browser these are the URL's parameters.

use crate::routes::SEARCH;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Characters that a search may have at the most.
pub const LONGEST: usize = 200;

/// A text, and where it is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SearchQuery {
    /// None: nothing is asked yet.
    pub text: Option<String>,
    /// What this tenant sees; none for all of them.
    pub tenant: Option<String>,
}

impl SearchQuery {
    /// As somebody typed it.
    pub fn new(text: &str, tenant: Option<String>) -> Self {
        let text = text.trim();
        Self {
            text: (!text.is_empty()).then(|| text.to_owned()),
            tenant: tenant.filter(|tenant| !tenant.is_empty()),
        }
    }

    pub fn read(map: &Parameters) -> Self {
        Self { text: parameter(map, "q"), tenant: parameter(map, "tenant") }
    }

    /// The address of the page that answers it.
    pub fn href(&self) -> String {
        href(SEARCH.path, [("q", self.text.as_deref()), ("tenant", self.tenant.as_deref())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let query = SearchQuery::new(" crm/refund ", Some("acme".to_owned()));
        assert_eq!(query.href(), "/search?q=crm%2Frefund&tenant=acme");
        let map = [("q", "crm/refund".to_owned()), ("tenant", "acme".to_owned())].into_iter().collect();
        assert_eq!(SearchQuery::read(&map), query);
    }

    #[test]
    fn blanks_ask_nothing() {
        assert_eq!(SearchQuery::new("  ", Some(String::new())), SearchQuery::default());
        assert_eq!(SearchQuery::default().href(), "/search");
    }
}

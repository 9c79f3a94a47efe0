//! What the list of unmapped callers is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::{Ask, read_of};
use crate::routes::UNMAPPED;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Which of them, the place in the list, and the one that the form is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UnmappedQuery {
    /// The blocked ones instead.
    pub blocked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Where the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// The id of the caller that is to be mapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl UnmappedQuery {
    pub fn read(map: &Parameters) -> Self {
        Self {
            blocked: parameter(map, "state").as_deref() == Some("blocked"),
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
            of: read_of(map),
        }
    }

    /// The list with the same filters, behind `cursor` if one is given.
    pub fn beyond(&self, cursor: Option<&str>) -> String {
        let state = self.blocked.then_some("blocked");
        href(UNMAPPED.path, [("state", state), ("q", self.search.as_deref()), ("after", cursor)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = [("state", "blocked".to_owned()), ("q", "bot".to_owned())].into_iter().collect();
        let query = UnmappedQuery::read(&map);
        assert_eq!(query.beyond(Some("6162")), "/unmapped?state=blocked&q=bot&after=6162");
        assert_eq!(UnmappedQuery { blocked: false, ..query }.beyond(None), "/unmapped?q=bot");
    }
}

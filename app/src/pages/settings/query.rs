//! What a list of the settings is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::{Ask, read_of};
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Search, place, and which form is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The cursor behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// What the form is about, by its id or slug.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl ListQuery {
    pub fn read(map: &Parameters) -> Self {
        Self {
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
            of: read_of(map),
        }
    }

    /// The list at `path` with the same search, behind `cursor` if one is given.
    pub fn beyond(&self, path: &str, cursor: Option<&str>) -> String {
        href(path, [("q", self.search.as_deref()), ("after", cursor)])
    }

    /// Whether it is a part of the list.
    pub fn narrows(&self) -> bool {
        self.search.is_some() || self.after.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = [("q", "acme"), ("after", "6162"), ("ask", "delete"), ("of", "x")].into_iter().collect();
        let query = ListQuery::read(&map);
        assert_eq!((query.ask, query.of.as_deref()), (Some(Ask::Delete), Some("x")));
        assert_eq!(query.beyond("/settings/keys", Some("6364")), "/settings/keys?q=acme&after=6364");
        assert_eq!(query.beyond("/settings/keys", None), "/settings/keys?q=acme");
        assert!(query.narrows() && !ListQuery::default().narrows());
    }
}

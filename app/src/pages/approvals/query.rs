//! What the inbox is asked for; in the browser these are the URL's parameters.

use crate::components::chips::ActiveFilter;
use crate::pages::form::place::{Ask, read_of};
use crate::routes::APPROVALS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// How a request stands: the words of addresses, and those on screen.
pub const STATES: [(&str, &str); 6] = [
    ("pending", "Waiting for approval"),
    ("approved", "Approved"),
    ("denied", "Denied"),
    ("used", "Approved and used"),
    ("expired", "Expired"),
    ("cancelled", "Cancelled"),
];

/// Which list, filters and place, and which form is open about what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ApprovalsQuery {
    /// What was answered, and not what waits: `?view=history`.
    #[serde(skip_serializing_if = "is_false")]
    pub history: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A rule's id. The history alone is narrowed by it, and by the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// One of [`STATES`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The place behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

/// The shape serde asks for.
fn is_false(value: &bool) -> bool {
    !*value
}

impl ApprovalsQuery {
    /// Unknown states do not narrow.
    pub fn read(map: &Parameters) -> Self {
        let history = map.get("view") == Some("history");
        let known = |word: &String| history && STATES.iter().any(|(state, _)| state == word);
        Self {
            history,
            tenant: parameter(map, "tenant"),
            subject: parameter(map, "subject"),
            rule: parameter(map, "rule").filter(|_| history),
            state: parameter(map, "state").filter(known),
            after: parameter(map, "after"),
            ask: Ask::read(map),
            of: read_of(map),
        }
    }

    /// The history, all of it.
    pub fn history() -> Self {
        Self { history: true, ..Self::default() }
    }

    /// The list with the same filters, behind `cursor` if one is given.
    pub fn beyond(&self, cursor: Option<&str>) -> String {
        href(
            APPROVALS.path,
            [
                ("view", self.history.then_some("history")),
                ("tenant", self.tenant.as_deref()),
                ("subject", self.subject.as_deref()),
                ("rule", self.rule.as_deref()),
                ("state", self.state.as_deref()),
                ("after", cursor),
            ],
        )
    }

    /// The list from its beginning.
    pub fn href(&self) -> String {
        self.beyond(None)
    }

    /// Whether filters are set.
    pub fn narrows(&self) -> bool {
        self.tenant.is_some() || self.subject.is_some() || self.rule.is_some() || self.state.is_some()
    }

    /// The same list without filters.
    pub fn whole(&self) -> String {
        Self { history: self.history, ..Self::default() }.href()
    }

    /// The filters that are set, each with the address of the list without it. `rule` is the name of the rule.
    pub fn active_filters(&self, rule: Option<String>) -> Vec<ActiveFilter> {
        let label = |word: &String| STATES.iter().find(|(state, _)| state == word).map(|(_, label)| *label);
        let state = self.state.as_ref().and_then(label).map(str::to_owned);
        [
            ("Tenant", self.tenant.clone(), Self { tenant: None, ..self.clone() }),
            ("Subject", self.subject.clone(), Self { subject: None, ..self.clone() }),
            ("Rule", self.rule.clone().map(|id| rule.unwrap_or(id)), Self { rule: None, ..self.clone() }),
            ("Outcome", state, Self { state: None, ..self.clone() }),
        ]
        .into_iter()
        .filter_map(|(name, value, without)| {
            Some(ActiveFilter { name, value: value?, without: without.href() })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let map = Parameters::parse("view=history&tenant=acme&subject=a%2Fb&rule=r1&state=denied&after=0190");
        let query = ApprovalsQuery::read(&map);
        assert_eq!(
            query.beyond(query.after.as_deref()),
            "/approvals?view=history&tenant=acme&subject=a%2Fb&rule=r1&state=denied&after=0190"
        );
        let without: Vec<String> =
            query.active_filters(Some("small refunds".to_owned())).into_iter().map(|f| f.without).collect();
        assert_eq!(without[2], "/approvals?view=history&tenant=acme&subject=a%2Fb&state=denied");
        assert_eq!(query.whole(), "/approvals?view=history");
    }

    #[test]
    fn the_inbox_is_not_narrowed_by_what_it_does_not_have() {
        let query = ApprovalsQuery::read(&Parameters::parse("state=denied&rule=r1&view=inbox"));
        assert!(!query.history && !query.narrows());
        assert!(!ApprovalsQuery::read(&Parameters::parse("view=history&state=asleep")).narrows());
    }
}

//! What the list of tasks is asked for; in the browser these are the URL's parameters.

use crate::components::chips::ActiveFilter;
use crate::routes::TASKS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// The states beside "open", which is none of them: the words of addresses, and those on screen.
pub const STATES: [(&str, &str); 5] = [
    ("active", "Active"),
    ("paused", "Paused"),
    ("completed", "Completed"),
    ("revoked", "Revoked"),
    ("all", "All"),
];

/// Filters and place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TasksQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// One of [`STATES`]. None: those that are active or paused and have not expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The id behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl TasksQuery {
    /// Unknown states do not narrow.
    pub fn read(map: &Parameters) -> Self {
        let known = |word: &String| STATES.iter().any(|(state, _)| state == word);
        Self {
            tenant: parameter(map, "tenant"),
            subject: parameter(map, "subject"),
            state: parameter(map, "state").filter(known),
            after: parameter(map, "after"),
        }
    }

    /// The list with the same filters, behind `cursor` if one is given.
    pub fn beyond(&self, cursor: Option<&str>) -> String {
        let (tenant, subject) = (self.tenant.as_deref(), self.subject.as_deref());
        let state = self.state.as_deref();
        href(TASKS.path, [("tenant", tenant), ("subject", subject), ("state", state), ("after", cursor)])
    }

    /// Whether it is a part of the open tasks, or another list.
    pub fn narrows(&self) -> bool {
        *self != Self::default()
    }

    /// The filters that are set, each with the address of the list without it.
    pub fn active_filters(&self) -> Vec<ActiveFilter> {
        let label = |word: &String| STATES.iter().find(|(state, _)| state == word).map(|(_, label)| *label);
        let state = self.state.as_ref().and_then(label).map(str::to_owned);
        [
            ("Tenant", self.tenant.clone(), Self { tenant: None, ..self.clone() }),
            ("Subject", self.subject.clone(), Self { subject: None, ..self.clone() }),
            ("State", state, Self { state: None, ..self.clone() }),
        ]
        .into_iter()
        .filter_map(|(name, value, without)| {
            Some(ActiveFilter { name, value: value?, without: without.beyond(None) })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back() {
        let pairs = [("subject", "refund-bot"), ("state", "paused"), ("tenant", "acme")];
        let map = pairs.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        let query = TasksQuery::read(&map);
        let beyond = query.beyond(Some("0190"));
        assert_eq!(beyond, "/tasks?tenant=acme&subject=refund-bot&state=paused&after=0190");
        let without: Vec<String> = query.active_filters().into_iter().map(|filter| filter.without).collect();
        assert_eq!(without[2], "/tasks?tenant=acme&subject=refund-bot");
        let map = [("state", "asleep".to_owned())].into_iter().collect();
        assert!(!TasksQuery::read(&map).narrows());
    }
}

//! What the list of decisions is asked for; in the browser these are the URL's parameters.

use crate::components::chips::ActiveFilter;
use crate::pages::rule::draft::{moment_text, read_moment};
use crate::url::{Parameters, href, parameter};
use crate::verdict::Verdict;
use policy::Reason;
use serde::{Deserialize, Serialize};

/// Filters and place. What is none does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionQuery {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Who acted for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// What the call named, as `type/id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Verdict>,
    /// A reason's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Span>,
    /// From this moment on, as a field for a moment holds it: a date, a date and a time in UTC, or RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The id behind which an older page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<String>,
    /// The id before which a newer page ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newer_than: Option<String>,
}

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    Hour,
    Day,
    Week,
    Month,
}

impl Span {
    pub const ALL: &'static [Self] = &[Self::Hour, Self::Day, Self::Week, Self::Month];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Hour => "Last hour",
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
        }
    }

    pub fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 30 * 86_400,
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|span| span.as_str() == word)
    }
}

impl DecisionQuery {
    const PATH: &'static str = crate::routes::DECISIONS.path;

    /// Reads the parameters of the address; unknown words do not narrow.
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            subject: parameter(map, "subject"),
            actor: parameter(map, "actor"),
            server: parameter(map, "server"),
            tool: parameter(map, "tool"),
            resource: parameter(map, "resource"),
            outcome: parameter(map, "outcome").and_then(|word| Verdict::read(&word)),
            reason: parameter(map, "reason").filter(|code| Reason::from_code(code).is_some()),
            time: parameter(map, "time").and_then(|word| Span::read(&word)),
            from: parameter(map, "from"),
            to: parameter(map, "to"),
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
                ("subject", self.subject.as_deref()),
                ("actor", self.actor.as_deref()),
                ("server", self.server.as_deref()),
                ("tool", self.tool.as_deref()),
                ("resource", self.resource.as_deref()),
                ("outcome", self.outcome.map(Verdict::as_str)),
                ("reason", self.reason.as_deref()),
                ("time", self.time.map(Span::as_str)),
                ("from", self.from.as_deref()),
                ("to", self.to.as_deref()),
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
        add("Subject", self.subject.clone(), Self { subject: None, ..base.clone() });
        add("Agent", self.actor.clone(), Self { actor: None, ..base.clone() });
        add("Server", self.server.clone(), Self { server: None, ..base.clone() });
        add("Tool", self.tool.clone(), Self { tool: None, ..base.clone() });
        add("Resource", self.resource.clone(), Self { resource: None, ..base.clone() });
        let outcome = self.outcome.map(|verdict| verdict.label().to_owned());
        add("Outcome", outcome, Self { outcome: None, ..base.clone() });
        let reason = self.reason.as_deref().and_then(Reason::from_code);
        add("Reason", reason.map(|reason| reason.title().to_owned()), Self { reason: None, ..base.clone() });
        let time = self.time.map(|span| span.label().to_owned());
        add("Time", time, Self { time: None, ..base.clone() });
        add("From", self.from.as_deref().map(moment_words), Self { from: None, ..base.clone() });
        add("Before", self.to.as_deref().map(moment_words), Self { to: None, ..base });
        filters
    }
}

/// "2026-11-23 14:00:00 UTC"; what is no moment is shown as it is.
fn moment_words(text: &str) -> String {
    match read_moment(text) {
        Ok(Some(_)) => format!("{} UTC", moment_text(text).replacen('T', " ", 1)),
        Ok(None) | Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> Parameters {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn an_address_reads_back() {
        let query = DecisionQuery {
            tenant: Some("acme".to_owned()),
            tool: Some("a/b".to_owned()),
            outcome: Some(Verdict::Waiting),
            time: Some(Span::Day),
            ..DecisionQuery::default()
        };
        assert_eq!(query.href(), "/decisions?tenant=acme&tool=a%2Fb&outcome=waiting&time=day");
        let read = map(&[("tenant", "acme"), ("tool", "a/b"), ("outcome", "waiting"), ("time", "day")]);
        assert_eq!(DecisionQuery::read(&read), query);
        let query = DecisionQuery { resource: Some("customer/c-42".to_owned()), ..DecisionQuery::default() };
        assert_eq!(query.href(), "/decisions?resource=customer%2Fc-42");
        assert_eq!(DecisionQuery::read(&map(&[("resource", "customer/c-42")])), query);
        let query = DecisionQuery {
            from: Some("2026-11-23T14:00:00Z".to_owned()),
            to: Some("2026-11-24".to_owned()),
            ..DecisionQuery::default()
        };
        assert_eq!(query.href(), "/decisions?from=2026-11-23T14%3A00%3A00Z&to=2026-11-24");
        let read = map(&[("from", "2026-11-23T14:00:00Z"), ("to", "2026-11-24")]);
        assert_eq!(DecisionQuery::read(&read), query);
        let chips: Vec<_> = query.active_filters().into_iter().map(|chip| (chip.name, chip.value)).collect();
        assert_eq!(
            chips,
            [
                ("From", "2026-11-23 14:00:00 UTC".to_owned()),
                ("Before", "2026-11-24 00:00:00 UTC".to_owned())
            ]
        );
        assert_eq!(moment_words("soon"), "soon");
    }

    #[test]
    fn unknown_and_empty_words_do_not_narrow() {
        let read = map(&[("outcome", "maybe"), ("reason", "because"), ("time", "ever"), ("subject", " ")]);
        assert!(!DecisionQuery::read(&read).narrows());
    }

    #[test]
    fn removing_a_filter_goes_back_to_the_newest() {
        let query = DecisionQuery {
            subject: Some("alice".to_owned()),
            server: Some("crm".to_owned()),
            older_than: Some("x".to_owned()),
            ..DecisionQuery::default()
        };
        let filters = query.active_filters();
        let hrefs: Vec<_> = filters.iter().map(|filter| filter.without.as_str()).collect();
        assert_eq!(hrefs, ["/decisions?server=crm", "/decisions?subject=alice"]);
    }
}

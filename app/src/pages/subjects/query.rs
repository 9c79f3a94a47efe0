//! What the list of subjects is asked for; in the browser these are the URL's parameters.

use crate::components::chips::ActiveFilter;
use crate::pages::form::place::Ask;
use crate::url::{Parameters, href, parameter};
use policy::SubjectKind;
use serde::{Deserialize, Serialize};

/// Filters, place, and whether the form is open. What is none does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SubjectsQuery {
    /// Members of this tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<SubjectKind>,
    /// Held by the id or the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The id behind which the page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

impl SubjectsQuery {
    const PATH: &'static str = crate::routes::SUBJECTS.path;

    /// Reads the parameters of the address; unknown kinds do not narrow.
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            kind: parameter(map, "kind").and_then(|word| word.parse().ok()),
            search: parameter(map, "q"),
            after: parameter(map, "after"),
            ask: Ask::read(map),
        }
    }

    /// The address of this list.
    pub fn href(&self) -> String {
        href(
            Self::PATH,
            [
                ("tenant", self.tenant.as_deref()),
                ("kind", self.kind.map(SubjectKind::as_str)),
                ("q", self.search.as_deref()),
                ("after", self.after.as_deref()),
                ("ask", self.ask.map(Ask::as_str)),
            ],
        )
    }

    /// The same filters, from the first on, without a form.
    #[must_use]
    pub fn from_the_first(&self) -> Self {
        Self { after: None, ask: None, ..self.clone() }
    }

    #[must_use]
    pub fn after(&self, cursor: &str) -> Self {
        Self { after: Some(cursor.to_owned()), ..self.from_the_first() }
    }

    #[must_use]
    pub fn of_kind(&self, kind: Option<SubjectKind>) -> Self {
        Self { kind, ..self.from_the_first() }
    }

    /// The same list with the form open.
    #[must_use]
    pub fn asking(&self, ask: Ask) -> Self {
        Self { ask: Some(ask), ..self.clone() }
    }

    /// Whether any filter is set.
    pub fn narrows(&self) -> bool {
        self.from_the_first() != Self::default()
    }

    /// The filters that are set, each with the address of the list without it. The kind has tabs.
    pub fn active_filters(&self) -> Vec<ActiveFilter> {
        let base = self.from_the_first();
        let mut filters = Vec::new();
        let mut add = |name, value: Option<String>, without: Self| {
            if let Some(value) = value {
                filters.push(ActiveFilter { name, value, without: without.href() });
            }
        };
        add("Tenant", self.tenant.clone(), Self { tenant: None, ..base.clone() });
        add("Search", self.search.clone(), Self { search: None, ..base });
        filters
    }
}

/// The word for one subject.
pub fn kind_label(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::User => "Person",
        SubjectKind::Agent => "Agent",
        SubjectKind::Service => "Service",
    }
}

/// The word for many.
pub fn kinds_label(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::User => "People",
        SubjectKind::Agent => "Agents",
        SubjectKind::Service => "Services",
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
        let query = SubjectsQuery {
            tenant: Some("acme".to_owned()),
            kind: Some(SubjectKind::Agent),
            search: Some("bot 1".to_owned()),
            ..SubjectsQuery::default()
        };
        assert_eq!(query.href(), "/subjects?tenant=acme&kind=agent&q=bot%201");
        let read = map(&[("tenant", "acme"), ("kind", "agent"), ("q", "bot 1")]);
        assert_eq!(SubjectsQuery::read(&read), query);
        assert!(!SubjectsQuery::read(&map(&[("kind", "robot"), ("ask", "new")])).narrows());
    }

    #[test]
    fn a_tab_goes_back_to_the_first() {
        let query = SubjectsQuery { after: Some("x".to_owned()), ..SubjectsQuery::default() };
        assert_eq!(query.of_kind(Some(SubjectKind::User)).href(), "/subjects?kind=user");
        assert_eq!(query.of_kind(None).href(), "/subjects");
    }
}

//! What the list of rules is asked for; in the browser these are the URL's parameters.

use crate::components::chips::ActiveFilter;
use crate::pages::rule::draft::EffectChoice;
use crate::url::{Parameters, href, parameter};
use policy::labels::RuleStatus;
use serde::{Deserialize, Serialize};

/// The word of a status on screen.
pub fn status_label(status: RuleStatus) -> &'static str {
    match status {
        RuleStatus::Enforced => "Enforced",
        RuleStatus::Shadow => "Shadow",
        RuleStatus::Disabled => "Disabled",
    }
}

/// Filters and place. What is none does not narrow.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleQuery {
    /// Its own rules and those of every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectChoice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RuleStatus>,
    /// `server/name`: rules that are about it; or a part of a pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// A part of the name or the definition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The cursor behind which this page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl RuleQuery {
    const PATH: &'static str = crate::routes::RULES.path;

    /// Reads the parameters of the address; unknown words do not narrow.
    pub fn read(map: &Parameters) -> Self {
        Self {
            tenant: parameter(map, "tenant"),
            effect: parameter(map, "effect").and_then(|word| EffectChoice::read(&word)),
            status: parameter(map, "status").and_then(|word| word.parse().ok()),
            tool: parameter(map, "tool"),
            search: parameter(map, "search"),
            // As it is: a name may begin with a space.
            after: parameter(map, "after"),
        }
    }

    /// The address of this list.
    pub fn href(&self) -> String {
        href(
            Self::PATH,
            [
                ("tenant", self.tenant.as_deref()),
                ("effect", self.effect.map(EffectChoice::as_str)),
                ("status", self.status.map(RuleStatus::as_str)),
                ("tool", self.tool.as_deref()),
                ("search", self.search.as_deref()),
                ("after", self.after.as_deref()),
            ],
        )
    }

    /// The same filters, from the first rule on.
    #[must_use]
    pub fn from_the_first(&self) -> Self {
        Self { after: None, ..self.clone() }
    }

    #[must_use]
    pub fn beyond(&self, cursor: &str) -> Self {
        Self { after: Some(cursor.to_owned()), ..self.clone() }
    }

    /// Whether any filter is set.
    pub fn narrows(&self) -> bool {
        self.from_the_first() != Self::default()
    }

    /// The filters that are set, each with the address of the list without it.
    pub fn active_filters(&self) -> Vec<ActiveFilter> {
        let base = self.from_the_first();
        let mut filters = Vec::new();
        let mut add = |name, value: Option<String>, without: Self| {
            if let Some(value) = value {
                filters.push(ActiveFilter { name, value, without: without.href() });
            }
        };
        add("Tenant", self.tenant.clone(), Self { tenant: None, ..base.clone() });
        let effect = self.effect.map(|effect| effect.label().to_owned());
        add("Effect", effect, Self { effect: None, ..base.clone() });
        let status = self.status.map(|status| status_label(status).to_owned());
        add("Status", status, Self { status: None, ..base.clone() });
        add("Tool", self.tool.clone(), Self { tool: None, ..base.clone() });
        add("Search", self.search.clone(), Self { search: None, ..base });
        filters
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
        let query = RuleQuery {
            tenant: Some("acme".to_owned()),
            effect: Some(EffectChoice::OnceApproved),
            status: Some(RuleStatus::Shadow),
            tool: Some("crm/refund".to_owned()),
            ..RuleQuery::default()
        };
        assert_eq!(query.href(), "/rules?tenant=acme&effect=once_approved&status=shadow&tool=crm%2Frefund");
        let read = map(&[
            ("tenant", "acme"),
            ("effect", "once_approved"),
            ("status", "shadow"),
            ("tool", "crm/refund"),
        ]);
        assert_eq!(RuleQuery::read(&read), query);
    }

    #[test]
    fn unknown_words_do_not_narrow_and_a_removed_filter_goes_back_to_the_first() {
        assert!(!RuleQuery::read(&map(&[("effect", "maybe"), ("status", "on"), ("search", " ")])).narrows());
        let query = RuleQuery {
            search: Some("refund".to_owned()),
            effect: Some(EffectChoice::Deny),
            after: Some("x\ny".to_owned()),
            ..RuleQuery::default()
        };
        let hrefs: Vec<String> = query.active_filters().into_iter().map(|filter| filter.without).collect();
        assert_eq!(hrefs, ["/rules?search=refund", "/rules?effect=deny"]);
    }
}

//! The rules that ask, as whoever weighs a request goes by them, and what became of them since somebody looked: every
//! version of a rule is kept.

use super::Approvals;
use policy::Rule;
use policy::approval::{Requirement, Seen};
use policy::labels::RuleStatus;
use policy::rule::ApprovalTerms;
use store::StoreError;
use store::administration::{RuleVersion, StoredRule};
use store::approvals::Approval;

/// So many versions of a rule are looked at: the newest since the request was filed.
const VERSIONS: u64 = 100;

/// What became of the rules that ask since somebody looked.
#[derive(Debug, Clone, PartialEq)]
pub enum RulesMoved {
    /// Each of those that are others.
    Changed(Vec<RuleMoved>),
    /// How they were is not to be found.
    Untold,
}

/// A rule that is another than it was.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleMoved {
    /// What it was called when the request was filed.
    pub name: String,
    /// None: it asked for nothing then, and so did other versions of it.
    pub was: Option<Rule>,
    /// None: it is deleted.
    pub is: Option<Rule>,
}

/// What this rule asks for. None: it does not count, or asks for nothing.
pub fn asking(rule: &Rule) -> Option<&ApprovalTerms> {
    rule.approval.as_ref().filter(|_| rule.status == RuleStatus::Enforced)
}

/// The version of a rule that asks for something. None: it does not count, asks for nothing, or is deleted.
fn shown(now: Option<&StoredRule>) -> Option<i64> {
    now.filter(|now| asking(&now.rule).is_some()).map(|now| now.version)
}

/// No page can have shown it, or it is too old.
#[derive(Debug, PartialEq, Eq)]
struct NeverShown;

/// How the rule was when this version of it was seen, out of those since the request was filed. None: it asked for nothing, and
/// so did others of them.
fn form(versions: Vec<RuleVersion>, seen: Option<i64>) -> Result<Option<Rule>, NeverShown> {
    let mut those = versions.into_iter().filter(|version| asking(&version.rule).is_some() == seen.is_some());
    match seen {
        Some(seen) => {
            those.find(|version| version.version == seen).map(|version| Some(version.rule)).ok_or(NeverShown)
        }
        // Versions that ask for nothing look alike.
        None => Ok(those.next().filter(|_| those.next().is_none()).map(|version| version.rule)),
    }
}

impl Approvals {
    /// What became of the rules that ask since this was seen. None: they are as they were.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn rules_moved(
        &self,
        approval: &Approval,
        seen: &Seen,
    ) -> Result<Option<RulesMoved>, StoreError> {
        let mut others = Vec::new();
        for (place, filed) in approval.requirements.iter().enumerate() {
            let now = self.store.get_rule(&filed.rule).await?;
            // A page tells of each of them.
            let Some(seen) = seen.rules.get(place) else { return Ok(Some(RulesMoved::Untold)) };
            if shown(now.as_ref()) == *seen {
                continue;
            }
            let Requirement { rule, version, name, .. } = filed;
            let versions = self.store.list_rule_versions_since(rule, *version, VERSIONS).await?;
            let Ok(was) = form(versions, *seen) else { return Ok(Some(RulesMoved::Untold)) };
            others.push(RuleMoved { name: name.clone(), was, is: now.map(|now| now.rule) });
        }
        Ok((!others.is_empty()).then_some(RulesMoved::Changed(others)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;
    use serde_json::json;

    fn rule(status: &str) -> Rule {
        let written = json!({"name": "ask", "effect": "require_approval", "status": status,
            "tools": ["crm/pay"], "approval": {"approvers": ["finance"]}});
        serde_json::from_value(written).expect("a rule")
    }

    #[test]
    fn a_rule_asks_while_it_is_enforced_and_has_terms() {
        assert!(asking(&rule("enforced")).is_some());
        assert_eq!(asking(&rule("disabled")), None);
        assert_eq!(asking(&rule("shadow")), None);
        assert_eq!(asking(&Rule { approval: None, ..rule("enforced") }), None);
    }

    #[test]
    fn all_that_asks_for_nothing_looks_alike() {
        let now = |status: &str| StoredRule {
            id: "r-1".into(),
            version: 6,
            rule: rule(status),
            updated_at: Timestamp::from_micros(1),
        };
        assert_eq!(shown(Some(&now("enforced"))), Some(6));
        assert_eq!(shown(Some(&now("shadow"))), None);
        assert_eq!(shown(None), None);
    }

    #[test]
    fn what_it_was_is_told_where_that_is_one_version() {
        let was = |versions: &[(i64, &str)], seen| {
            let at = Timestamp::from_micros(1);
            let versions = versions.iter().map(|(version, status)| RuleVersion {
                version: *version,
                rule: rule(status),
                at,
                by: "ann".to_owned(),
            });
            form(versions.collect(), seen).map(|was| was.map(|rule| rule.status.as_str()))
        };
        let twice = [(6, "enforced"), (5, "disabled"), (4, "shadow"), (3, "enforced")];
        assert_eq!(was(&twice, Some(3)), Ok(Some("enforced")));
        assert_eq!(was(&twice, None), Ok(None));
        let once = [(5, "enforced"), (4, "shadow"), (3, "enforced")];
        assert_eq!(was(&once, None), Ok(Some("shadow")));
        // What was never shown, or is too old.
        for never in [4, 2, 9] {
            assert_eq!(was(&once, Some(never)), Err(NeverShown));
        }
    }
}

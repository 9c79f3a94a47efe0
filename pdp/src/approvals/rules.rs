//! The rules that ask, as whoever weighs a request goes by them, and what became of them since somebody looked. Every
//! version of a rule is kept; which ones were seen is found by their digest, so that no page has to tell versions.

use super::Approvals;
use super::bound::digest;
use policy::approval::{Requirement, Seen};
use policy::labels::RuleStatus;
use policy::rule::ApprovalTerms;
use policy::{Rule, RuleId};
use serde_json::{Value, json};
use store::StoreError;
use store::administration::{RuleVersion, StoredRule};
use store::approvals::Approval;

/// So many versions of a rule are looked at: the newest since the request was filed.
const VERSIONS: u64 = 100;

/// So many combinations of versions are tried. Where more was changed since a page was drawn, it is told what is, and not
/// what was.
const TRIES: usize = 4_096;

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

/// What a vote carries of the rules that ask, each by its version; none where it asks for nothing.
pub(super) fn digest_of_rules<'a>(rules: impl Iterator<Item = (&'a RuleId, Option<i64>)>) -> String {
    let each: Vec<Value> = rules.map(|(rule, version)| json!([rule, version])).collect();
    digest(&Value::Array(each))
}

/// A rule that asks, with what may have been seen of it.
struct Forms<'a> {
    filed: &'a Requirement,
    now: Option<StoredRule>,
    /// Newest first.
    versions: Vec<RuleVersion>,
}

impl Forms<'_> {
    /// What there is to see of it now.
    fn shown(&self) -> Option<i64> {
        self.now.as_ref().filter(|now| asking(&now.rule).is_some()).map(|now| now.version)
    }

    /// What there was to see of it at any time, the latest first.
    fn ever_shown(&self) -> Vec<Option<i64>> {
        let mut all = vec![self.shown()];
        for version in &self.versions {
            let shown = asking(&version.rule).map(|_| version.version);
            if !all.contains(&shown) {
                all.push(shown);
            }
        }
        all
    }

    fn moved(self, seen: Option<i64>) -> RuleMoved {
        let mut those = self.versions.into_iter().filter(|version| match seen {
            Some(number) => version.version == number,
            None => asking(&version.rule).is_none(),
        });
        let was = those.next();
        // Versions that ask for nothing look alike.
        let was = was.filter(|_| those.next().is_none());
        RuleMoved {
            name: self.filed.name.clone(),
            was: was.map(|version| version.rule),
            is: self.now.map(|now| now.rule),
        }
    }
}

/// The next combination of one place in each list; false after the last.
fn advance(places: &mut [usize], lists: &[Vec<Option<i64>>]) -> bool {
    for (place, list) in places.iter_mut().zip(lists) {
        *place += 1;
        if *place < list.len() {
            return true;
        }
        *place = 0;
    }
    false
}

/// What was seen of each of these rules, out of what there ever was to see of it.
fn find(rules: &[&RuleId], ever_shown: &[Vec<Option<i64>>], seen: &str) -> Option<Vec<Option<i64>>> {
    let mut places = vec![0_usize; rules.len()];
    for _ in 0..TRIES {
        let tried: Vec<Option<i64>> =
            places.iter().zip(ever_shown).map(|(place, list)| list.get(*place).copied().flatten()).collect();
        if digest_of_rules(rules.iter().copied().zip(tried.iter().copied())) == seen {
            return Some(tried);
        }
        if !advance(&mut places, ever_shown) {
            break;
        }
    }
    None
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
        let mut rules = Vec::with_capacity(approval.requirements.len());
        for filed in &approval.requirements {
            let now = self.store.get_rule(&filed.rule).await?;
            rules.push(Forms { filed, now, versions: Vec::new() });
        }
        if digest_of_rules(rules.iter().map(|rule| (&rule.filed.rule, rule.shown()))) == seen.rules {
            return Ok(None);
        }
        for rule in &mut rules {
            let Requirement { rule: id, version, .. } = rule.filed;
            rule.versions = self.store.list_rule_versions_since(id, *version, VERSIONS).await?;
        }
        let ids: Vec<&RuleId> = rules.iter().map(|rule| &rule.filed.rule).collect();
        let ever_shown: Vec<_> = rules.iter().map(Forms::ever_shown).collect();
        let Some(found) = find(&ids, &ever_shown, &seen.rules) else { return Ok(Some(RulesMoved::Untold)) };
        let others = rules.into_iter().zip(found).filter(|(rule, seen)| rule.shown() != *seen);
        Ok(Some(RulesMoved::Changed(others.map(|(rule, seen)| rule.moved(seen)).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;

    fn rule(status: &str) -> Rule {
        let written = json!({"name": "ask", "effect": "require_approval", "status": status,
            "tools": ["crm/pay"], "approval": {"approvers": ["finance"]}});
        serde_json::from_value(written).expect("a rule")
    }

    fn version(version: i64, status: &str) -> RuleVersion {
        RuleVersion { version, rule: rule(status), at: Timestamp::from_micros(1), by: "ann".to_owned() }
    }

    fn filed() -> Requirement {
        let terms = ApprovalTerms::by_roles(vec!["finance".to_owned()]);
        Requirement { rule: "r-1".into(), name: "ask".to_owned(), version: 3, any: false, terms }
    }

    fn forms<'a>(filed: &'a Requirement, versions: &[(i64, &str)], deleted: bool) -> Forms<'a> {
        let versions: Vec<_> = versions.iter().map(|(number, status)| version(*number, status)).collect();
        let newest = versions.first().filter(|_| !deleted);
        let now = newest.map(|newest| StoredRule {
            id: filed.rule.clone(),
            version: newest.version,
            rule: newest.rule.clone(),
            updated_at: newest.at,
        });
        Forms { filed, now, versions }
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
        let filed = filed();
        let all = [(6, "enforced"), (5, "disabled"), (4, "shadow"), (3, "enforced")];
        assert_eq!(forms(&filed, &all, false).ever_shown(), [Some(6), None, Some(3)]);
        assert_eq!(forms(&filed, &all, true).ever_shown(), [None, Some(6), Some(3)]);
    }

    #[test]
    fn what_it_was_is_told_where_that_is_one_version() {
        let filed = filed();
        let was = |versions: &[(i64, &str)], seen| {
            let moved = forms(&filed, versions, false).moved(seen);
            assert!(moved.is.is_some());
            moved.was.map(|rule| rule.status.as_str())
        };
        let twice = [(6, "enforced"), (5, "disabled"), (4, "shadow"), (3, "enforced")];
        assert_eq!(was(&twice, Some(3)), Some("enforced"));
        assert_eq!(was(&twice, None), None);
        let once = [(5, "enforced"), (4, "shadow"), (3, "enforced")];
        assert_eq!(was(&once, None), Some("shadow"));
        assert_eq!(forms(&filed, &once, true).moved(Some(3)).is, None);
    }

    #[test]
    fn what_was_seen_of_several_rules_is_found() {
        let (one, other) = (RuleId::from("r-1"), RuleId::from("r-2"));
        let rules = [&one, &other];
        let lists = [vec![Some(9), None, Some(7)], vec![Some(2), Some(1)]];
        for first in &lists[0] {
            for second in &lists[1] {
                let seen = digest_of_rules(rules.into_iter().zip([*first, *second]));
                assert_eq!(find(&rules, &lists, &seen), Some(vec![*first, *second]));
            }
        }
        for never in [[Some(8), Some(2)], [Some(2), Some(9)]] {
            let seen = digest_of_rules(rules.into_iter().zip(never));
            assert_eq!(find(&rules, &lists, &seen), None);
        }
        // Which rule it is of is a part of it.
        let seen = digest_of_rules([&other, &one].into_iter().zip([Some(9), Some(2)]));
        assert_eq!(find(&rules, &lists, &seen), None);
        assert_eq!(find(&[], &[], "x"), None);
    }

    #[test]
    fn looking_comes_to_an_end() {
        let ids: Vec<RuleId> = (0..8).map(|number| RuleId::new(format!("r-{number}"))).collect();
        let rules: Vec<&RuleId> = ids.iter().collect();
        let lists: Vec<Vec<Option<i64>>> = rules.iter().map(|_| (1..100).map(Some).collect()).collect();
        let oldest = rules.iter().map(|_| Some(99));
        let seen = digest_of_rules(rules.iter().copied().zip(oldest));
        assert_eq!(find(&rules, &lists, &seen), None);
    }
}

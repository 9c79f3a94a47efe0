//! The rules that ask, as whoever weighs a request goes by them, and what became of them since somebody looked: every
//! version of a rule is kept.

use super::Approvals;
use policy::approval::{Requirement, Seen};
use policy::labels::RuleStatus;
use policy::rule::ApprovalTerms;
use policy::{Rule, TenantSlug};
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
    /// The tenant of the request.
    pub tenant: TenantSlug,
    /// None: it asked for nothing then, and so did other versions of it.
    pub was: Option<Rule>,
    /// None: it is deleted.
    pub is: Option<Rule>,
}

/// What this rule asks for of calls in this tenant. None: it does not count there, as it is another tenant's, or asks for
/// nothing: what one tenant's rule says never decides whose word another tenant's call needs.
pub fn asking<'a>(rule: &'a Rule, tenant: &TenantSlug) -> Option<&'a ApprovalTerms> {
    let counts = rule.status == RuleStatus::Enforced && !is_elsewhere(rule, tenant);
    rule.approval.as_ref().filter(|_| counts)
}

/// Whether it is a rule of another tenant than this.
pub fn is_elsewhere(rule: &Rule, tenant: &TenantSlug) -> bool {
    rule.tenant.as_ref().is_some_and(|own| own != tenant)
}

/// The version of a rule that asks for something in this tenant. None: it does not count there, asks for nothing, or is
/// deleted.
fn shown(now: Option<&StoredRule>, tenant: &TenantSlug) -> Option<i64> {
    now.filter(|now| asking(&now.rule, tenant).is_some()).map(|now| now.version)
}

/// No page can have shown it, or it is too old.
#[derive(Debug, PartialEq, Eq)]
struct NeverShown;

/// How the rule was when this version of it was seen, out of those since the request was filed. None: it asked for nothing, and
/// so did others of them.
fn form(
    versions: Vec<RuleVersion>,
    seen: Option<i64>,
    tenant: &TenantSlug,
) -> Result<Option<Rule>, NeverShown> {
    let asked = |version: &RuleVersion| asking(&version.rule, tenant).is_some();
    let mut those = versions.into_iter().filter(|version| asked(version) == seen.is_some());
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
        let (mut others, tenant) = (Vec::new(), &approval.tenant);
        for (place, filed) in approval.requirements.iter().enumerate() {
            let now = self.store.get_rule(&filed.rule).await?;
            // A page tells of each of them.
            let Some(seen) = seen.rules.get(place) else { return Ok(Some(RulesMoved::Untold)) };
            if shown(now.as_ref(), tenant) == *seen {
                continue;
            }
            let Requirement { rule, version, name, .. } = filed;
            let versions = self.store.list_rule_versions_since(rule, *version, VERSIONS).await?;
            let Ok(was) = form(versions, *seen, tenant) else { return Ok(Some(RulesMoved::Untold)) };
            let is = now.map(|now| now.rule);
            others.push(RuleMoved { name: name.clone(), tenant: tenant.clone(), was, is });
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

    fn acme() -> TenantSlug {
        TenantSlug::from("acme")
    }

    #[test]
    fn a_rule_asks_while_it_is_enforced_and_has_terms() {
        let acme = acme();
        assert!(asking(&rule("enforced"), &acme).is_some());
        assert_eq!(asking(&rule("disabled"), &acme), None);
        assert_eq!(asking(&rule("shadow"), &acme), None);
        assert_eq!(asking(&Rule { approval: None, ..rule("enforced") }, &acme), None);
    }

    #[test]
    fn a_rule_asks_in_its_own_tenant_and_one_of_every_tenant_in_each() {
        for (tenant, asks) in [(None, true), (Some("acme"), true), (Some("globex"), false)] {
            let rule = Rule { tenant: tenant.map(TenantSlug::from), ..rule("enforced") };
            assert_eq!(asking(&rule, &acme()).is_some(), asks, "{tenant:?}");
            assert_eq!(is_elsewhere(&rule, &acme()), !asks, "{tenant:?}");
        }
    }

    #[test]
    fn all_that_asks_for_nothing_looks_alike() {
        let now = |status: &str| StoredRule {
            id: "r-1".into(),
            version: 6,
            rule: rule(status),
            updated_at: Timestamp::from_micros(1),
        };
        assert_eq!(shown(Some(&now("enforced")), &acme()), Some(6));
        assert_eq!(shown(Some(&now("shadow")), &acme()), None);
        assert_eq!(shown(None, &acme()), None);
        let moved = Rule { tenant: Some(TenantSlug::from("globex")), ..rule("enforced") };
        assert_eq!(shown(Some(&StoredRule { rule: moved, ..now("enforced") }), &acme()), None);
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
            form(versions.collect(), seen, &acme()).map(|was| was.map(|rule| rule.status.as_str()))
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

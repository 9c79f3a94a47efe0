//! Rules that ask for an approval which too few can give: the calls that wait for it wait until they expire.

use super::flags::Surroundings;
use crate::ids::{SubjectId, TenantSlug};
use crate::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};

/// Why the approval that a rule asks for cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unapproved {
    #[error("no member holds {0}")]
    NobodyHolds(String),
    #[error("its quorum is {quorum}, and at most {most} may approve")]
    TooFew { quorum: usize, most: usize },
}

impl Surroundings {
    /// Whether a member holds the role in a tenant of the rule.
    pub fn member_holds(&self, rule: &Rule, role: &str) -> bool {
        self.members.keys().any(|(tenant, held)| held == role && is_of(rule, tenant))
    }
}

/// Why too few can approve, escalation included. Who holds two roles counts twice, and nobody is left out for
/// being switched off, excluded or no person: what is told is so, and what is not told may still be so.
pub fn unapproved(rule: &Rule, around: &Surroundings) -> Option<Unapproved> {
    let terms = rule.approval.as_ref()?;
    let named: BTreeSet<&SubjectId> =
        terms.approver_subjects.iter().filter(|id| !terms.exclude_subjects.contains(id)).collect();
    let asked: BTreeSet<&String> = terms
        .approvers
        .iter()
        .chain(&terms.escalate_to)
        .filter(|role| !terms.exclude_roles.contains(role))
        .collect();
    // Each tenant by itself: a call is approved within its own.
    let mut holders: BTreeMap<&TenantSlug, usize> = BTreeMap::new();
    for ((tenant, role), count) in &around.members {
        if is_of(rule, tenant) && asked.contains(role) {
            let sum = holders.entry(tenant).or_default();
            *sum = sum.saturating_add(*count);
        }
    }
    let quorum = usize::try_from(terms.quorum).unwrap_or(usize::MAX).max(1);
    let most = holders.values().copied().max().unwrap_or(0).saturating_add(named.len());
    if most >= quorum {
        return None;
    }
    let nobody = most == 0 && !asked.is_empty();
    let roles: Vec<String> = asked.iter().take(5).map(|role| format!("`{role}`")).collect();
    Some(if nobody {
        Unapproved::NobodyHolds(roles.join(" or "))
    } else {
        Unapproved::TooFew { quorum, most }
    })
}

fn is_of(rule: &Rule, tenant: &TenantSlug) -> bool {
    rule.tenant.as_ref().is_none_or(|own| own == tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(tenant: Option<&str>, approval: &Value) -> Option<Unapproved> {
        let rule: Rule = serde_json::from_value(json!({"name": "r", "tenant": tenant, "effect": "allow",
            "tools": ["crm/refund"], "approval": approval}))
        .expect("a rule");
        let held = |tenant: &str, role: &str| (TenantSlug::from(tenant), role.to_owned());
        let around = Surroundings {
            members: [
                (held("acme", "finance"), 1),
                (held("acme", "head"), 1),
                (held("globex", "finance"), 2),
            ]
            .into(),
            // By a claim alone: who brings a token does not approve by it.
            held: [held("acme", "claimed")].into(),
            ..Surroundings::default()
        };
        unapproved(&rule, &around)
    }

    #[test]
    fn nothing_is_said_where_enough_may_approve() {
        for approval in [
            json!({"approvers": ["finance"]}),
            json!({"approvers": ["ghost", "finance"]}),
            json!({"approvers": ["finance", "head"], "quorum": 2}),
            json!({"approvers": ["ghost"], "escalate_to": "head", "escalate_after": "10m"}),
            json!({"approvers": ["ghost"], "approver_subjects": ["zoe"]}),
            json!({"approvers": ["finance"], "approver_subjects": ["zoe"], "quorum": 2}),
        ] {
            assert_eq!(found(Some("acme"), &approval), None, "{approval}");
        }
        assert_eq!(found(None, &json!({"approvers": ["finance"], "quorum": 2})), None, "enough in globex");
    }

    #[test]
    fn each_way_of_too_few() {
        let nobody = |roles: &str| Unapproved::NobodyHolds(roles.to_owned());
        let few = |quorum, most| Unapproved::TooFew { quorum, most };
        for (tenant, approval, expected) in [
            ("acme", json!({"approvers": ["fiance"]}), nobody("`fiance`")),
            ("acme", json!({"approvers": ["claimed"]}), nobody("`claimed`")),
            ("globex", json!({"approvers": ["head"]}), nobody("`head`")),
            (
                "acme",
                json!({"approvers": ["b"], "escalate_to": "a", "escalate_after": "10m"}),
                nobody("`a` or `b`"),
            ),
            ("acme", json!({"approvers": ["finance"], "quorum": 2}), few(2, 1)),
            ("acme", json!({"approvers": ["finance", "finance"], "quorum": 2}), few(2, 1)),
            ("acme", json!({"approver_subjects": ["zoe", "zoe"], "quorum": 2}), few(2, 1)),
            ("acme", json!({"approver_subjects": ["zoe"], "exclude_subjects": ["zoe"]}), few(1, 0)),
            ("acme", json!({"approvers": ["finance"], "exclude_roles": ["finance"]}), few(1, 0)),
        ] {
            assert_eq!(found(Some(tenant), &approval), Some(expected), "{approval}");
        }
        assert_eq!(found(None, &json!({"approvers": ["finance"], "quorum": 3})), Some(few(3, 2)));
    }
}

//! Whom and what a rule is about, as things stand: to say who gains and who loses before it is saved.

use policy::compile::{CatalogTool, Surroundings};
use policy::{Rule, SubjectKind, TenantSlug, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::administration::Page;
use store::{Store, StoreError};

/// More members than this of one tenant are not looked at one by one.
const MOST_MEMBERS: u64 = 2_000;
/// A rule of every tenant is held against at most so many of them.
const MOST_TENANTS: u64 = 20;

/// Whom and what a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Subjects, each with the tenant; None where there are too many to look at.
    pub people: Option<BTreeSet<(String, String)>>,
    /// As `server/name`.
    pub tools: BTreeSet<String>,
}

/// The registered tools that the rule names, labels included.
pub(super) fn matched_tools<'a>(
    rule: &'a Rule,
    around: &'a Surroundings,
) -> impl Iterator<Item = &'a CatalogTool> {
    around.tools.iter().filter(|tool| {
        rule.tenant.as_ref().is_none_or(|tenant| tool.tenants.contains(tenant))
            && rule.tools.iter().any(|pattern| pattern.matches(&tool.server, &tool.name))
            && rule.risk_at_least.is_none_or(|least| tool.risk >= least)
            && (rule.sensitivity.is_empty() || rule.sensitivity.contains(&tool.sensitivity))
    })
}

/// Active subjects with a live membership whom the rule's roles, subjects and kinds mean, and the tools it names.
///
/// # Errors
/// When the database does not answer.
pub async fn reach(store: &Store, rule: &Rule, around: &Surroundings) -> Result<Reach, StoreError> {
    let tools = matched_tools(rule, around).map(|tool| format!("{}/{}", tool.server, tool.name)).collect();
    let tenants: Vec<TenantSlug> = match &rule.tenant {
        Some(tenant) => vec![tenant.clone()],
        None => {
            let page = Page { search: None, after: None, limit: MOST_TENANTS + 1 };
            let tenants = store.list_tenants(&page).await?;
            if u64::try_from(tenants.len()).unwrap_or(u64::MAX) > MOST_TENANTS {
                return Ok(Reach { people: None, tools });
            }
            tenants.into_iter().map(|tenant| tenant.slug).collect()
        }
    };
    let mut people = BTreeSet::new();
    for tenant in tenants {
        let Some(members) = members(store, &tenant, around.now).await? else {
            return Ok(Reach { people: None, tools });
        };
        people.extend(
            members
                .into_iter()
                .filter(|member| member.is_meant_by(rule))
                .map(|member| (member.id, tenant.to_string())),
        );
    }
    Ok(Reach { people: Some(people), tools })
}

#[derive(Debug)]
struct Member {
    id: String,
    kind: SubjectKind,
    roles: Vec<String>,
}

impl Member {
    fn is_meant_by(&self, rule: &Rule) -> bool {
        let anybody = rule.roles.is_empty() && rule.subjects.is_empty();
        let named = rule.roles.iter().any(|role| self.roles.contains(role))
            || rule.subjects.iter().any(|subject| subject.as_str() == self.id);
        (anybody || named) && (rule.kinds.is_empty() || rule.kinds.contains(&self.kind))
    }
}

/// None: too many.
async fn members(
    store: &Store,
    tenant: &TenantSlug,
    now: Timestamp,
) -> Result<Option<Vec<Member>>, StoreError> {
    let page = Page { search: None, after: None, limit: MOST_MEMBERS + 1 };
    let subjects = store.list_subjects(Some(tenant), &page).await?;
    if u64::try_from(subjects.len()).unwrap_or(u64::MAX) > MOST_MEMBERS {
        return Ok(None);
    }
    let active: BTreeMap<String, SubjectKind> = subjects
        .into_iter()
        .filter(|subject| subject.active)
        .map(|subject| (subject.id.to_string(), subject.kind))
        .collect();
    let memberships = store.list_members(tenant, &page).await?;
    let live = memberships.into_iter().filter(|membership| membership.until.is_none_or(|until| now < until));
    Ok(Some(
        live.filter_map(|membership| {
            let id = membership.subject.to_string();
            active.get(&id).map(|kind| Member { kind: *kind, roles: membership.roles, id })
        })
        .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn roles_and_subjects_add_up_and_kinds_narrow() {
        let rule = |more: serde_json::Value| -> Rule {
            let mut rule = json!({"name": "x", "effect": "allow", "tools": ["a/b"]});
            rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            serde_json::from_value(rule).expect("a rule")
        };
        let alice = Member { id: "alice".into(), kind: SubjectKind::User, roles: vec!["support".to_owned()] };
        for (more, meant) in [
            (json!({}), true),
            (json!({"roles": ["support"]}), true),
            (json!({"roles": ["other"]}), false),
            (json!({"roles": ["other"], "subjects": ["alice"]}), true),
            (json!({"kinds": ["agent"]}), false),
            (json!({"subjects": ["alice"], "kinds": ["user", "agent"]}), true),
        ] {
            assert_eq!(alice.is_meant_by(&rule(more.clone())), meant, "{more}");
        }
    }
}

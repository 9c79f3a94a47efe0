//! What the pages of people and keys read alike.

use super::count::Count;
use crate::error::AppError;
use pdp::roles::names;
use policy::{Reach, TenantSlug};
use std::collections::BTreeMap;
use store::administration::{Membership, Page, Role, StoredRule};
use store::{Store, StoreError};

/// Rows of a page.
pub const ROWS: usize = 50;

/// One more than a page tells whether there are more.
pub const ROWS_AND_ONE: u64 = 51;

/// How many memberships are counted at the most.
const COUNTED: usize = 10_000;

/// How many of them are read at once.
const AT_ONCE: u64 = 500;

/// Cuts a list to a page; where it goes on, if it does.
pub fn cut<T>(rows: &mut Vec<T>, cursor: impl Fn(&T) -> String) -> Option<String> {
    if rows.len() <= ROWS {
        return None;
    }
    rows.truncate(ROWS);
    rows.last().map(cursor)
}

/// Nothing stored holds U+0000, and Postgres refuses it even in a comparison.
///
/// # Errors
/// When one of these does.
pub fn refuse_zero<'a>(texts: impl IntoIterator<Item = &'a Option<String>>) -> Result<(), AppError> {
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(AppError::bad_request(&"a parameter holds U+0000"));
    }
    Ok(())
}

/// Memberships of one tenant or of all that the reader reaches, as far as they are counted; and whether there are more.
///
/// # Errors
/// When the database does not answer.
pub async fn memberships(
    store: &Store,
    tenant: Option<&TenantSlug>,
    reach: &Reach,
) -> Result<(Vec<Membership>, bool), StoreError> {
    let tenants: Vec<TenantSlug> = match (tenant, reach.tenants()) {
        (Some(tenant), _) if !reach.holds(tenant.as_str()) => Vec::new(),
        (Some(tenant), _) => vec![tenant.clone()],
        (None, Some(own)) => own.iter().cloned().collect(),
        (None, None) => store.list_tenants(&Page::ALL).await?.into_iter().map(|tenant| tenant.slug).collect(),
    };
    let mut found: Vec<Membership> = Vec::new();
    for tenant in tenants {
        let mut after: Option<String> = None;
        loop {
            let page = Page { search: None, after: after.as_deref(), limit: AT_ONCE };
            let members = store.list_members(&tenant, &page).await?;
            after = members.last().map(Membership::cursor);
            let done = (members.len() as u64) < AT_ONCE;
            found.extend(members);
            if found.len() > COUNTED {
                found.truncate(COUNTED);
                return Ok((found, true));
            }
            if done {
                break;
            }
        }
    }
    Ok((found, false))
}

/// Whether the reader sees what belongs to this tenant; none: to all of them.
pub fn sees(reach: &Reach, tenant: Option<&TenantSlug>) -> bool {
    reach.sees(tenant.map(TenantSlug::as_str))
}

/// Whether somebody with this membership holds the role. A name stands for one role in a tenant.
pub fn holds(membership: &Membership, role: &Role) -> bool {
    role.tenant.as_ref().is_none_or(|tenant| *tenant == membership.tenant)
        && membership.roles.contains(&role.name)
}

/// How many subjects hold each of these roles, and how many rules name it, in the roles' order.
pub fn uses(
    roles: &[Role],
    memberships: &[Membership],
    more: bool,
    rules: &[StoredRule],
) -> Vec<(Count, Count)> {
    // By name first: most memberships hold few of many roles.
    let mut held: BTreeMap<&str, Vec<&Membership>> = BTreeMap::new();
    for membership in memberships {
        for name in &membership.roles {
            held.entry(name.as_str()).or_default().push(membership);
        }
    }
    roles
        .iter()
        .map(|role| {
            let mut subjects: Vec<&str> = held
                .get(role.name.as_str())
                .into_iter()
                .flatten()
                .filter(|membership| holds(membership, role))
                .map(|membership| membership.subject.as_str())
                .collect();
            subjects.sort_unstable();
            subjects.dedup();
            let holders = Count { more, ..Count::new(subjects.len()) };
            (holders, Count::new(rules.iter().filter(|rule| names(rule, role)).count()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::{RuleId, SubjectId, Timestamp};

    fn member(subject: &str, tenant: &str, roles: &[&str]) -> Membership {
        Membership {
            subject: SubjectId::from(subject),
            tenant: TenantSlug::from(tenant),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            until: None,
        }
    }

    fn rule(json: &str) -> StoredRule {
        StoredRule {
            id: RuleId::from("r"),
            version: 1,
            rule: serde_json::from_str(json).expect("a rule"),
            updated_at: Timestamp::default(),
        }
    }

    #[test]
    fn a_role_is_used_in_its_tenant_alone() {
        let roles = [
            Role::new(Some(TenantSlug::from("acme")), "agent"),
            Role::new(Some(TenantSlug::from("globex")), "agent"),
            Role::new(None, "auditor"),
        ];
        let memberships = [
            member("a", "acme", &["agent", "auditor"]),
            member("a", "globex", &["auditor"]),
            member("b", "acme", &["agent"]),
        ];
        let rules = [
            rule(r#"{"name":"x","tenant":"acme","effect":"allow","roles":["agent"]}"#),
            rule(r#"{"name":"y","effect":"allow","roles":["agent"],"approval":{"approvers":["auditor"]}}"#),
        ];
        let counts: Vec<_> = uses(&roles, &memberships, false, &rules)
            .into_iter()
            .map(|(holders, rules)| (holders.number, rules.number))
            .collect();
        assert_eq!(counts, [(2, 2), (0, 1), (1, 1)]);
    }
}

//! Groups that stand for roles of the console.

use crate::accounts::AccountRole;
use policy::TenantSlug;
use policy::ids::check_slug;
use serde::{Deserialize, Serialize};

/// A group, as the provider spells it, and the role of the console that it stands for: everywhere, or in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupRole {
    pub group: String,
    pub role: AccountRole,
    /// None: every tenant, and what is of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantSlug>,
}

impl GroupRole {
    /// Reads what [`told`](Self::told) writes: `approver`, or `approver@acme`. None: it is neither.
    pub fn read(group: &str, told: &str) -> Option<Self> {
        let (role, tenant) = match told.split_once('@') {
            Some((role, tenant)) => (role, Some(check_slug(tenant).ok().map(|()| TenantSlug::from(tenant))?)),
            None => (told, None),
        };
        Some(Self { group: group.to_owned(), role: role.parse().ok()?, tenant })
    }

    /// The role, and after an `@` the tenant in which it counts.
    pub fn told(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("{}@{tenant}", self.role),
            None => self.role.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_its_tenant_read_back() {
        for told in ["owner", "policy_author@acme"] {
            assert_eq!(GroupRole::read("a", told).map(|entry| entry.told()).as_deref(), Some(told));
        }
        for bad in ["", "root", "owner@", "@acme", "owner@Acme", "owner@acme@globex", "owner @acme"] {
            assert_eq!(GroupRole::read("a", bad), None, "{bad}");
        }
        let stored = r#"{"group":"a","role":"owner"}"#;
        assert_eq!(serde_json::from_str::<GroupRole>(stored).ok(), GroupRole::read("a", "owner"));
    }
}

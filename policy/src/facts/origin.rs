//! Where a role comes from.

use super::{Facts, RoleGrant};
use crate::issuer::RoleMapping;
use serde::{Deserialize, Serialize};

/// Where a role comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleOrigin {
    /// An administrator gave it.
    #[default]
    Assigned,
    /// It stands for a claim of the verified token of this issuer.
    Mapped { issuer: String, claim: String },
}

impl RoleOrigin {
    pub fn is_assigned(&self) -> bool {
        *self == Self::Assigned
    }
}

impl Facts {
    /// Adds the roles that stand for claims of the caller's verified token. They count only beside a live membership,
    /// and only in the issuer's own tenants. Whether there are such roles, [`Self::keep_roles`] asks.
    pub fn map_roles(&mut self, mappings: &[RoleMapping]) {
        let Some(token) = self.identity.token() else { return };
        for membership in &mut self.memberships {
            let is_live = membership.until.is_none_or(|until| self.now < until);
            if !is_live || !token.tenants.contains(&membership.tenant) {
                continue;
            }
            let here = mappings.iter().filter(|mapping| mapping.tenant == membership.tenant);
            for mapping in here.filter(|mapping| mapping.matches(&token.claims)) {
                // What is assigned anyway is not mapped as well.
                if membership.roles.iter().all(|grant| grant.name != mapping.role) {
                    membership.roles.push(RoleGrant {
                        name: mapping.role.clone(),
                        global: false,
                        origin: RoleOrigin::Mapped {
                            issuer: token.issuer.clone(),
                            claim: mapping.claim.clone(),
                        },
                    });
                }
            }
        }
    }

    /// Keeps of the mapped roles those that there are. `is_global` says of a role that can be held in the tenant whether
    /// it is one of every tenant; None where there is none of that name.
    pub fn keep_roles(&mut self, is_global: impl Fn(&str) -> Option<bool>) {
        for membership in &mut self.memberships {
            membership.roles.retain_mut(|grant| {
                if grant.origin.is_assigned() {
                    return true;
                }
                let known = is_global(&grant.name);
                grant.global = known.unwrap_or_default();
                known.is_some()
            });
        }
    }
}

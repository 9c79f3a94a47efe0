//! What the list of roles reads from the server.

use super::query::RolesQuery;
use crate::drawn;
use crate::error::AppError;
use crate::pages::form::count::Count;
use serde::{Deserialize, Serialize};

/// A role as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleLine {
    pub id: String,
    pub name: String,
    pub description: String,
    /// None: in every tenant.
    pub tenant: Option<String>,
    pub holders: Count,
    pub rules: Count,
}

/// The roles by name, with the question they answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleList {
    pub query: RolesQuery,
    pub lines: Vec<RoleLine>,
    /// Slug and name, for the form.
    pub tenants: Vec<(String, String)>,
}

#[cfg(feature = "ssr")]
pub async fn read_roles(query: RolesQuery) -> Result<RoleList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadSubjects)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(read_roles(RolesQuery) -> Result<RoleList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{RoleLine, RoleList, RolesQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::pages::form::read::{memberships, refuse_zero, sees, uses};
    use policy::{Reach, TenantSlug};
    use store::administration::Page;

    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: RolesQuery,
    ) -> Result<RoleList, AppError> {
        refuse_zero([&query.tenant])?;
        let store = &console.store;
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let mut roles = store.list_roles(tenant.as_ref()).await?;
        roles.retain(|role| sees(reach, role.tenant.as_ref()));
        let (members, more) = memberships(store, tenant.as_ref(), reach).await?;
        let mut rules = store.list_rules(tenant.as_ref(), &Page::ALL).await?;
        rules.retain(|found| sees(reach, found.rule.tenant.as_ref()));
        let counts = uses(&roles, &members, more, &rules);
        let lines = roles
            .into_iter()
            .zip(counts)
            .map(|(role, (holders, rules))| RoleLine {
                id: role.id,
                name: role.name,
                description: role.description,
                tenant: role.tenant.map(|tenant| tenant.to_string()),
                holders,
                rules,
            })
            .collect();
        let tenants = store.list_tenants(&Page::ALL).await?;
        let tenants = tenants.into_iter().filter(|tenant| reach.holds(tenant.slug.as_str()));
        let tenants = tenants.map(|tenant| (tenant.slug.to_string(), tenant.name)).collect();
        Ok(RoleList { query, lines, tenants })
    }
}

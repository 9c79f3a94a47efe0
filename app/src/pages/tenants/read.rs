//! What the page of tenants reads from the server.

use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use crate::pages::settings::query::ListQuery;
use serde::{Deserialize, Serialize};

/// A tenant as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantLine {
    pub slug: String,
    pub name: String,
    pub active: bool,
    pub created: Moment,
}

/// A page of tenants by slug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantList {
    pub query: ListQuery,
    pub lines: Vec<TenantLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The tenant that the open form is about; none where there is no such tenant.
    pub asked: Option<TenantFacts>,
}

/// What hangs on a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFacts {
    pub slug: String,
    pub name: String,
    pub active: bool,
    pub members: Count,
    pub roles: Count,
    pub rules: Count,
    /// Enforcement keys that are bound to it.
    pub keys: Count,
}

#[cfg(feature = "ssr")]
pub async fn read_tenants(query: ListQuery) -> Result<TenantList, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    server::list(&console, query).await
}

drawn::unread!(read_tenants(ListQuery) -> Result<TenantList, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{ListQuery, TenantFacts, TenantLine, TenantList};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::count::Count;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use policy::TenantSlug;
    use store::administration::{Page, Tenant};

    /// Members are counted so far.
    const MOST_MEMBERS: usize = 1_000;
    const MOST_MEMBERS_AND_ONE: u64 = 1_001;

    pub(super) async fn list(console: &Console, query: ListQuery) -> Result<TenantList, AppError> {
        refuse_zero([&query.search, &query.after, &query.of])?;
        let now = console.now();
        let page =
            Page { search: query.search.as_deref(), after: query.after.as_deref(), limit: ROWS_AND_ONE };
        let mut tenants = console.store.list_tenants(&page).await?;
        let next = cut(&mut tenants, Tenant::cursor);
        let lines = tenants
            .into_iter()
            .map(|tenant| TenantLine {
                slug: tenant.slug.to_string(),
                name: tenant.name,
                active: tenant.active,
                created: Moment::new(tenant.created_at, now),
            })
            .collect();
        let asked = match (query.ask, &query.of) {
            (Some(_), Some(slug)) => facts(console, &TenantSlug::from(slug.as_str())).await?,
            _ => None,
        };
        Ok(TenantList { query, lines, next, asked })
    }

    async fn facts(console: &Console, slug: &TenantSlug) -> Result<Option<TenantFacts>, AppError> {
        let Some(tenant) = console.store.get_tenant(slug).await? else { return Ok(None) };
        let page = Page { search: None, after: None, limit: MOST_MEMBERS_AND_ONE };
        let members = console.store.list_members(slug, &page).await?;
        let roles = console.store.list_roles(Some(slug)).await?;
        let rules = console.store.list_rules(Some(slug), &Page::ALL).await?;
        let keys = console.store.list_credentials(&Page::ALL).await?;
        Ok(Some(TenantFacts {
            slug: tenant.slug.to_string(),
            name: tenant.name,
            active: tenant.active,
            members: Count::up_to(members.len(), MOST_MEMBERS),
            roles: Count::new(roles.iter().filter(|role| role.tenant.as_ref() == Some(slug)).count()),
            rules: Count::new(rules.iter().filter(|rule| rule.rule.tenant.as_ref() == Some(slug)).count()),
            keys: Count::new(keys.iter().filter(|key| key.tenant.as_ref() == Some(slug)).count()),
        }))
    }
}

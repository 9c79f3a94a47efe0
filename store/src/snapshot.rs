//! Everything rules are compiled from, for one tenant, as of one moment.

use crate::Store;
use crate::administration::{
    BreakGlassGrant, Server, StopSwitch, StoredRule, Tenant, Tool, find_tenant, list_break_glass_in_force,
    list_in_force, list_roles, list_servers_of_tenant, list_stops_in_force, list_tools_of_servers,
};
use crate::db::{Source, StoreError, Tx};
use crate::schema::Revisions;
use policy::TenantSlug;
use policy::facts::Revision;
use policy::labels::StopScope;
use sea_query::{Expr, ExprTrait, Query};
use std::collections::BTreeMap;

/// A server that the tenant may use, with its tools by name.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerWithTools {
    pub server: Server,
    pub tools: Vec<Tool>,
}

/// The policy of one tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicySnapshot {
    pub revision: Revision,
    pub tenant: Tenant,
    /// Names of the roles that can be held in the tenant, in order.
    pub roles: Vec<String>,
    /// By slug; only those that the tenant may use.
    pub servers: Vec<ServerWithTools>,
    /// The tenant's own and those of every tenant, by name; the disabled ones left out.
    pub rules: Vec<StoredRule>,
    /// Those of `roles` that are roles of every tenant.
    pub global_roles: Vec<String>,
    /// The tenant's own and those of every tenant.
    pub stops: Vec<StopSwitch>,
    /// Confirmed, and not over when they were read.
    pub break_glass: Vec<BreakGlassGrant>,
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    scope: String,
    value: i64,
}

async fn revision(tx: &mut Tx, tenant: &TenantSlug) -> Result<Revision, StoreError> {
    let query = Query::select()
        .columns([Revisions::Scope, Revisions::Value])
        .from(Revisions::Table)
        .and_where(Expr::col(Revisions::Scope).is_in(["", tenant.as_str()]))
        .take();
    let mut global = None;
    let mut own = 0;
    for row in tx.all::<RevisionRow, _>(&query).await? {
        if row.scope.is_empty() {
            global = Some(row.value);
        } else {
            own = row.value;
        }
    }
    let global = global.ok_or_else(|| StoreError::corrupt("the common revision is missing"))?;
    Ok(Revision { global, tenant: own })
}

async fn read(tx: &mut Tx, slug: &TenantSlug) -> Result<Option<PolicySnapshot>, StoreError> {
    let Some(tenant) = find_tenant(tx, slug).await? else {
        return Ok(None);
    };
    let revision = revision(tx, slug).await?;
    let roles = list_roles(tx, Some(slug)).await?;
    let global_roles =
        roles.iter().filter(|role| role.tenant.is_none()).map(|role| role.name.clone()).collect();
    let mut roles: Vec<String> = roles.into_iter().map(|role| role.name).collect();
    roles.dedup();
    let servers = list_servers_of_tenant(tx, slug).await?;
    let slugs: Vec<&str> = servers.iter().map(|server| server.slug.as_str()).collect();
    let mut tools: BTreeMap<String, Vec<Tool>> = BTreeMap::new();
    for tool in list_tools_of_servers(tx, &slugs).await? {
        tools.entry(tool.server.as_str().to_owned()).or_default().push(tool);
    }
    let servers = servers
        .into_iter()
        .map(|server| {
            let tools = tools.remove(server.slug.as_str()).unwrap_or_default();
            ServerWithTools { server, tools }
        })
        .collect();
    let rules = list_in_force(tx, slug).await?;
    let stops = list_stops_in_force(tx, slug).await?;
    let dialect = tx.dialect();
    let break_glass = list_break_glass_in_force(tx, dialect, slug).await?;
    Ok(Some(PolicySnapshot { revision, tenant, roles, servers, rules, global_roles, stops, break_glass }))
}

/// Of a tenant that is stopped as a whole, the stop and nothing else.
async fn read_whole_stop(tx: &mut Tx, slug: &TenantSlug) -> Result<Option<PolicySnapshot>, StoreError> {
    let Some(tenant) = find_tenant(tx, slug).await? else {
        return Ok(None);
    };
    let revision = revision(tx, slug).await?;
    let mut stops = list_stops_in_force(tx, slug).await?;
    stops.retain(|stop| matches!(stop.scope, StopScope::Everything | StopScope::Tenant));
    Ok((!stops.is_empty()).then(|| PolicySnapshot {
        revision,
        tenant,
        roles: Vec::new(),
        servers: Vec::new(),
        rules: Vec::new(),
        stops,
        break_glass: Vec::new(),
        global_roles: Vec::new(),
    }))
}

impl Store {
    /// Reads the policy of one tenant in one snapshot; None where there is no such tenant.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn read_policy(&self, tenant: &TenantSlug) -> Result<Option<PolicySnapshot>, StoreError> {
        let mut tx = self.db.begin_snapshot().await?;
        let snapshot = read(&mut tx, tenant).await?;
        tx.rollback().await?;
        Ok(snapshot)
    }

    /// What is left of a tenant's policy where the rest does not read back, and the tenant is stopped as a whole: every
    /// call is denied by that stop. None where it is not stopped.
    ///
    /// # Errors
    /// When the database does not answer, or not even this reads back.
    pub async fn read_whole_stop(&self, tenant: &TenantSlug) -> Result<Option<PolicySnapshot>, StoreError> {
        let mut tx = self.db.begin_snapshot().await?;
        let snapshot = read_whole_stop(&mut tx, tenant).await?;
        tx.rollback().await?;
        Ok(snapshot)
    }
}

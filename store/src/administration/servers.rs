//! Registered MCP servers, and the tenants that may use them.

use super::writer::About;
use super::{CHUNK, Page, WriteError, Writer, holds, slug, text};
use crate::Store;
use crate::db::{Source, StoreError, flag, json, to_json};
use crate::schema::{Credentials, ServerTenants, Servers};
use policy::{ServerSlug, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use std::collections::BTreeMap;

/// A registered MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Server {
    pub slug: ServerSlug,
    pub name: String,
    pub url: String,
    pub enabled: bool,
    /// False: arguments are not held against the tools' schemas, and the record says so.
    pub check_arguments: bool,
    /// What tokens must name to call it. None given: its URL.
    pub audiences: Vec<String>,
    /// In order. Writing replaces them all.
    pub tenants: Vec<TenantSlug>,
    /// Given by the store; writing ignores it.
    pub created_at: Timestamp,
}

impl Server {
    /// An enabled server, named like its slug, that no tenant may use yet.
    pub fn new(slug: ServerSlug, url: impl Into<String>) -> Self {
        let name = slug.as_str().to_owned();
        Self {
            slug,
            name,
            url: url.into(),
            enabled: true,
            check_arguments: true,
            audiences: Vec::new(),
            tenants: Vec::new(),
            created_at: Timestamp::default(),
        }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.slug.as_str().to_owned()
    }
}

#[derive(sqlx::FromRow)]
struct ServerRow {
    slug: String,
    name: String,
    url: String,
    enabled: i64,
    check_arguments: i64,
    audiences: String,
    created_at: i64,
}

#[derive(sqlx::FromRow)]
struct UseRow {
    server: String,
    tenant: String,
}

#[derive(sqlx::FromRow)]
struct NameRow {
    name: String,
}

impl TryFrom<ServerRow> for Server {
    type Error = StoreError;

    fn try_from(row: ServerRow) -> Result<Self, StoreError> {
        Ok(Self {
            slug: ServerSlug::new(row.slug),
            name: row.name,
            url: row.url,
            enabled: flag(row.enabled, "servers.enabled")?,
            check_arguments: flag(row.check_arguments, "servers.check_arguments")?,
            audiences: json(&row.audiences, "servers.audiences")?,
            tenants: Vec::new(),
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

const COLUMNS: [Servers; 7] = [
    Servers::Slug,
    Servers::Name,
    Servers::Url,
    Servers::Enabled,
    Servers::CheckArguments,
    Servers::Audiences,
    Servers::CreatedAt,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Servers::Table).order_by(Servers::Slug, Order::Asc).take()
}

/// Those that the tenant may use.
fn usable_by(tenant: &TenantSlug) -> Expr {
    let used = Query::select()
        .column(ServerTenants::Server)
        .from(ServerTenants::Table)
        .and_where(Expr::col(ServerTenants::Tenant).eq(tenant.as_str()))
        .take();
    Expr::col(Servers::Slug).in_subquery(used)
}

async fn with_tenants<S: Source>(source: &mut S, rows: Vec<ServerRow>) -> Result<Vec<Server>, StoreError> {
    let mut servers = rows.into_iter().map(Server::try_from).collect::<Result<Vec<_>, _>>()?;
    for part in servers.chunks_mut(CHUNK) {
        let query = Query::select()
            .columns([ServerTenants::Server, ServerTenants::Tenant])
            .from(ServerTenants::Table)
            .and_where(Expr::col(ServerTenants::Server).is_in(part.iter().map(|server| server.slug.as_str())))
            .order_by(ServerTenants::Tenant, Order::Asc)
            .take();
        let mut found: BTreeMap<String, Vec<TenantSlug>> = BTreeMap::new();
        for row in source.all::<UseRow, _>(&query).await? {
            found.entry(row.server).or_default().push(TenantSlug::new(row.tenant));
        }
        for server in part {
            server.tenants = found.remove(server.slug.as_str()).unwrap_or_default();
        }
    }
    Ok(servers)
}

async fn find<S: Source>(source: &mut S, slug: &ServerSlug) -> Result<Option<Server>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Servers::Slug).eq(slug.as_str()));
    let rows = source.all::<ServerRow, _>(&query).await?;
    Ok(with_tenants(source, rows).await?.pop())
}

pub(super) async fn list<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
    page: &Page<'_>,
) -> Result<Vec<Server>, StoreError> {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Servers::Slug, Servers::Name, Servers::Url]));
    }
    query
        .and_where_option(tenant.map(usable_by))
        .and_where_option(page.after.map(|after| Expr::col(Servers::Slug).gt(after)))
        .limit(page.limit);
    let rows = source.all::<ServerRow, _>(&query).await?;
    with_tenants(source, rows).await
}

/// Every server that the tenant may use.
pub(crate) async fn list_of_tenant<S: Source>(
    source: &mut S,
    tenant: &TenantSlug,
) -> Result<Vec<Server>, StoreError> {
    list(source, Some(tenant), &Page::ALL).await
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_server(&self, slug: &ServerSlug) -> Result<Option<Server>, StoreError> {
        find(&mut &self.db, slug).await
    }

    /// Servers by slug: those one tenant may use, or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_servers(
        &self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Server>, StoreError> {
        list(&mut &self.db, tenant, page).await
    }
}

impl Writer {
    /// As [`Store::get_server`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_server(&mut self, slug: &ServerSlug) -> Result<Option<Server>, StoreError> {
        find(&mut self.tx, slug).await
    }

    /// As [`Store::list_servers`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_servers(
        &mut self,
        tenant: Option<&TenantSlug>,
        page: &Page<'_>,
    ) -> Result<Vec<Server>, StoreError> {
        list(&mut self.tx, tenant, page).await
    }

    /// A server that must be there.
    pub(super) async fn need_server(&mut self, slug: &ServerSlug) -> Result<Server, WriteError> {
        let found = find(&mut self.tx, slug).await?;
        found.ok_or_else(|| WriteError::Unknown { kind: "server", name: slug.to_string() })
    }

    /// Makes the server with this slug be so, the tenants that may use it included.
    ///
    /// # Errors
    /// When the slug or a text cannot be taken, or a tenant is unknown.
    pub async fn put_server(&mut self, server: &Server) -> Result<Server, WriteError> {
        slug("server", server.slug.as_str())?;
        text("name", &server.name)?;
        text("url", &server.url)?;
        let before = find(&mut self.tx, &server.slug).await?;
        let created_at = before.as_ref().map_or(self.now, |old| old.created_at);
        let mut after = Server { created_at, ..server.clone() };
        after.tenants.sort();
        after.tenants.dedup();
        // Each once: a long list must not hold up everybody else who writes.
        for tenant in &after.tenants {
            self.need_tenant(tenant).await?;
        }
        match &before {
            Some(old) if *old == after => return Ok(after),
            // Only other tenants: the row stays as it is, so that nobody else's revision moves.
            Some(old) if (Server { tenants: after.tenants.clone(), ..old.clone() }) == after => {}
            Some(_) => self.update_server(&after).await?,
            None => self.insert_server(&after).await?,
        }
        let held: &[TenantSlug] = match &before {
            Some(old) => &old.tenants,
            None => &[],
        };
        self.replace_tenants(held, &after).await?;
        self.record(about(&after.slug), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    async fn update_server(&mut self, server: &Server) -> Result<(), StoreError> {
        let update = Query::update()
            .table(Servers::Table)
            .value(Servers::Name, server.name.as_str())
            .value(Servers::Url, server.url.as_str())
            .value(Servers::Enabled, i64::from(server.enabled))
            .value(Servers::CheckArguments, i64::from(server.check_arguments))
            .value(Servers::Audiences, to_json(&server.audiences)?)
            .and_where(Expr::col(Servers::Slug).eq(server.slug.as_str()))
            .take();
        self.tx.execute(&update).await?;
        Ok(())
    }

    async fn insert_server(&mut self, server: &Server) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table(Servers::Table)
            .columns(COLUMNS)
            .values_panic([
                server.slug.as_str().into(),
                server.name.as_str().into(),
                server.url.as_str().into(),
                i64::from(server.enabled).into(),
                i64::from(server.check_arguments).into(),
                to_json(&server.audiences)?.into(),
                server.created_at.micros().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        Ok(())
    }

    async fn replace_tenants(&mut self, held: &[TenantSlug], server: &Server) -> Result<(), StoreError> {
        for gone in held.iter().filter(|tenant| !server.tenants.contains(tenant)) {
            let delete = Query::delete()
                .from_table(ServerTenants::Table)
                .and_where(Expr::col(ServerTenants::Server).eq(server.slug.as_str()))
                .and_where(Expr::col(ServerTenants::Tenant).eq(gone.as_str()))
                .take();
            self.tx.execute(&delete).await?;
        }
        for new in server.tenants.iter().filter(|tenant| !held.contains(tenant)) {
            let insert = Query::insert()
                .into_table(ServerTenants::Table)
                .columns([ServerTenants::Server, ServerTenants::Tenant])
                .values_panic([server.slug.as_str().into(), new.as_str().into()])
                .take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }

    /// Deletes the server with its tools; false where there is none.
    ///
    /// # Errors
    /// When an enforcement credential is still bound to it.
    pub async fn delete_server(&mut self, slug: &ServerSlug) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, slug).await? else {
            return Ok(false);
        };
        let bound = Query::select()
            .column(Credentials::Name)
            .from(Credentials::Table)
            .and_where(Expr::col(Credentials::Server).eq(slug.as_str()))
            .limit(1)
            .take();
        if let Some(user) = self.tx.fetch_optional::<NameRow>(&bound).await? {
            return Err(WriteError::InUse {
                what: format!("server `{slug}`"),
                by: format!("credential `{}`", user.name),
            });
        }
        let delete = Query::delete()
            .from_table(Servers::Table)
            .and_where(Expr::col(Servers::Slug).eq(slug.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(slug), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(slug: &ServerSlug) -> About<'_> {
    About { kind: "server", object: slug.as_str(), tenant: None }
}

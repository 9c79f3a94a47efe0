//! Tenants: the boundary nothing crosses.

use super::writer::About;
use super::{Page, WriteError, Writer, holds, slug, text, webhooks};
use crate::Store;
use crate::db::{Source, StoreError, flag};
use crate::schema::{Credentials, Tenants};
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tenant {
    pub slug: TenantSlug,
    pub name: String,
    /// False: suspended.
    pub active: bool,
    /// Given by the store; writing ignores it.
    pub created_at: Timestamp,
}

impl Tenant {
    /// An active tenant.
    pub fn new(slug: TenantSlug, name: impl Into<String>) -> Self {
        Self { slug, name: name.into(), active: true, created_at: Timestamp::default() }
    }

    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        self.slug.as_str().to_owned()
    }
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    slug: String,
    name: String,
    active: i64,
    created_at: i64,
}

impl TryFrom<TenantRow> for Tenant {
    type Error = StoreError;

    fn try_from(row: TenantRow) -> Result<Self, StoreError> {
        Ok(Self {
            slug: TenantSlug::new(row.slug),
            name: row.name,
            active: flag(row.active, "tenants.active")?,
            created_at: Timestamp::from_micros(row.created_at),
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([Tenants::Slug, Tenants::Name, Tenants::Active, Tenants::CreatedAt])
        .from(Tenants::Table)
        .take()
}

pub(crate) async fn find<S: Source>(source: &mut S, slug: &TenantSlug) -> Result<Option<Tenant>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(Tenants::Slug).eq(slug.as_str()));
    source.optional::<TenantRow, _>(&query).await?.map(Tenant::try_from).transpose()
}

pub(super) async fn list<S: Source>(source: &mut S, page: &Page<'_>) -> Result<Vec<Tenant>, StoreError> {
    let mut query = select();
    if let Some(text) = page.search {
        query.cond_where(holds(text, [Tenants::Slug, Tenants::Name]));
    }
    query
        .and_where_option(page.after.map(|after| Expr::col(Tenants::Slug).gt(after)))
        .order_by(Tenants::Slug, Order::Asc)
        .limit(page.limit);
    source.all::<TenantRow, _>(&query).await?.into_iter().map(Tenant::try_from).collect()
}

#[derive(sqlx::FromRow)]
struct NameRow {
    name: String,
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_tenant(&self, slug: &TenantSlug) -> Result<Option<Tenant>, StoreError> {
        find(&mut &self.db, slug).await
    }

    /// Tenants by slug.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tenants(&self, page: &Page<'_>) -> Result<Vec<Tenant>, StoreError> {
        list(&mut &self.db, page).await
    }
}

impl Writer {
    /// As [`Store::get_tenant`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_tenant(&mut self, slug: &TenantSlug) -> Result<Option<Tenant>, StoreError> {
        find(&mut self.tx, slug).await
    }

    /// As [`Store::list_tenants`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tenants(&mut self, page: &Page<'_>) -> Result<Vec<Tenant>, StoreError> {
        list(&mut self.tx, page).await
    }

    /// A tenant that must be there.
    pub(super) async fn need_tenant(&mut self, slug: &TenantSlug) -> Result<Tenant, WriteError> {
        let found = find(&mut self.tx, slug).await?;
        found.ok_or_else(|| WriteError::Unknown { kind: "tenant", name: slug.to_string() })
    }

    /// Makes the tenant with this slug be so.
    ///
    /// # Errors
    /// When the slug or name cannot be taken.
    pub async fn put_tenant(&mut self, tenant: &Tenant) -> Result<Tenant, WriteError> {
        slug("tenant", tenant.slug.as_str())?;
        text("name", &tenant.name)?;
        let before = find(&mut self.tx, &tenant.slug).await?;
        let created_at = before.as_ref().map_or(self.now, |old| old.created_at);
        let after = Tenant { created_at, ..tenant.clone() };
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        if before.is_some() {
            let update = Query::update()
                .table(Tenants::Table)
                .value(Tenants::Name, after.name.as_str())
                .value(Tenants::Active, i64::from(after.active))
                .and_where(Expr::col(Tenants::Slug).eq(after.slug.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(Tenants::Table)
                .columns([Tenants::Slug, Tenants::Name, Tenants::Active, Tenants::CreatedAt])
                .values_panic([
                    after.slug.as_str().into(),
                    after.name.as_str().into(),
                    i64::from(after.active).into(),
                    after.created_at.micros().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        self.record(about(&after.slug), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// Deletes the tenant with its memberships, roles, rules, webhooks and uses of servers; false where there is none.
    ///
    /// # Errors
    /// When an enforcement credential is still bound to it.
    pub async fn delete_tenant(&mut self, slug: &TenantSlug) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, slug).await? else {
            return Ok(false);
        };
        let bound = Query::select()
            .column(Credentials::Name)
            .from(Credentials::Table)
            .and_where(Expr::col(Credentials::Tenant).eq(slug.as_str()))
            .limit(1)
            .take();
        if let Some(user) = self.tx.fetch_optional::<NameRow>(&bound).await? {
            return Err(WriteError::InUse {
                what: format!("tenant `{slug}`"),
                by: format!("credential `{}`", user.name),
            });
        }
        // By itself each, as its secrets are in the vault, which knows nothing of tenants.
        for webhook in webhooks::list(&mut self.tx).await? {
            if webhook.tenant.as_ref() == Some(slug) {
                self.delete_webhook(&webhook.id).await?;
            }
        }
        let delete = Query::delete()
            .from_table(Tenants::Table)
            .and_where(Expr::col(Tenants::Slug).eq(slug.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(slug), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(slug: &TenantSlug) -> About<'_> {
    About { kind: "tenant", object: slug.as_str(), tenant: Some(slug) }
}

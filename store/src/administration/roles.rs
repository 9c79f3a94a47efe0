//! Roles: names that memberships give and rules ask for.

use super::writer::About;
use super::{WriteError, Writer, name, text};
use crate::Store;
use crate::db::{Source, StoreError, new_id};
use crate::schema::Roles;
use policy::TenantSlug;
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A role. Its name means one thing in a tenant: it is never both the tenant's own and one of every tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Given by the store; writing ignores it.
    pub id: String,
    /// None: in every tenant.
    pub tenant: Option<TenantSlug>,
    pub name: String,
    pub description: String,
}

impl Role {
    pub fn new(tenant: Option<TenantSlug>, name: impl Into<String>) -> Self {
        Self { id: String::new(), tenant, name: name.into(), description: String::new() }
    }
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    id: String,
    tenant: Option<String>,
    name: String,
    description: String,
}

impl From<RoleRow> for Role {
    fn from(row: RoleRow) -> Self {
        Self {
            id: row.id,
            tenant: row.tenant.map(TenantSlug::new),
            name: row.name,
            description: row.description,
        }
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([Roles::Id, Roles::Tenant, Roles::Name, Roles::Description])
        .from(Roles::Table)
        .order_by(Roles::Name, Order::Asc)
        .order_by(Roles::Id, Order::Asc)
        .take()
}

/// The tenant's own roles and those of every tenant.
fn visible_in(tenant: &TenantSlug) -> Condition {
    Condition::any().add(Expr::col(Roles::Tenant).eq(tenant.as_str())).add(Expr::col(Roles::Tenant).is_null())
}

/// Roles by name: those that can be held in the tenant, or all.
pub(crate) async fn list<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
) -> Result<Vec<Role>, StoreError> {
    let mut query = select();
    if let Some(tenant) = tenant {
        query.cond_where(visible_in(tenant));
    }
    Ok(source.all::<RoleRow, _>(&query).await?.into_iter().map(Role::from).collect())
}

/// The roles of these names that can be held in the tenant.
pub(super) async fn named<S: Source>(
    source: &mut S,
    tenant: &TenantSlug,
    names: &[String],
) -> Result<Vec<Role>, StoreError> {
    let mut found = Vec::new();
    for names in names.chunks(super::CHUNK) {
        let mut query = select();
        query
            .cond_where(visible_in(tenant))
            .and_where(Expr::col(Roles::Name).is_in(names.iter().map(String::as_str)));
        found.extend(source.all::<RoleRow, _>(&query).await?.into_iter().map(Role::from));
    }
    Ok(found)
}

async fn find<S: Source>(
    source: &mut S,
    tenant: Option<&TenantSlug>,
    name: &str,
) -> Result<Option<Role>, StoreError> {
    let mut query = select();
    let owned = match tenant {
        Some(tenant) => Expr::col(Roles::Tenant).eq(tenant.as_str()),
        None => Expr::col(Roles::Tenant).is_null(),
    };
    query.and_where(Expr::col(Roles::Name).eq(name)).and_where(owned);
    Ok(source.optional::<RoleRow, _>(&query).await?.map(Role::from))
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_role(
        &self,
        tenant: Option<&TenantSlug>,
        name: &str,
    ) -> Result<Option<Role>, StoreError> {
        find(&mut &self.db, tenant, name).await
    }

    /// Roles by name: those that can be held in the tenant (its own and those of every tenant), or all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_roles(&self, tenant: Option<&TenantSlug>) -> Result<Vec<Role>, StoreError> {
        list(&mut &self.db, tenant).await
    }
}

impl Writer {
    /// As [`Store::get_role`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_role(
        &mut self,
        tenant: Option<&TenantSlug>,
        name: &str,
    ) -> Result<Option<Role>, StoreError> {
        find(&mut self.tx, tenant, name).await
    }

    /// As [`Store::list_roles`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_roles(&mut self, tenant: Option<&TenantSlug>) -> Result<Vec<Role>, StoreError> {
        list(&mut self.tx, tenant).await
    }

    /// Makes the role with this tenant and name be so.
    ///
    /// # Errors
    /// When the tenant is unknown, or the name stands for another role there.
    pub async fn put_role(&mut self, role: &Role) -> Result<Role, WriteError> {
        name("role", &role.name)?;
        text("description", &role.description)?;
        if let Some(tenant) = &role.tenant {
            self.need_tenant(tenant).await?;
        }
        let before = find(&mut self.tx, role.tenant.as_ref(), &role.name).await?;
        let id = before.as_ref().map_or_else(new_id, |old| old.id.clone());
        let after = Role { id, ..role.clone() };
        if before.as_ref() == Some(&after) {
            return Ok(after);
        }
        if before.is_some() {
            let update = Query::update()
                .table(Roles::Table)
                .value(Roles::Description, after.description.as_str())
                .and_where(Expr::col(Roles::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
        } else {
            self.refuse_namesake(&after).await?;
            let insert = Query::insert()
                .into_table(Roles::Table)
                .columns([Roles::Id, Roles::Tenant, Roles::Name, Roles::Description])
                .values_panic([
                    after.id.as_str().into(),
                    after.tenant.as_ref().map(TenantSlug::as_str).into(),
                    after.name.as_str().into(),
                    after.description.as_str().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        self.record(about(&after), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    /// A name is never both a tenant's own role and one of every tenant.
    async fn refuse_namesake(&mut self, role: &Role) -> Result<(), WriteError> {
        let mut query = select();
        query.and_where(Expr::col(Roles::Name).eq(role.name.as_str())).limit(1);
        if role.tenant.is_some() {
            query.and_where(Expr::col(Roles::Tenant).is_null());
        }
        let Some(other) = self.tx.fetch_optional::<RoleRow>(&query).await? else {
            return Ok(());
        };
        let owner = match other.tenant {
            None => "every tenant".to_owned(),
            Some(tenant) => format!("tenant `{tenant}`"),
        };
        Err(WriteError::Taken { what: format!("the role name `{}`", role.name), owner })
    }

    /// Deletes the role and takes it from whoever holds it; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_role(&mut self, tenant: Option<&TenantSlug>, name: &str) -> Result<bool, WriteError> {
        let Some(before) = find(&mut self.tx, tenant, name).await? else {
            return Ok(false);
        };
        let delete = Query::delete()
            .from_table(Roles::Table)
            .and_where(Expr::col(Roles::Id).eq(before.id.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(role: &Role) -> About<'_> {
    About { kind: "role", object: &role.id, tenant: role.tenant.as_ref() }
}

//! Which roles somebody holds: a rule for a role that nobody holds can never match.

use super::Writer;
use crate::Store;
use crate::db::{Source, StoreError};
use crate::schema::{MembershipRoles, Roles};
use policy::TenantSlug;
use sea_query::{Expr, ExprTrait, JoinType, Query};

/// A role that somebody holds in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRole {
    pub tenant: TenantSlug,
    pub role: String,
}

#[derive(sqlx::FromRow)]
struct HeldRoleRow {
    tenant: String,
    name: String,
}

async fn list<S: Source>(source: &mut S) -> Result<Vec<HeldRole>, StoreError> {
    let query = Query::select()
        .distinct()
        .expr_as(Expr::col(("mr", MembershipRoles::Tenant)), "tenant")
        .expr_as(Expr::col(("r", Roles::Name)), "name")
        .from_as(MembershipRoles::Table, "mr")
        .join_as(
            JoinType::InnerJoin,
            Roles::Table,
            "r",
            Expr::col(("r", Roles::Id)).equals(("mr", MembershipRoles::Role)),
        )
        .take();
    let rows = source.all::<HeldRoleRow, _>(&query).await?;
    Ok(rows.into_iter().map(|row| HeldRole { tenant: TenantSlug::new(row.tenant), role: row.name }).collect())
}

impl Store {
    /// Every role that somebody holds, once for each tenant it is held in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_held_roles(&self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut &self.db).await
    }
}

impl Writer {
    /// As [`Store::list_held_roles`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_held_roles(&mut self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut self.tx).await
    }
}

//! Which roles somebody holds, and how many do: a rule for a role that nobody holds can never match, and too
//! few holders cannot approve.

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
    /// How many hold it; 1 where they were not counted.
    pub members: i64,
}

#[derive(sqlx::FromRow)]
struct HeldRoleRow {
    tenant: String,
    name: String,
    #[sqlx(default)]
    n: i64,
}

/// Counting goes through all that is held in its order, which takes twice as long.
async fn list<S: Source>(source: &mut S, counted: bool) -> Result<Vec<HeldRole>, StoreError> {
    let mut query = Query::select();
    query
        .expr_as(Expr::col(("mr", MembershipRoles::Tenant)), "tenant")
        .expr_as(Expr::col(("r", Roles::Name)), "name")
        .from_as(MembershipRoles::Table, "mr")
        .join_as(
            JoinType::InnerJoin,
            Roles::Table,
            "r",
            Expr::col(("r", Roles::Id)).equals(("mr", MembershipRoles::Role)),
        );
    if counted {
        query
            .expr_as(Expr::cust("count(*)"), "n")
            .group_by_col(("mr", MembershipRoles::Tenant))
            .group_by_col(("r", Roles::Name));
    } else {
        query.distinct();
    }
    let rows = source.all::<HeldRoleRow, _>(&query).await?;
    let held = |row: HeldRoleRow| HeldRole {
        tenant: TenantSlug::new(row.tenant),
        role: row.name,
        members: Ord::max(row.n, 1),
    };
    Ok(rows.into_iter().map(held).collect())
}

impl Store {
    /// Every role that somebody holds, once for each tenant it is held in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_held_roles(&self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut &self.db, false).await
    }

    /// The same, counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_held_roles(&self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut &self.db, true).await
    }
}

impl Writer {
    /// As [`Store::list_held_roles`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_held_roles(&mut self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut self.tx, false).await
    }

    /// As [`Store::count_held_roles`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_held_roles(&mut self) -> Result<Vec<HeldRole>, StoreError> {
        list(&mut self.tx, true).await
    }
}

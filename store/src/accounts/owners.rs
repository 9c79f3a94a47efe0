//! The active owners: those who may be asked to be the second person. Who is an owner by the word of a provider alone is
//! none of them: nobody knows whether that still holds. Nor is the owner of some tenants: what these are asked for concerns
//! all of them.

use super::{AccountRole, Accounts, EVERYTHING, RoleSource};
use crate::db::{StoreError, Tx};
use sea_query::{Expr, ExprTrait, LockType, Order, Query};

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

/// The ids of all active owners of everything, in order, held until this transaction is over.
pub(crate) async fn active_owners(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let owners = Query::select()
        .column(Accounts::Id)
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Role).eq(AccountRole::Owner.as_str()))
        .and_where(Expr::col(Accounts::RoleSource).eq(RoleSource::Given.as_str()))
        .and_where(Expr::col(Accounts::Active).eq(1_i64))
        .and_where(Expr::col(Accounts::Reach).eq(EVERYTHING))
        .order_by(Accounts::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .take();
    Ok(tx.fetch_all::<IdRow>(&owners).await?.into_iter().map(|row| row.id).collect())
}

//! The active owners: those who may be asked to be the second person. Who is an owner by the word of a provider alone is
//! none of them: nobody knows whether that still holds.

use super::{AccountError, AccountRole, Accounts, RoleSource};
use crate::administration::{Actor, Via};
use crate::db::{StoreError, Tx};
use sea_query::{Expr, ExprTrait, LockType, Order, Query};

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

/// The ids of all active owners, in order, held until this transaction is over.
pub(crate) async fn active_owners(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let owners = Query::select()
        .column(Accounts::Id)
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Role).eq(AccountRole::Owner.as_str()))
        .and_where(Expr::col(Accounts::RoleSource).eq(RoleSource::Given.as_str()))
        .and_where(Expr::col(Accounts::Active).eq(1_i64))
        .order_by(Accounts::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .take();
    Ok(tx.fetch_all::<IdRow>(&owners).await?.into_iter().map(|row| row.id).collect())
}

/// A token proves nothing of who holds it, so over the API nobody becomes an owner, and nothing becomes of one. To be asked
/// of the account as it is held.
pub(super) fn refuse_tokens(by: &Actor, role: AccountRole) -> Result<(), AccountError> {
    if by.via == Via::Api && role == AccountRole::Owner { Err(AccountError::OwnersOnly) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_out_of_reach_of_tokens_alone() {
        for via in [Via::Cli, Via::Console, Via::Api] {
            let by = Actor { name: "ada".to_owned(), via, request_id: None };
            for role in AccountRole::ALL {
                let refused = matches!(refuse_tokens(&by, *role), Err(AccountError::OwnersOnly));
                assert_eq!(refused, via == Via::Api && *role == AccountRole::Owner, "{via:?} {role}");
            }
        }
    }
}

//! What decisions lock before they touch requests. On Postgres alone: on SQLite whoever writes has everything.
//!
//! The order is one for every process: what keeps others from filing, then tasks, then requests by their ids. A new request
//! ends those that are bound to the same and past their time, whose ids nobody knows before they are looked up; so they are
//! locked together with the others, and not as they come.

use super::ApprovalStep;
use super::tables::Approvals;
use crate::db::{Dialect, StoreError, Tx};
use policy::ApprovalId;
use sea_query::{Expr, ExprTrait, LockType, Order, Query, SelectStatement};

/// Those who file go one at a time, so that none counts what another is about to add.
const LOCK: &str = "pg_advisory_xact_lock(7264918204)";

#[derive(sqlx::FromRow)]
struct LockedRow {
    id: String,
}

/// Keeps others who file out, until the transaction ends. Taken before anything else.
pub(crate) async fn lock_filing(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute(&Query::select().expr(Expr::cust(LOCK)).take()).await?;
    }
    Ok(())
}

/// Locks the requests that these steps may touch, in the order of their ids. While others who file are kept out, none is
/// added to them.
pub(crate) async fn lock_rows(tx: &mut Tx, steps: &[&ApprovalStep]) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Sqlite {
        return Ok(());
    }
    let (mut ids, mut bindings) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            ApprovalStep::Attempt(id) => ids.push(id.as_str()),
            ApprovalStep::Use(taken) => ids.push(taken.id.as_str()),
            ApprovalStep::File(new) => {
                bindings.push(new.binding.as_str());
                ids.extend(new.replaces.as_ref().map(ApprovalId::as_str));
            }
        }
    }
    let rows: Vec<LockedRow> = tx.fetch_all(&select_rows(&ids, &bindings)).await?;
    if let Some(first) = rows.first() {
        tracing::trace!(count = rows.len(), first = %first.id, "requests are locked");
    }
    Ok(())
}

fn select_rows(ids: &[&str], bindings: &[&str]) -> SelectStatement {
    // Written out, not bound, as the index of those that can end has it.
    let open = Expr::cust("\"state\" IN ('pending', 'approved')");
    let ending = Expr::col(Approvals::Binding).is_in(bindings.iter().copied()).and(open);
    Query::select()
        .column(Approvals::Id)
        .from(Approvals::Table)
        .and_where(Expr::col(Approvals::Id).is_in(ids.iter().copied()).or(ending))
        .order_by(Approvals::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .take()
}

/// Locks requests that are to be removed, whatever else looks at them still, in the same order.
pub(super) async fn lock_over(tx: &mut Tx, ids: &[&str]) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.fetch_all::<LockedRow>(&select_over(ids)).await?;
    }
    Ok(())
}

fn select_over(ids: &[&str]) -> SelectStatement {
    Query::select()
        .column(Approvals::Id)
        .from(Approvals::Table)
        .and_where(Expr::col(Approvals::Id).is_in(ids.iter().copied()))
        .order_by(Approvals::Id, Order::Asc)
        .lock(LockType::Update)
        .take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::PostgresQueryBuilder;

    #[test]
    fn requests_are_locked_in_the_order_of_their_ids() {
        let text = select_rows(&["b", "a"], &["d"]).to_string(PostgresQueryBuilder);
        for part in [
            r#""id" IN ('b', 'a')"#,
            r#""binding" IN ('d')"#,
            r#""state" IN ('pending', 'approved')"#,
            r#"ORDER BY "id" ASC FOR NO KEY UPDATE"#,
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = select_over(&["b", "a"]).to_string(PostgresQueryBuilder);
        assert!(text.ends_with(r#"IN ('b', 'a') ORDER BY "id" ASC FOR UPDATE"#), "{text}");
        // Whoever files and touches nothing else names no id.
        assert!(!select_rows(&[], &["d"]).to_string(PostgresQueryBuilder).contains("IN ()"));
    }
}

//! How often somebody asked lately, whatever became of it: who files and takes back in a circle comes to an end. Counted and
//! written within the transaction that files, under its lock, so it holds over replicas.

use super::filing::{NewApproval, party};
use super::tables::ApprovalFilings;
use crate::Store;
use crate::db::{Dialect, StoreError, Tx, now_micros};
use sea_query::{Expr, ExprTrait, OnConflict, Query, SelectStatement};

/// So many requests may one caller file for one rule within [`FILED_WITHIN`], whatever becomes of them.
pub const MOST_FILED: i64 = 200;

/// The time in which filings are counted: an hour, in microseconds. It slides.
pub const FILED_WITHIN: i64 = 3_600 * 1_000_000;

#[derive(sqlx::FromRow)]
struct Found {
    n: i64,
}

/// What was filed at this moment counts no longer.
fn earliest(dialect: Dialect) -> Expr {
    now_micros(dialect).sub(FILED_WITHIN)
}

/// How many this caller filed of late, for each of the rules that ask.
pub(super) fn lately(new: &NewApproval, dialect: Dialect) -> SelectStatement {
    Query::select()
        .expr_as(Expr::cust("count(*)"), "n")
        .from(ApprovalFilings::Table)
        .and_where(
            Expr::col(ApprovalFilings::Rule).is_in(new.requirements.iter().map(|asked| asked.rule.as_str())),
        )
        .and_where(Expr::col(ApprovalFilings::Party).eq(party(new)))
        .and_where(Expr::col(ApprovalFilings::At).gt(earliest(dialect)))
        .group_by_col(ApprovalFilings::Rule)
        .take()
}

/// The most that this caller filed of late for any one of the rules.
pub(super) async fn count(tx: &mut Tx, new: &NewApproval) -> Result<i64, StoreError> {
    let query = lately(new, tx.dialect());
    Ok(tx.fetch_all::<Found>(&query).await?.into_iter().map(|row| row.n).max().unwrap_or(0))
}

/// Notes a filing.
pub(super) async fn add(tx: &mut Tx, new: &NewApproval) -> Result<(), StoreError> {
    for requirement in &new.requirements {
        let insert = Query::insert()
            .into_table(ApprovalFilings::Table)
            .columns([
                ApprovalFilings::Rule,
                ApprovalFilings::Party,
                ApprovalFilings::At,
                ApprovalFilings::Approval,
            ])
            .values_panic([
                requirement.rule.as_str().into(),
                party(new).into(),
                new.filed_at.micros().into(),
                new.id.as_str().into(),
            ])
            // One rule counts once.
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .take();
        tx.execute(&insert).await?;
    }
    Ok(())
}

impl Store {
    /// Forgets filings that are too old to count, by the database's clock; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_filings(&self) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(ApprovalFilings::Table)
            .and_where(Expr::col(ApprovalFilings::At).lte(earliest(self.dialect())))
            .take();
        self.db.execute(&delete).await
    }
}

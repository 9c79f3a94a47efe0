//! Requests and approvals whose time is over. Nothing waits for this to be written down: whoever reads them goes by the
//! clock; it makes room, and takes away what is kept no longer than needed.

use super::events::{self, ApprovalEventKind, Of};
use super::tables::Approvals;
use super::{Approval, ApprovalRow, select};
use crate::Store;
use crate::administration::{Via, Writer};
use crate::changes::{self, Action, Change};
use crate::db::{Dialect, StoreError, Tx, new_id, statement_micros};
use policy::labels::ApprovalState;
use policy::{ApprovalId, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::json;

/// Who did it, in the record of changes.
const BY: &str = "countersign";

/// Why an approval ends before its time.
const REPLACED: &str = "what the rules ask for changed; asked anew";

/// Written out, not bound: only so may SQLite use the indexes of those that can end. By the clock as it was when the statement
/// began: only so may Postgres.
pub(super) fn over(query: &mut SelectStatement, dialect: Dialect) {
    let now = || statement_micros(dialect);
    let waits = Expr::cust("\"approvals\".\"state\" = 'pending'")
        .and(Expr::col((Approvals::Table, Approvals::ExpiresAt)).lte(now()));
    let holds = Expr::cust("\"approvals\".\"state\" = 'approved'")
        .and(Expr::col((Approvals::Table, Approvals::ValidUntil)).lte(now()));
    query.cond_where(Condition::any().add(waits).add(holds));
}

/// `why`: where it is not that its time is over.
async fn expire(
    tx: &mut Tx,
    approval: &Approval,
    why: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut update = Query::update()
        .table(Approvals::Table)
        .value(Approvals::State, ApprovalState::Expired.as_str())
        .value(Approvals::LookUntil, 0_i64)
        .and_where(Expr::col(Approvals::Id).eq(approval.id.as_str()))
        .and_where(Expr::col(Approvals::State).eq(approval.state.as_str()))
        .take();
    let mut after = json!({"state": ApprovalState::Expired});
    if let Some(why) = why {
        update.value(Approvals::Reason, why);
        after["reason"] = json!(why);
    }
    if tx.execute(&update).await? == 0 {
        return Ok(false);
    }
    let change = Change {
        id: new_id(),
        at: now,
        actor: BY.to_owned(),
        via: Via::System,
        request_id: None,
        kind: "approval".to_owned(),
        object: approval.id.to_string(),
        tenant: Some(approval.tenant.clone()),
        action: Action::Update,
        before: Some(json!({"state": approval.state})),
        after: Some(after),
    };
    tx.execute(&changes::insert(&change)?).await?;
    let of = Of { approval: &approval.id, tenant: &approval.tenant };
    events::add(tx, of, ApprovalEventKind::Expired, None, now).await?;
    Ok(true)
}

/// Ends what is bound to the same and past its time, so that it can be asked for anew.
pub(super) async fn expire_of_binding(tx: &mut Tx, binding: &str, now: Timestamp) -> Result<(), StoreError> {
    let mut query = select();
    query.and_where(Expr::col((Approvals::Table, Approvals::Binding)).eq(binding));
    over(&mut query, tx.dialect());
    for row in tx.fetch_all::<ApprovalRow>(&query).await? {
        expire(tx, &Approval::try_from(row)?, None, now).await?;
    }
    Ok(())
}

/// Ends an approval that no longer meets what the rules ask; false where it is none any more.
pub(super) async fn expire_replaced(
    tx: &mut Tx,
    id: &ApprovalId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col((Approvals::Table, Approvals::Id)).eq(id.as_str()))
        .and_where(Expr::col((Approvals::Table, Approvals::State)).eq(ApprovalState::Approved.as_str()));
    match tx.fetch_optional::<ApprovalRow>(&query).await? {
        Some(row) => expire(tx, &Approval::try_from(row)?, Some(REPLACED), now).await,
        None => Ok(false),
    }
}

/// What became of those whose time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EndedApprovals {
    /// So many ended.
    pub ended: usize,
    /// So many cannot be read: they stay as they are, and hold no other up. Calls and pages go by the clock.
    pub unreadable: usize,
}

impl Writer {
    /// Ends requests and approvals whose time is over, so many at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn expire_approvals(&mut self, limit: usize) -> Result<EndedApprovals, StoreError> {
        let mut done = EndedApprovals::default();
        let mut after = String::new();
        // Those that cannot be read stay where they are: what is behind them is looked at all the same.
        while done.ended < limit {
            let page = u64::try_from(limit.saturating_sub(done.ended)).unwrap_or(u64::MAX);
            let mut query = select();
            over(&mut query, self.tx.dialect());
            query
                .and_where(Expr::col((Approvals::Table, Approvals::Id)).gt(after.as_str()))
                .order_by((Approvals::Table, Approvals::Id), Order::Asc)
                .limit(page);
            let rows = self.tx.fetch_all::<ApprovalRow>(&query).await?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.id);
            for row in rows {
                let id = row.id.clone();
                match Approval::try_from(row) {
                    Ok(approval) => {
                        done.ended += usize::from(expire(&mut self.tx, &approval, None, self.now).await?);
                    }
                    Err(error) => {
                        tracing::error!(approval = %id, %error, "a request whose time is over cannot be read");
                        done.unreadable += 1;
                    }
                }
            }
        }
        Ok(done)
    }
}

impl Store {
    /// Whether there is anything whose time is over and not written down as such.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_ended_approvals(&self) -> Result<bool, StoreError> {
        let mut query = select();
        over(&mut query, self.dialect());
        query.limit(1);
        Ok(self.db.fetch_optional::<ApprovalRow>(&query).await?.is_some())
    }
}

//! The calls that used an approval, and whether their answers arrived.

use super::tables::ApprovalCalls;
use crate::db::{Source, StoreError};
use crate::{Store, Writer};
use policy::{ApprovalId, DecisionId, Timestamp};
use sea_query::{Expr, ExprTrait, Func, Order, Query};
use serde::Serialize;

/// One use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalCall {
    /// The decision that let the call pass.
    pub decision: DecisionId,
    pub at: Timestamp,
    /// None: whether the answer left is not known. The use counts all the same.
    pub delivered_at: Option<Timestamp>,
    /// When a person gave the use back.
    pub reissued_at: Option<Timestamp>,
}

impl ApprovalCall {
    /// Whether its answer may never have arrived, and its use stands all the same.
    pub fn is_lost(&self) -> bool {
        self.delivered_at.is_none() && self.reissued_at.is_none()
    }
}

#[derive(sqlx::FromRow)]
struct CallRow {
    decision: String,
    at: i64,
    delivered_at: Option<i64>,
    reissued_at: Option<i64>,
}

impl From<CallRow> for ApprovalCall {
    fn from(row: CallRow) -> Self {
        Self {
            decision: DecisionId::new(row.decision),
            at: Timestamp::from_micros(row.at),
            delivered_at: row.delivered_at.map(Timestamp::from_micros),
            reissued_at: row.reissued_at.map(Timestamp::from_micros),
        }
    }
}

async fn list<S: Source>(source: &mut S, id: &ApprovalId) -> Result<Vec<ApprovalCall>, StoreError> {
    let query = Query::select()
        .columns([
            ApprovalCalls::Decision,
            ApprovalCalls::At,
            ApprovalCalls::DeliveredAt,
            ApprovalCalls::ReissuedAt,
        ])
        .from(ApprovalCalls::Table)
        .and_where(Expr::col(ApprovalCalls::Approval).eq(id.as_str()))
        .order_by(ApprovalCalls::At, Order::Asc)
        .order_by(ApprovalCalls::Decision, Order::Asc)
        .take();
    Ok(source.all::<CallRow, _>(&query).await?.into_iter().map(ApprovalCall::from).collect())
}

impl Store {
    /// In their order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_approval_calls(&self, id: &ApprovalId) -> Result<Vec<ApprovalCall>, StoreError> {
        list(&mut &self.db, id).await
    }

    /// Notes that the answer of this decision left, where that is not noted yet; false where its use was given back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_delivery(&self, decision: &DecisionId, at: Timestamp) -> Result<bool, StoreError> {
        let first = Func::coalesce([Expr::col(ApprovalCalls::DeliveredAt), Expr::val(at.micros())]);
        let update = Query::update()
            .table(ApprovalCalls::Table)
            .value(ApprovalCalls::DeliveredAt, first)
            .and_where(Expr::col(ApprovalCalls::Decision).eq(decision.as_str()))
            .and_where(Expr::col(ApprovalCalls::ReissuedAt).is_null())
            .take();
        Ok(self.db.execute(&update).await? > 0)
    }
}

impl Writer {
    /// As [`Store::list_approval_calls`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_approval_calls(&mut self, id: &ApprovalId) -> Result<Vec<ApprovalCall>, StoreError> {
        list(&mut self.tx, id).await
    }
}

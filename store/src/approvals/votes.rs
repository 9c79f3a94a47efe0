//! What persons said to a request.

use super::tables::ApprovalVotes;
use crate::db::{Source, StoreError, word};
use crate::{Store, Writer};
use policy::labels::Verdict;
use policy::{ApprovalId, SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query};
use serde::Serialize;

/// One person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalVote {
    pub approval: ApprovalId,
    pub person: SubjectId,
    /// The console account that it came from.
    pub account: String,
    /// Whose duty it was, where that is another's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_place_of: Option<SubjectId>,
    pub verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub at: Timestamp,
    /// Narrower than the rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uses: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct VoteRow {
    approval: String,
    person: String,
    account: String,
    in_place_of: Option<String>,
    verdict: String,
    reason: Option<String>,
    at: i64,
    valid_until: Option<i64>,
    uses: Option<i64>,
}

impl TryFrom<VoteRow> for ApprovalVote {
    type Error = StoreError;

    fn try_from(row: VoteRow) -> Result<Self, StoreError> {
        Ok(Self {
            approval: ApprovalId::new(row.approval),
            person: SubjectId::new(row.person),
            account: row.account,
            in_place_of: row.in_place_of.map(SubjectId::new),
            verdict: word(&row.verdict, "approval_votes.verdict")?,
            reason: row.reason,
            at: Timestamp::from_micros(row.at),
            valid_until: row.valid_until.map(Timestamp::from_micros),
            uses: row.uses,
        })
    }
}

pub(super) const COLUMNS: [ApprovalVotes; 9] = [
    ApprovalVotes::Approval,
    ApprovalVotes::Person,
    ApprovalVotes::Account,
    ApprovalVotes::InPlaceOf,
    ApprovalVotes::Verdict,
    ApprovalVotes::Reason,
    ApprovalVotes::At,
    ApprovalVotes::ValidUntil,
    ApprovalVotes::Uses,
];

async fn list<S: Source>(source: &mut S, id: &ApprovalId) -> Result<Vec<ApprovalVote>, StoreError> {
    let query = Query::select()
        .columns(COLUMNS)
        .from(ApprovalVotes::Table)
        .and_where(Expr::col(ApprovalVotes::Approval).eq(id.as_str()))
        .order_by(ApprovalVotes::At, Order::Asc)
        .order_by(ApprovalVotes::Person, Order::Asc)
        .take();
    source.all::<VoteRow, _>(&query).await?.into_iter().map(ApprovalVote::try_from).collect()
}

impl Store {
    /// In the order in which they were given.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_approval_votes(&self, id: &ApprovalId) -> Result<Vec<ApprovalVote>, StoreError> {
        list(&mut &self.db, id).await
    }
}

impl Writer {
    /// As [`Store::list_approval_votes`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_approval_votes(&mut self, id: &ApprovalId) -> Result<Vec<ApprovalVote>, StoreError> {
        list(&mut self.tx, id).await
    }
}

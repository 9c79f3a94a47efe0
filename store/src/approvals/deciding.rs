//! What persons do to requests, each with its record. Who may, is judged before, within the same unit of work.

use super::events::{self, ApprovalEventKind, Of};
use super::tables::{ApprovalCalls, ApprovalVotes, Approvals};
use super::{Approval, ApprovalRow, select, votes};
use crate::administration::{About, Writer};
use crate::counting::count;
use crate::db::StoreError;
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, DecisionId, SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, LockType, Query, UpdateStatement};
use serde::Serialize;

/// One person's answer, to be written down.
#[derive(Debug, Clone, Copy)]
pub struct NewVote<'a> {
    pub person: &'a SubjectId,
    pub account: &'a str,
    pub in_place_of: Option<&'a SubjectId>,
    pub verdict: Verdict,
    pub reason: Option<&'a str>,
    pub valid_until: Option<Timestamp>,
    pub uses: Option<i64>,
}

/// What becomes of the request with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It waits for others.
    Waits,
    Approved {
        uses: i64,
        valid_until: Timestamp,
    },
    Denied,
}

/// A request as the record of changes shows it.
#[derive(Serialize)]
struct Shown<'a> {
    state: ApprovalState,
    used: i64,
    uses: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<&'a SubjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_place_of: Option<&'a SubjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Of the call that used it, and whose use is given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a DecisionId>,
}

impl<'a> Shown<'a> {
    fn of(approval: &'a Approval) -> Self {
        Self {
            state: approval.state,
            used: approval.used,
            uses: approval.uses,
            valid_until: approval.valid_until,
            person: None,
            in_place_of: None,
            verdict: None,
            reason: None,
            decision: None,
        }
    }
}

fn update(id: &ApprovalId, from: &[ApprovalState]) -> UpdateStatement {
    Query::update()
        .table(Approvals::Table)
        .and_where(Expr::col(Approvals::Id).eq(id.as_str()))
        .and_where(Expr::col(Approvals::State).is_in(from.iter().map(|state| state.as_str())))
        .take()
}

fn about(approval: &Approval) -> About<'_> {
    About { kind: "approval", object: approval.id.as_str(), tenant: Some(&approval.tenant) }
}

fn of(approval: &Approval) -> Of<'_> {
    Of { approval: &approval.id, tenant: &approval.tenant }
}

impl Writer {
    /// The request as it is now, and stays until this unit of work is over.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn hold_approval(&mut self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        if id.as_str().contains('\0') {
            return Ok(None);
        }
        let query = select()
            .and_where(Expr::col((Approvals::Table, Approvals::Id)).eq(id.as_str()))
            .lock(LockType::NoKeyUpdate)
            .take();
        self.tx.fetch_optional::<ApprovalRow>(&query).await?.map(Approval::try_from).transpose()
    }

    /// Writes down the vote of somebody who did not vote yet, and what becomes of a request that waits.
    ///
    /// # Errors
    /// When the database does not answer, or the person voted before.
    pub async fn add_approval_vote(
        &mut self,
        before: &Approval,
        vote: &NewVote<'_>,
        settles: Settlement,
    ) -> Result<Approval, StoreError> {
        let insert = Query::insert()
            .into_table(ApprovalVotes::Table)
            .columns(votes::COLUMNS)
            .values_panic([
                before.id.as_str().into(),
                vote.person.as_str().into(),
                vote.account.into(),
                vote.in_place_of.map(|person| person.as_str().to_owned()).into(),
                vote.verdict.as_str().into(),
                vote.reason.map(str::to_owned).into(),
                self.now.micros().into(),
                vote.valid_until.map(Timestamp::micros).into(),
                vote.uses.into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        let mut after = before.clone();
        let mut decided = |state: ApprovalState| {
            after.state = state;
            after.decided_at = Some(self.now);
            after.decided_by = Some(vote.person.clone());
            after.reason = vote.reason.map(str::to_owned);
        };
        let (kind, look_until) = match settles {
            Settlement::Waits => (ApprovalEventKind::Voted, before.expires_at),
            Settlement::Approved { uses, valid_until } => {
                decided(ApprovalState::Approved);
                after.uses = uses;
                after.valid_until = Some(valid_until);
                (ApprovalEventKind::Approved, valid_until)
            }
            Settlement::Denied => {
                decided(ApprovalState::Denied);
                (ApprovalEventKind::Denied, before.expires_at)
            }
        };
        if after.state != before.state {
            let update = update(&before.id, &[ApprovalState::Pending])
                .value(Approvals::State, after.state.as_str())
                .value(Approvals::DecidedAt, self.now.micros())
                .value(Approvals::DecidedBy, vote.person.as_str())
                .value(Approvals::Reason, after.reason.clone())
                .value(Approvals::Uses, after.uses)
                .value(Approvals::ValidUntil, after.valid_until.map(Timestamp::micros))
                .value(Approvals::LookUntil, look_until.micros())
                .take();
            if self.tx.execute(&update).await? == 0 {
                return Err(StoreError::corrupt("a request that is held was decided by another"));
            }
        }
        let shown = Shown {
            person: Some(vote.person),
            in_place_of: vote.in_place_of,
            verdict: Some(vote.verdict),
            reason: vote.reason,
            ..Shown::of(&after)
        };
        self.record(about(before), Some(&Shown::of(before)), Some(&shown)).await?;
        events::add(&mut self.tx, of(before), kind, Some(vote.person), self.now).await?;
        Ok(after)
    }

    /// Takes back a request that waits, or an approval that was not used up. None where it is neither any more.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn cancel_approval(
        &mut self,
        before: &Approval,
        by: &SubjectId,
    ) -> Result<Option<Approval>, StoreError> {
        let update = update(&before.id, &[ApprovalState::Pending, ApprovalState::Approved])
            .value(Approvals::State, ApprovalState::Cancelled.as_str())
            .value(Approvals::DecidedAt, self.now.micros())
            .value(Approvals::DecidedBy, by.as_str())
            .value(Approvals::LookUntil, 0_i64)
            .take();
        if self.tx.execute(&update).await? == 0 {
            return Ok(None);
        }
        let after = Approval {
            state: ApprovalState::Cancelled,
            decided_at: Some(self.now),
            decided_by: Some(by.clone()),
            ..before.clone()
        };
        let shown = Shown { person: Some(by), ..Shown::of(&after) };
        self.record(about(before), Some(&Shown::of(before)), Some(&shown)).await?;
        events::add(&mut self.tx, of(before), ApprovalEventKind::Cancelled, Some(by), self.now).await?;
        Ok(Some(after))
    }

    /// Gives back the use of a call whose answer may never have arrived. None where there is no such use, its time is over,
    /// it was taken back, or the same was asked for anew meanwhile: what was denied since then stays denied.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn reissue_approval(
        &mut self,
        before: &Approval,
        decision: &DecisionId,
        by: &SubjectId,
    ) -> Result<Option<Approval>, StoreError> {
        let Some(valid_until) = before.valid_until.filter(|until| self.now < *until) else { return Ok(None) };
        if !matches!(before.state, ApprovalState::Approved | ApprovalState::Used) {
            return Ok(None);
        }
        let denied =
            Expr::cust("\"state\" = 'denied'").and(Expr::col(Approvals::ExpiresAt).gt(self.now.micros()));
        let others = Query::select()
            .from(Approvals::Table)
            .and_where(Expr::col(Approvals::Binding).eq(before.binding.as_str()))
            .and_where(Expr::col(Approvals::Id).ne(before.id.as_str()))
            .and_where(Expr::cust("\"state\" IN ('pending', 'approved')").or(denied))
            .take();
        if count(&mut self.tx, others).await? > 0 {
            return Ok(None);
        }
        let call = Query::update()
            .table(ApprovalCalls::Table)
            .value(ApprovalCalls::ReissuedAt, self.now.micros())
            .and_where(Expr::col(ApprovalCalls::Decision).eq(decision.as_str()))
            .and_where(Expr::col(ApprovalCalls::Approval).eq(before.id.as_str()))
            .and_where(Expr::col(ApprovalCalls::DeliveredAt).is_null())
            .and_where(Expr::col(ApprovalCalls::ReissuedAt).is_null())
            .take();
        if self.tx.execute(&call).await? == 0 {
            return Ok(None);
        }
        let update = update(&before.id, &[ApprovalState::Approved, ApprovalState::Used])
            .value(Approvals::State, ApprovalState::Approved.as_str())
            .value(Approvals::Used, Expr::col(Approvals::Used).sub(1_i64))
            .value(Approvals::LookUntil, valid_until.micros())
            .and_where(Expr::col(Approvals::Used).gt(0_i64))
            .take();
        if self.tx.execute(&update).await? == 0 {
            return Err(StoreError::corrupt("a use that was counted nowhere"));
        }
        let after = Approval {
            state: ApprovalState::Approved,
            used: before.used.saturating_sub(1),
            ..before.clone()
        };
        let shown = Shown { person: Some(by), decision: Some(decision), ..Shown::of(&after) };
        self.record(about(before), Some(&Shown::of(before)), Some(&shown)).await?;
        events::add(&mut self.tx, of(before), ApprovalEventKind::Reissued, Some(by), self.now).await?;
        Ok(Some(after))
    }
}

//! Deciding: one unit of work each, in which everything is judged anew. Each leaves an administrative change.

use super::hearing::Hearing;
use super::reader::Reader;
use super::{ApprovalError, Approvals, Decider, MAX_REASON, MayDecide, Vote};
use policy::approval::{Cast, Difference, Ineligible};
use policy::labels::{ApprovalState, Verdict};
use policy::{ApprovalId, DecisionId, SubjectId, Timestamp};
use store::approvals::{Approval, NewVote, Settlement};
use store::{Actor, Via};

/// How many requests are ended at once.
const MOST_ENDED: usize = 500;

impl Approvals {
    /// Writes down what somebody says to a request, and decides it where that is enough.
    ///
    /// # Errors
    /// When there is no such request, it waits no longer, what was shown moved, or this account may not decide it, did so
    /// before, or would go further than the rules.
    pub async fn vote(
        &self,
        by: &Decider<'_>,
        id: &ApprovalId,
        vote: &Vote,
    ) -> Result<Approval, ApprovalError> {
        let reason = reason(vote)?;
        let mut writer = self.store.write(by.actor.clone()).await?;
        let held = writer.hold_approval(id).await?.ok_or(ApprovalError::Unknown)?;
        let now = writer.now();
        match held.state_at(now) {
            ApprovalState::Pending => {}
            over => return Err(ApprovalError::Over(over)),
        }
        let mut reader = Reader::Deciding(&mut writer);
        let mut hearing = Hearing::of(&mut reader, held).await?;
        let (may, cast) = hearing.admit(&mut reader, by.account).await??;
        if let Some(moved) = Difference::between(&vote.seen, &hearing.seen(), hearing.moved()) {
            return Err(ApprovalError::Changed(moved));
        }
        if hearing.given.iter().any(|given| given.person == may.person) {
            return Err(ApprovalError::Voted);
        }
        narrower(vote, &may, now)?;
        let settles = settle(&mut hearing, cast, vote);
        let new = NewVote {
            person: &may.person,
            account: by.account,
            in_place_of: may.in_place_of.as_ref(),
            verdict: vote.verdict,
            reason: reason.as_deref(),
            valid_until: vote.valid_until,
            uses: vote.uses.map(i64::from),
        };
        let after = writer.add_approval_vote(&hearing.approval, &new, settles).await?;
        writer.commit().await?;
        Ok(after)
    }

    /// Takes a request back, or an approval that was not used up.
    ///
    /// # Errors
    /// When there is no such request, it is over, or somebody else asked for it.
    pub async fn cancel(
        &self,
        by: &SubjectId,
        actor: Actor,
        id: &ApprovalId,
    ) -> Result<Approval, ApprovalError> {
        let mut writer = self.store.write(actor).await?;
        let held = writer.hold_approval(id).await?.ok_or(ApprovalError::Unknown)?;
        if held.subject != *by && held.actor.as_ref() != Some(by) {
            return Err(ApprovalError::NotTheRequester);
        }
        match held.state_at(writer.now()) {
            ApprovalState::Pending | ApprovalState::Approved => {}
            over => return Err(ApprovalError::Over(over)),
        }
        let after = writer.cancel_approval(&held, by).await?.ok_or(ApprovalError::Over(held.state))?;
        writer.commit().await?;
        Ok(after)
    }

    /// Gives back the use of a call whose answer may never have arrived.
    ///
    /// # Errors
    /// When there is no such use, its time is over, this account may not approve the request, or more persons than this one
    /// were asked.
    pub async fn reissue(
        &self,
        by: &Decider<'_>,
        id: &ApprovalId,
        decision: &DecisionId,
    ) -> Result<Approval, ApprovalError> {
        let mut writer = self.store.write(by.actor.clone()).await?;
        let held = writer.hold_approval(id).await?.ok_or(ApprovalError::Unknown)?;
        let mut reader = Reader::Deciding(&mut writer);
        let hearing = Hearing::of(&mut reader, held).await?;
        let (may, _) = hearing.admit(&mut reader, by.account).await??;
        // One call more is one approval more: it needs all whom the rules ask. The call asks anew by itself.
        if !may.alone {
            return Err(ApprovalError::NotAlone);
        }
        let after = writer.reissue_approval(&hearing.approval, decision, &may.person).await?;
        let after = after.ok_or(ApprovalError::NothingToReissue)?;
        writer.commit().await?;
        Ok(after)
    }

    /// Ends what is past its time, at most 500 at once; answers how many. Nothing waits for it: calls and pages go by the
    /// clock.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn expire(&self) -> Result<usize, ApprovalError> {
        if !self.store.has_ended_approvals().await? {
            return Ok(0);
        }
        let actor = Actor { name: "countersign".to_owned(), via: Via::System, request_id: None };
        let mut writer = self.store.write(actor).await?;
        let done = writer.expire_approvals(MOST_ENDED).await?;
        writer.commit().await?;
        if done.unreadable > 0 {
            tracing::warn!(
                count = done.unreadable,
                "requests whose time is over cannot be read and stay as they are"
            );
        }
        Ok(done.ended)
    }

    /// How far this account may go with a request, or why it may not decide it.
    ///
    /// # Errors
    /// When there is no such request, or the database does not answer.
    pub async fn may_decide(
        &self,
        account: &str,
        id: &ApprovalId,
    ) -> Result<Result<MayDecide, Ineligible>, ApprovalError> {
        let approval = self.store.get_approval(id).await?.ok_or(ApprovalError::Unknown)?;
        let mut reader = Reader::Page { store: &self.store, now: self.store.now().await? };
        let hearing = Hearing::of(&mut reader, approval).await?;
        Ok(hearing.admit(&mut reader, account).await?.map(|(may, _)| may))
    }
}

/// The reason as it is kept.
fn reason(vote: &Vote) -> Result<Option<String>, ApprovalError> {
    let given = vote.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let Some(reason) = given else {
        return if vote.verdict == Verdict::Deny { Err(ApprovalError::Reason) } else { Ok(None) };
    };
    let is_bad = |character: char| character.is_control() && !matches!(character, '\n' | '\r');
    if reason.chars().count() > MAX_REASON || reason.chars().any(is_bad) {
        return Err(ApprovalError::Reason);
    }
    Ok(Some(reason.to_owned()))
}

/// Whether it goes no further than the rules.
fn narrower(vote: &Vote, may: &MayDecide, now: Timestamp) -> Result<(), ApprovalError> {
    if vote.valid_until.is_some_and(|until| until <= now || until > may.latest) {
        return Err(ApprovalError::Wider { field: "valid_until" });
    }
    if vote.uses.is_some_and(|uses| uses == 0 || uses > may.most_uses) {
        return Err(ApprovalError::Wider { field: "uses" });
    }
    Ok(())
}

/// What becomes of the request with this vote. The narrowest of all who approved stands.
fn settle(hearing: &mut Hearing, cast: Cast, vote: &Vote) -> Settlement {
    if vote.verdict == Verdict::Deny {
        return Settlement::Denied;
    }
    hearing.votes.push(cast);
    if !hearing.is_approved() {
        return Settlement::Waits;
    }
    let most = i64::from(hearing.most_uses());
    let given = || hearing.given.iter().filter(|given| given.verdict == Verdict::Approve);
    let uses = given().filter_map(|given| given.uses).chain(vote.uses.map(i64::from)).min();
    let until = given().filter_map(|given| given.valid_until).chain(vote.valid_until).min();
    Settlement::Approved {
        uses: uses.map_or(most, |uses| uses.min(most)),
        valid_until: until.map_or(hearing.latest(), |until| until.min(hearing.latest())),
    }
}

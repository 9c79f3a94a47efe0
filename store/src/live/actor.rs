//! Who acts for the caller, read in the live statement itself: for each question one more part with the same columns, in
//! which the actor is looked up as the caller is. Only questions that name an actor have it.

use super::{LiveRow, memberships, subject};
use crate::db::StoreError;
use policy::Timestamp;
use policy::facts::{MembershipFacts, SubjectFacts};

/// What the database said of the actor, at the moment of the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveActor {
    /// By an identity only where the token's issuer is registered. None: not registered.
    pub subject: Option<SubjectFacts>,
    /// Tokens by which it acts that were issued up to this moment no longer count.
    pub tokens_after: Option<Timestamp>,
    /// As [`LiveState::memberships`](super::LiveState::memberships).
    pub memberships: Vec<MembershipFacts>,
}

/// Whom a part of the statement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Caller,
    Actor,
}

impl Whose {
    /// As the rows say it, in `whose`.
    pub(super) fn number(self) -> i32 {
        match self {
            Self::Caller => 0,
            Self::Actor => 1,
        }
    }
}

/// Takes the actor's rows out of the others.
pub(super) fn taken_out(rows: &mut Vec<LiveRow>) -> Result<Option<LiveActor>, StoreError> {
    let theirs: Vec<LiveRow> = rows.extract_if(.., |row| row.whose == Whose::Actor.number()).collect();
    let Some(first) = theirs.first() else { return Ok(None) };
    Ok(Some(LiveActor {
        subject: subject(first)?,
        tokens_after: first.subject_tokens_after.map(Timestamp::from_micros),
        memberships: memberships(theirs),
    }))
}

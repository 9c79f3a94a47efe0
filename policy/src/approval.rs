//! Who may countersign a call, and when enough of them did. Persons are compared, never accounts: whoever asks, whoever
//! answers for the agent that asks, and whoever a rule excludes has no say, and nobody counts twice.

mod seen;

pub use seen::{Difference, RuleDifference, Seen, SeenError};

use crate::ids::{RuleId, SubjectId};
use crate::labels::{SubjectKind, Verdict};
use crate::rule::ApprovalTerms;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// A rule that asks for approval, as it stood when the request was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    pub rule: RuleId,
    pub name: String,
    pub version: i64,
    /// Of those that say so, meeting any one is enough; each of the others must be met.
    #[serde(default, skip_serializing_if = "is_false")]
    pub any: bool,
    pub terms: ApprovalTerms,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Whether what is asked for is met, where `met` says it of one requirement.
pub fn all_met(requirements: &[Requirement], met: impl Fn(&Requirement) -> bool) -> bool {
    let (any, each): (Vec<_>, Vec<_>) = requirements.iter().partition(|requirement| requirement.any);
    each.into_iter().all(&met) && (any.is_empty() || any.into_iter().any(&met))
}

/// Somebody who may have a say, as the live state has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: SubjectId,
    pub kind: SubjectKind,
    pub active: bool,
    /// Has a live membership in the request's tenant.
    pub member: bool,
    /// Held there.
    pub roles: Vec<String>,
}

impl Person {
    fn holds(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

/// What a request is about, as far as it says who may not decide it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub subject: &'a SubjectId,
    pub actor: Option<&'a SubjectId>,
    /// Who answers for the subject and for the actor.
    pub owners: &'a [SubjectId],
    pub filed_at: Timestamp,
}

/// Why somebody may not decide. The texts are for that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    #[error("this account is not linked to a person, so it cannot approve; an owner can link it")]
    NoPerson,
    #[error("this person is switched off")]
    Inactive,
    #[error("this person is no member of the tenant that the request belongs to")]
    NotAMember,
    #[error("who asks for an approval cannot give it")]
    Requester,
    #[error("who answers for the agent that asks cannot approve its calls")]
    Owner,
    #[error("a rule excludes this person from approving the call")]
    Excluded,
    #[error("this account's role does not approve calls; an owner can change it")]
    Role,
    #[error("no rule that asks for this approval asks this person")]
    NotAsked,
}

/// A vote with those it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cast {
    pub verdict: Verdict,
    pub voter: Person,
    /// In whose place, where that is another.
    pub duty: Option<Person>,
    /// Whether the account it came from is still on, still the voter's, and still of a role that approves.
    pub account_holds: bool,
}

impl Cast {
    fn duty(&self) -> &Person {
        self.duty.as_ref().unwrap_or(&self.voter)
    }
}

/// Whether somebody may have a say at all, under these terms.
fn unbarred(terms: &ApprovalTerms, person: &Person, asked: &Asked<'_>) -> Result<(), Ineligible> {
    if person.kind != SubjectKind::User {
        return Err(Ineligible::NoPerson);
    }
    if !person.active {
        return Err(Ineligible::Inactive);
    }
    if !person.member {
        return Err(Ineligible::NotAMember);
    }
    if person.id == *asked.subject || Some(&person.id) == asked.actor {
        return Err(Ineligible::Requester);
    }
    if asked.owners.contains(&person.id) {
        return Err(Ineligible::Owner);
    }
    let excluded = terms.exclude_subjects.contains(&person.id)
        || terms.exclude_roles.iter().any(|role| person.holds(role));
    if excluded { Err(Ineligible::Excluded) } else { Ok(()) }
}

/// Whether these terms ask this person, in whose place somebody else may answer.
fn is_asked(terms: &ApprovalTerms, person: &Person, asked: &Asked<'_>, now: Timestamp) -> bool {
    let escalated = terms.escalates_at(asked.filed_at).is_some_and(|at| at <= now);
    let further = terms.escalate_to.iter().filter(|_| escalated);
    terms.approver_subjects.contains(&person.id)
        || terms.approvers.iter().chain(further).any(|role| person.holds(role))
}

/// Whether `voter` may decide under these terms, for itself or in the place of `duty`.
///
/// # Errors
/// Why not.
pub fn may_decide(
    terms: &ApprovalTerms,
    voter: &Person,
    duty: Option<&Person>,
    asked: &Asked<'_>,
    now: Timestamp,
) -> Result<(), Ineligible> {
    unbarred(terms, voter, asked)?;
    if let Some(duty) = duty {
        // Nobody has a substitute do what they may not do.
        unbarred(terms, duty, asked)?;
    }
    if is_asked(terms, duty.unwrap_or(voter), asked, now) { Ok(()) } else { Err(Ineligible::NotAsked) }
}

/// The votes that count at all: whom one of these terms keeps out has no say under any other.
pub fn heard(terms: &[&ApprovalTerms], votes: &[Cast], asked: &Asked<'_>) -> Vec<Cast> {
    let counts = |vote: &&Cast| {
        let mut persons = std::iter::once(&vote.voter).chain(&vote.duty);
        persons.all(|person| terms.iter().all(|terms| unbarred(terms, person, asked).is_ok()))
    };
    votes.iter().filter(counts).cloned().collect()
}

/// Whose duty is done by these votes: each once, in the order of the votes.
pub fn approved_by<'a>(
    terms: &ApprovalTerms,
    votes: &'a [Cast],
    asked: &Asked<'_>,
    now: Timestamp,
) -> Vec<&'a SubjectId> {
    let mut done: Vec<&SubjectId> = Vec::new();
    let mut voted: Vec<&SubjectId> = Vec::new();
    for vote in votes {
        let counts = vote.verdict == Verdict::Approve
            && vote.account_holds
            && may_decide(terms, &vote.voter, vote.duty.as_ref(), asked, now).is_ok();
        let (duty, voter) = (&vote.duty().id, &vote.voter.id);
        if counts && !done.contains(&duty) && !voted.contains(&voter) {
            done.push(duty);
            voted.push(voter);
        }
    }
    done
}

/// Whether enough persons approved.
pub fn is_met(terms: &ApprovalTerms, votes: &[Cast], asked: &Asked<'_>, now: Timestamp) -> bool {
    let wanted = usize::try_from(terms.quorum).unwrap_or(usize::MAX).max(1);
    approved_by(terms, votes, asked, now).len() >= wanted
}

#[cfg(test)]
mod tests;

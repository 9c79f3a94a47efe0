//! The denials that stand in place of a decision which could not be kept.

use super::{Answer, Decided};
use policy::{Decision, Reason};
use store::recorder::Lack;

/// The answer where nothing could be recorded.
pub(super) fn not_recorded(decided: &Decided) -> Answer {
    let decision = Decision::deny(Reason::AuditUnavailable, "the decision could not be recorded");
    let responses = decided.gathered.facts.credential.responses;
    Answer { id: None, decision: in_place_of(&decided.decision, decision), responses }
}

/// The denial where a task was looked at again and again, and each time had a call left that was gone a moment later; or
/// an approval was.
pub(super) fn kept_changing(allowed: &Decision, lack: Lack) -> Decision {
    let denial = match lack {
        Lack::Task => {
            Decision::deny(Reason::TaskInactive, "the task kept changing while a call was to be taken of it")
        }
        Lack::Approval | Lack::TooMany | Lack::TooOften => Decision::deny(
            Reason::PolicyUnavailable,
            "the policy or the approval kept changing while a use was to be taken of it",
        ),
    };
    in_place_of(allowed, denial)
}

/// A denial that belongs to the same tenant.
pub(crate) fn in_place_of(decision: &Decision, denial: Decision) -> Decision {
    Decision { tenant: decision.tenant.clone(), revision: decision.revision, ..denial }
}

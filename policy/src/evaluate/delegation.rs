//! Delegation: somebody acts for the subject. Each of the two is evaluated, the stricter result stands, and what is asked
//! of each adds up. So an actor can only ever take away.

use super::admission::Party;
use super::words::short;
use crate::decision::{AppliedRule, Decision, ShadowOutcome};
use crate::facts::{ActorFacts, ActorIdentity, Facts};
use crate::ids::TenantSlug;
use crate::labels::Effect;
use crate::reason::Reason;

/// How many nearest misses are told.
const MOST_MISSES: usize = 5;

/// Whether the actor is somebody who may act at all.
pub(super) fn check_actor(actor: &ActorFacts) -> Result<(), Decision> {
    let unknown = |why: String| Err(Decision::deny(Reason::UnknownActor, why));
    match &actor.identity {
        ActorIdentity::Unknown { why } => unknown(why.clone()),
        ActorIdentity::UnknownIdentity { issuer, sub } => unknown(format!(
            "the token names an actor, and no subject has the identity `{}` of issuer `{}`",
            short(sub),
            short(issuer)
        )),
        ActorIdentity::Token { subject, .. } | ActorIdentity::Asserted { subject } if !subject.active => {
            Err(Decision::deny(
                Reason::ActorDisabled,
                format!("`{}`, who acts for the subject, is disabled", subject.id),
            ))
        }
        ActorIdentity::Token { .. } | ActorIdentity::Asserted { .. } => Ok(()),
    }
}

/// The actor as a party in the tenant that the subject's call counts under.
pub(super) fn party<'a>(
    facts: &Facts,
    actor: &'a ActorFacts,
    tenant: &TenantSlug,
) -> Result<Party<'a>, Decision> {
    let Some(subject) = actor.subject() else {
        return Err(Decision::deny(Reason::UnknownActor, "there is no telling who acts"));
    };
    match actor.membership(tenant, facts.now) {
        Some(membership) => Ok(Party { subject, membership }),
        None => {
            let ended = actor.memberships.iter().find(|m| m.tenant == *tenant).and_then(|m| m.until);
            let why = match ended {
                Some(until) => format!(
                    "the membership of `{}`, who acts, in tenant `{tenant}` ended {until}",
                    subject.id
                ),
                None => format!("`{}`, who acts, is not a member of tenant `{tenant}`", subject.id),
            };
            Err(Decision::deny(Reason::NoMembership, why))
        }
    }
}

/// How little the caller can do about it: the greater stands.
pub(super) fn strictness(decision: &Decision) -> u8 {
    match decision.reason {
        Reason::Allowed if decision.is_allow() => 0,
        Reason::ApprovalRequired => 1,
        Reason::ArgumentsMissing => 2,
        Reason::ParametersOutOfScope => 3,
        Reason::ConditionError => 4,
        Reason::NoMatchingRule => 5,
        _ => 6,
    }
}

/// What is decided on one party's call through another. `own` is what was decided for the subject, `acting` what for the
/// actor.
pub(super) fn stricter(own: Decision, acting: Decision, subject: &Party<'_>, actor: &Party<'_>) -> Decision {
    let (subject, actor) = (&subject.subject.id, &actor.subject.id);
    let for_subject = format!("for `{subject}`: {}", own.reviewer_text);
    let for_actor = format!("for `{actor}`, who acts: {}", acting.reviewer_text);
    let (own_rank, acting_rank) = (strictness(&own), strictness(&acting));
    let alike = own_rank == acting_rank;
    let (mut stands, other) = if acting_rank > own_rank { (acting, own) } else { (own, acting) };
    stands.reviewer_text = match (alike, acting_rank > own_rank) {
        (true, _) => format!("{for_subject}; {for_actor}"),
        (false, true) => for_actor,
        (false, false) => for_subject,
    };
    if alike {
        stands.break_glass = stands.break_glass.or(other.break_glass);
        // Only both together are what the caller has to change.
        if stands.reason == Reason::ParametersOutOfScope && stands.caller_text != other.caller_text {
            stands.caller_text = format!("{} {}", stands.caller_text, other.caller_text);
        }
        for miss in other.nearest {
            if stands.nearest.iter().all(|known| known.rule != miss.rule) {
                stands.nearest.push(miss);
            }
        }
        stands.nearest.truncate(MOST_MISSES);
    }
    take_over(&mut stands, other.rules, other.shadow);
    stands
}

/// What took part in another decision on the same call took part in this one as well.
pub(super) fn take_over(stands: &mut Decision, rules: Vec<AppliedRule>, shadow: Vec<ShadowOutcome>) {
    for rule in rules {
        if stands.rules.iter().all(|known| known.id != rule.id) {
            stands.rules.push(rule);
        }
    }
    stands.rules.sort_by_key(place);
    for outcome in shadow {
        if stands.shadow.iter().all(|known| known.id != outcome.id) {
            stands.shadow.push(outcome);
        }
    }
}

/// Strictest first.
fn place(rule: &AppliedRule) -> u8 {
    match rule.effect {
        Effect::Deny => 0,
        Effect::RequireApproval => 1,
        Effect::Allow => 2,
    }
}

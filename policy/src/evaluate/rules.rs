//! Combining rules, in Kleene logic: no priorities, no order, and unknown is never permission.

use super::admission::{Parties, Party};
use super::{EvaluationRequest, Inputs, Open, Thing, delegation, emergency, nearest, words};
use crate::compile::{CompiledRule, Condition, PolicySet};
use crate::decision::{AppliedRule, Decision, Outcome, Part, ShadowOutcome, Truth};
use crate::labels::{Effect, RuleStatus};
use crate::reason::Reason;
use crate::rule::Rule;
use crate::timestamp::Timestamp;
use serde_json::Value;

/// How each part of one rule came out for one call. "What" holds already: the index saw to it.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) rule: &'a CompiledRule,
    who: Truth,
    label: Truth,
    validity: Truth,
    parameters: Truth,
    condition: Truth,
    pub(super) truth: Truth,
    note: Option<&'static str>,
    /// Its condition reads a variable that is left open.
    reads_open: bool,
}

impl Judged<'_> {
    /// The parts that are not true.
    pub(super) fn failing(&self) -> Vec<Part> {
        [
            (Part::Parameters, self.parameters),
            (Part::Condition, self.condition),
            (Part::Validity, self.validity),
            (Part::Label, self.label),
            (Part::Who, self.who),
        ]
        .into_iter()
        .filter(|(_, truth)| *truth != Truth::True)
        .map(|(part, _)| part)
        .collect()
    }

    pub(super) fn parameters(&self) -> Truth {
        self.parameters
    }

    pub(super) fn condition(&self) -> Truth {
        self.condition
    }

    /// Why a part is unknown, where it is.
    pub(super) fn note(&self) -> Option<&str> {
        self.rule.broken().or(self.note)
    }

    /// Whether the call was missed for nothing but the want of its arguments.
    pub(super) fn wants_only_arguments(&self) -> bool {
        let blamed = |part: &Part| match part {
            Part::Parameters => true,
            Part::Condition => self.rule.condition.as_ref().is_some_and(Condition::reads_arguments),
            Part::Validity | Part::Label | Part::Who => false,
        };
        self.truth == Truth::Unknown && self.rule.broken().is_none() && self.failing().iter().all(blamed)
    }

    /// The parts that what is left open decides. Empty where the rule comes out the same whatever that is.
    pub(super) fn open(&self) -> Vec<Part> {
        if self.truth != Truth::Unknown || self.rule.broken().is_some() {
            return Vec::new();
        }
        let is_open = |part: &Part| match part {
            Part::Parameters => true,
            Part::Condition => self.reads_open,
            Part::Who => self.who == Truth::Unknown,
            Part::Validity | Part::Label => false,
        };
        self.failing().into_iter().filter(is_open).collect()
    }

    pub(super) fn applied(&self) -> AppliedRule {
        AppliedRule {
            id: self.rule.id.clone(),
            name: self.rule.rule.name.clone(),
            version: self.rule.version,
            effect: self.rule.rule.effect,
            truth: self.truth,
            note: self.note().map(str::to_owned),
            approval: self.rule.rule.approval.clone(),
        }
    }
}

/// Whether the rule means this party. Of a subject that is left open, only the roles are known.
fn who(rule: &Rule, party: &Party<'_>, open: Open) -> Truth {
    let anybody = rule.roles.is_empty() && rule.subjects.is_empty();
    let by_role = anybody || rule.roles.iter().any(|role| party.holds(role));
    if open.holds("subject") {
        let named = if by_role || rule.subjects.is_empty() { Truth::from(by_role) } else { Truth::Unknown };
        return named.and(if rule.kinds.is_empty() { Truth::True } else { Truth::Unknown });
    }
    let named = by_role || rule.subjects.contains(&party.subject.id);
    Truth::from(named && (rule.kinds.is_empty() || rule.kinds.contains(&party.subject.kind)))
}

pub(super) fn judge<'a>(
    rule: &'a CompiledRule,
    party: &Party<'_>,
    thing: Thing<'_>,
    inputs: &Inputs<'_>,
    now: Timestamp,
    open: Open,
) -> Judged<'a> {
    let written = &rule.rule;
    let who = who(written, party, open);
    let label = thing.label(written);
    let validity = written.valid.is_none_or(|valid| valid.holds_at(now));
    let mut note = None;
    let parameters = match (&rule.parameters, inputs.arguments()) {
        _ if rule.broken().is_some() => Truth::Unknown,
        (None, _) => Truth::True,
        (Some(_), None) => {
            note = Some("the arguments were not sent");
            Truth::Unknown
        }
        (Some(scope), Some(arguments)) => {
            let truth = scope.truth(arguments, written.effect);
            if truth == Truth::Unknown {
                note = Some(
                    "an argument is of another type than the rule speaks about, or there are too many to tell",
                );
            }
            truth
        }
    };
    if label == Truth::Unknown {
        note = note.or(Some("the resource is not registered, so its sensitivity is not known"));
    }
    let failed = [who == Truth::False, label == Truth::False, !validity, parameters == Truth::False]
        .into_iter()
        .filter(|failed| *failed)
        .count();
    let (condition, why) = match &rule.condition {
        // Conditions cost more than all the rest, so they are asked only where they can matter: for the
        // outcome, or for telling whether an allow rule was missed in one respect alone.
        Some(condition) if failed <= usize::from(written.effect == Effect::Allow) => {
            condition.truth(inputs, written.effect)
        }
        Some(_) => (Truth::Unknown, None),
        None => (Truth::True, None),
    };
    let note = note.or(why);
    let validity = Truth::from(validity);
    let truth = who.and(label).and(validity).and(parameters).and(condition);
    let reads_open = rule.condition.as_ref().is_some_and(|condition| condition.reads_open(inputs));
    Judged { rule, who, label, validity, parameters, condition, truth, note, reads_open }
}

/// What the rules say of the subject, and of who acts for it.
pub(super) fn decide(
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    thing: Thing<'_>,
) -> Decision {
    let inputs = Inputs::new(request, parties, set, thing, Open::NOTHING);
    let own = decide_for(&parties.subject, set, request, &inputs, thing);
    match &parties.actor {
        None => own,
        Some(actor) => {
            let acting = decide_for(actor, set, request, &inputs, thing);
            delegation::stricter(own, acting, &parties.subject, actor)
        }
    }
}

/// What the rules say where `who` is held against this party. Everything else means the same for all parties.
fn decide_for(
    party: &Party<'_>,
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    inputs: &Inputs<'_>,
    thing: Thing<'_>,
) -> Decision {
    let judged: Vec<Judged<'_>> = thing
        .rules(set, request.call)
        .into_iter()
        .map(|rule| judge(rule, party, thing, inputs, request.facts.now, Open::NOTHING))
        .collect();
    let counting =
        |effect: Effect| judged.iter().filter(move |j| j.rule.counts() && j.rule.rule.effect == effect);
    let denies: Vec<_> = counting(Effect::Deny).filter(|j| j.truth.bites()).collect();
    let requirements: Vec<_> = counting(Effect::RequireApproval).filter(|j| j.truth.bites()).collect();
    let grants: Vec<_> = counting(Effect::Allow).filter(|j| j.truth == Truth::True).collect();

    let mut decision = if !denies.is_empty() {
        Decision::deny(
            Reason::DeniedByRule,
            words::denied_by(&denies.iter().map(|j| j.applied()).collect::<Vec<_>>()),
        )
    } else if grants.is_empty() {
        no_grant(&judged, party, thing, inputs.arguments())
    } else {
        with_grants(&grants, &requirements, request)
    };
    // A deny rule that bites stays; what was merely not allowed, or waits for approval, may be allowed all the same.
    if denies.is_empty()
        && !decision.is_allow()
        && let Some(allowed) = emergency::allowed(set, request.facts.now, party, thing)
    {
        decision = allowed;
    }
    decision.rules = denies.iter().chain(&requirements).chain(&grants).map(|j| j.applied()).collect();
    decision.shadow = shadow(&judged);
    decision
}

/// An allow rule is true; what approval is still wanting?
fn with_grants(
    grants: &[&Judged<'_>],
    requirements: &[&Judged<'_>],
    request: &EvaluationRequest<'_>,
) -> Decision {
    let met = |j: &&&Judged<'_>| request.approved.contains(&j.rule.id);
    let free = grants.iter().find(|j| j.rule.rule.approval.is_none());
    let granted = free.or_else(|| grants.iter().find(met));
    let unmet: Vec<&str> = requirements
        .iter()
        .filter(|j| !met(j))
        .chain(grants.iter().filter(|_| granted.is_none()))
        .map(|j| j.rule.rule.name.as_str())
        .collect();
    match granted {
        Some(grant) if unmet.is_empty() => {
            let mut decision = Decision::deny(Reason::Allowed, words::allowed_by(&grant.applied()));
            decision.outcome = Outcome::Allow;
            decision
        }
        _ => Decision::deny(Reason::ApprovalRequired, words::approval_asked_by(&unmet)),
    }
}

/// No allow rule is true; the nearest of them says why.
pub(super) fn no_grant(
    judged: &[Judged<'_>],
    party: &Party<'_>,
    thing: Thing<'_>,
    arguments: Option<&Value>,
) -> Decision {
    let allow: Vec<&Judged<'_>> =
        judged.iter().filter(|j| j.rule.counts() && j.rule.rule.effect == Effect::Allow).collect();
    let only_for = |part: Part, truth: Truth| {
        let missed = |j: &&&Judged<'_>| j.rule.broken().is_none() && j.failing() == [part];
        let came_out = |j: &&&Judged<'_>| {
            if part == Part::Condition { j.condition == truth } else { j.parameters == truth }
        };
        allow.iter().filter(missed).any(|j| came_out(&j))
    };
    let only_want_of_arguments = arguments.is_none() && allow.iter().any(|j| j.wants_only_arguments());
    let is_broken = |j: &&Judged<'_>| j.rule.broken().is_some() && j.failing() == [Part::Parameters];
    let reason = if only_for(Part::Parameters, Truth::False) {
        Reason::ParametersOutOfScope
    } else if only_want_of_arguments {
        Reason::ArgumentsMissing
    } else if only_for(Part::Condition, Truth::Unknown) || allow.iter().any(is_broken) {
        Reason::ConditionError
    } else {
        Reason::NoMatchingRule
    };
    let nearest = nearest::misses(&allow, party, thing, arguments);
    let mut decision = Decision::deny(reason, words::no_grant(party, thing, &nearest));
    if reason == Reason::ParametersOutOfScope
        && let Some(text) = words::parameters_for_caller(&nearest)
    {
        decision.caller_text = text;
    }
    decision.nearest = nearest;
    decision
}

fn shadow(judged: &[Judged<'_>]) -> Vec<ShadowOutcome> {
    judged
        .iter()
        .filter(|j| j.rule.rule.status == RuleStatus::Shadow)
        .filter(|j| match j.rule.rule.effect {
            Effect::Allow => j.truth == Truth::True,
            Effect::Deny | Effect::RequireApproval => j.truth.bites(),
        })
        .map(|j| ShadowOutcome {
            id: j.rule.id.clone(),
            name: j.rule.rule.name.clone(),
            effect: j.rule.rule.effect,
            truth: j.truth,
        })
        .collect()
}

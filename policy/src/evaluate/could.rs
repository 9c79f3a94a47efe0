//! Whether a call could be allowed, whatever of it is still left open: for lists, searches and the Access explorer.
//!
//! It goes the way of a decision up to the arguments, through the same code, and asks every rule the same way; what
//! hangs on what is left open becomes a condition in words. It hides only what nothing could have allowed.

use super::admission::{self, Parties, Party};
use super::rules::{self, Judged};
use super::{
    EvaluationRequest, Inputs, Open, Thing, emergency, mapped, of_one_moment, reach, scope_words, words,
};
use crate::binding::CompiledBinding;
use crate::compile::{ArgumentCheck, CompiledServer, CompiledTool, PolicySet};
use crate::decision::{Decision, Part, Truth};
use crate::facts::{Facts, Revision};
use crate::ids::{RuleId, SubjectId, TenantSlug};
use crate::labels::{ArgumentsMode, Effect, TaskNeed};
use crate::reason::Reason;
use crate::rule::ApprovalTerms;

/// How far a call could come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing of what is left open could make it allowed, nor could any approval.
    Never,
    /// It depends on what is left open.
    Conditional,
    /// Whatever is left open, a person must approve each call.
    AfterApproval,
    /// Whatever is left open, as long as the arguments are good.
    Always,
}

/// A rule that has, or could have, a part in the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// None: a break-glass grant.
    pub rule: Option<RuleId>,
    pub name: String,
    pub effect: Effect,
    /// What it asks of the arguments, each as words that follow "if": "/amount <= 100".
    pub bounds: Vec<String>,
    /// When else it counts, each as words that follow "if".
    pub conditions: Vec<String>,
    /// Who approves, where it asks for an approval: roles whose holders do, and persons by id. Never empty there.
    pub approvers: Vec<String>,
    /// Whether a caller may be told of it.
    pub explain: bool,
}

impl Clause {
    /// Whether it counts in any case.
    pub fn is_sure(&self) -> bool {
        self.bounds.is_empty() && self.conditions.is_empty()
    }

    /// Everything that follows "if".
    pub fn all(&self) -> impl Iterator<Item = &str> {
        self.bounds.iter().chain(&self.conditions).map(String::as_str)
    }
}

/// What could become of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Could {
    pub verdict: Verdict,
    /// Why never; else what an answer would say.
    pub reason: Reason,
    /// One sentence for the reviewer where it is never.
    pub text: String,
    pub tenant: Option<TenantSlug>,
    /// Rules that allow it, or would.
    pub ways: Vec<Clause>,
    /// Rules that ask for an approval or deny, or would.
    pub limits: Vec<Clause>,
    /// What is asked of the call whatever the rules say.
    pub needed: Vec<String>,
    /// Where somebody acts for the caller, and nothing denied the call before the rules: what they say of the caller, and
    /// what of who acts. The rest of this is what the two of them come to.
    pub sides: Option<Box<[Side; 2]>>,
}

/// One of the two that a call through somebody is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub id: SubjectId,
    pub could: Could,
}

impl Could {
    /// Whether a person must approve each call, whatever else it hangs on.
    pub fn always_asks(&self) -> bool {
        if let Some(sides) = &self.sides {
            return sides.iter().any(|side| side.could.always_asks());
        }
        // Break-glass goes without approvals.
        if self.ways.is_empty() || self.ways.iter().any(|way| way.rule.is_none()) {
            return false;
        }
        let asks = |limit: &Clause| limit.effect == Effect::RequireApproval && limit.is_sure();
        self.ways.iter().all(|way| !way.approvers.is_empty()) || self.limits.iter().any(asks)
    }

    fn settled(decision: Decision) -> Self {
        Self {
            verdict: if decision.is_allow() { Verdict::Always } else { Verdict::Never },
            reason: decision.reason,
            text: decision.reviewer_text,
            tenant: decision.tenant,
            ways: Vec::new(),
            limits: Vec::new(),
            needed: Vec::new(),
            sides: None,
        }
    }
}

/// Whether the call could be allowed. What is left `open` of it is not looked at, and neither is what is approved.
pub fn could(set: Option<&PolicySet>, request: &EvaluationRequest<'_>, open: Open) -> Could {
    let parties = match admission::admit(request.facts, request.call) {
        Ok(parties) => parties,
        Err(denied) => return Could::settled(denied),
    };
    let mut could = match within_tenant(set, request, &parties, open) {
        Ok(could) => could,
        Err(settled) => Could::settled(settled),
    };
    could.tenant = Some(parties.subject.membership.tenant.clone());
    could
}

fn within_tenant(
    set: Option<&PolicySet>,
    request: &EvaluationRequest<'_>,
    parties: &Parties<'_>,
    open: Open,
) -> Result<Could, Decision> {
    let subject = &parties.subject;
    let revision =
        Revision { global: request.facts.global_revision, tenant: subject.membership.tenant_revision };
    let set = of_one_moment(set, subject, revision)?;
    let thing = reach(set, request, parties, open)?;
    let mut needed = match thing {
        Thing::Tool { server, tool } => needed(request.facts, server, tool)?,
        Thing::Resource { .. } => Vec::new(),
    };
    needed.extend(left_open(thing, open));
    let open = open.about(thing);
    let inputs = Inputs::new(request, parties, set, thing, open);
    let of = |party: &Party<'_>| by_rules(set, request, party, thing, &inputs, open, &needed);
    let side = |party: &Party<'_>| Side { id: party.subject.id.clone(), could: of(party) };
    Ok(match parties.actor.as_ref().filter(|_| !open.holds("actor")) {
        Some(actor) => stricter([side(subject), side(actor)]),
        None => of(subject),
    })
}

/// What is asked of the rest of the call where it is left open: its task, its token, and who acts for the caller.
fn left_open(thing: Thing<'_>, open: Open) -> Vec<String> {
    let mut needed = Vec::new();
    if let Thing::Tool { tool, .. } = thing {
        if open.holds("task") && tool.source.task == TaskNeed::Required {
            needed.push("the call names a task that covers it".to_owned());
        }
        if open.holds("token") {
            let scopes = tool.source.scopes.iter();
            needed.extend(scopes.map(|scope| format!("the token holds the scope `{}`", words::short(scope))));
        }
    }
    if open.holds("actor") {
        needed.push("whoever acts for the caller may call it as well".to_owned());
    }
    needed
}

/// What could become of a call of which both are asked: the caller, and who acts for it.
fn stricter(sides: [Side; 2]) -> Could {
    let [Side { could: own, .. }, Side { could: acting, .. }] = &sides;
    let (stands, other) = if acting.verdict < own.verdict { (acting, own) } else { (own, acting) };
    let mut stands = stands.clone();
    if stands.verdict != Verdict::Never {
        take_over(&mut stands.ways, &other.ways);
        take_over(&mut stands.limits, &other.limits);
    }
    stands.sides = Some(Box::new(sides));
    stands
}

fn take_over(clauses: &mut Vec<Clause>, others: &[Clause]) {
    for clause in others {
        if !clauses.contains(clause) {
            clauses.push(clause.clone());
        }
    }
}

/// What is asked of the arguments beside the tool's schema and the rules.
fn needed(facts: &Facts, server: &CompiledServer, tool: &CompiledTool) -> Result<Vec<String>, Decision> {
    let bindings = tool.bindings().map_err(|why| {
        Decision::deny(
            Reason::EvaluationFailed,
            format!("a stored binding of the tool cannot be used: {why}"),
        )
    })?;
    let mut needed: Vec<String> = bindings
        .iter()
        .map(CompiledBinding::binding)
        .map(|binding| format!("{} names a {} of the tenant", words::short(&binding.pointer), binding.kind))
        .collect();
    // A mapping that cannot be used denies whatever the arguments are; one that can asks something of each call.
    needed.extend(mapped::needed(tool)?);
    if let (true, ArgumentCheck::NotUsable(error)) = (server.check_arguments, &tool.check) {
        match facts.credential.arguments {
            ArgumentsMode::Required => {
                return Err(Decision::deny(
                    Reason::ArgumentsInvalid,
                    format!("the tool's input schema is not usable: {error}"),
                ));
            }
            ArgumentsMode::ByName => needed.push("the arguments are not sent".to_owned()),
        }
    }
    Ok(needed)
}

fn by_rules(
    set: &PolicySet,
    request: &EvaluationRequest<'_>,
    party: &Party<'_>,
    thing: Thing<'_>,
    inputs: &Inputs<'_>,
    open: Open,
    needed: &[String],
) -> Could {
    let now = request.facts.now;
    let judged: Vec<Judged<'_>> = thing
        .rules(set, request.call)
        .into_iter()
        .map(|rule| rules::judge(rule, party, thing, inputs, now, open))
        .collect();
    let of = |effect: Effect| judged.iter().filter(move |j| j.rule.counts() && j.rule.rule.effect == effect);
    let certain: Vec<_> =
        of(Effect::Deny).filter(|j| j.truth.bites() && j.open().is_empty()).map(Judged::applied).collect();
    if !certain.is_empty() {
        return Could::settled(Decision::deny(Reason::DeniedByRule, words::denied_by(&certain)));
    }
    let could_be_true =
        |j: &&Judged<'_>| j.truth == Truth::True || (j.truth == Truth::Unknown && j.failing() == j.open());
    let glass = emergency::allowed(set, now, party, thing);
    let mut ways: Vec<Clause> = of(Effect::Allow).filter(could_be_true).map(clause).collect();
    if ways.is_empty() && glass.is_none() {
        return Could::settled(rules::no_grant(&judged, party, thing, inputs.arguments()));
    }
    let restricts = of(Effect::Deny).chain(of(Effect::RequireApproval));
    let limits: Vec<Clause> = restricts.filter(|j| j.truth.bites()).map(clause).collect();
    let verdict = verdict(&ways, &limits, glass.is_some(), needed);
    ways.extend(glass.map(|_| Clause {
        rule: None,
        name: "break-glass".to_owned(),
        effect: Effect::Allow,
        bounds: Vec::new(),
        conditions: Vec::new(),
        approvers: Vec::new(),
        explain: false,
    }));
    let reason = match verdict {
        Verdict::AfterApproval => Reason::ApprovalRequired,
        _ => Reason::Allowed,
    };
    Could {
        verdict,
        reason,
        text: String::new(),
        tenant: None,
        ways,
        limits,
        needed: needed.to_vec(),
        sides: None,
    }
}

/// Some rule could allow it, and none surely denies it.
fn verdict(ways: &[Clause], limits: &[Clause], glass: bool, needed: &[String]) -> Verdict {
    let granted = glass || ways.iter().any(Clause::is_sure);
    let may_be_denied = limits.iter().any(|limit| limit.effect == Effect::Deny);
    if !granted || may_be_denied || !needed.is_empty() {
        return Verdict::Conditional;
    }
    let mut asks = limits.iter().filter(|limit| limit.effect == Effect::RequireApproval);
    let freely = ways.iter().any(|way| way.is_sure() && way.approvers.is_empty());
    if glass || (freely && limits.is_empty()) {
        Verdict::Always
    } else if asks.any(Clause::is_sure) || ways.iter().all(|way| !way.approvers.is_empty()) {
        Verdict::AfterApproval
    } else {
        Verdict::Conditional
    }
}

fn clause(judged: &Judged<'_>) -> Clause {
    let rule = &judged.rule.rule;
    let (mut bounds, mut conditions) = (Vec::new(), Vec::new());
    for part in judged.open() {
        match part {
            Part::Parameters => bounds.extend(rule.parameters.iter().flat_map(scope_words::bounds)),
            Part::Condition => conditions.extend(rule.when.iter().map(|when| format!("`{when}` holds"))),
            Part::Who => conditions.push(words::open_who(rule)),
            Part::Validity | Part::Label => {}
        }
    }
    Clause {
        rule: Some(judged.rule.id.clone()),
        name: rule.name.clone(),
        effect: rule.effect,
        bounds,
        conditions,
        approvers: rule.approval.iter().flat_map(ApprovalTerms::all_approvers).map(str::to_owned).collect(),
        explain: rule.explain,
    }
}

//! What a decision asks approval for: which rules, which members of the call's context they read, and what else is
//! evaluated beside the call. An approval is for these alone.

use super::{EvaluationRequest, called_tool, mapped};
use crate::approval::Requirement;
use crate::call::Call;
use crate::compile::{MappedCall, PolicySet};
use crate::decision::{AppliedRule, Decision};
use crate::facts::Facts;
use crate::labels::Effect;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The rules that ask, of those that applied. Where somebody acts for the subject, an allow rule may be one of either; and
/// where the tool's mapping asks for evaluations, one of any of them. So then each of them is asked for.
pub fn requirements(decision: &Decision, delegated: bool) -> Vec<Requirement> {
    let several = delegated || !decision.evaluations.is_empty();
    let is_free = |rule: &AppliedRule| rule.effect == Effect::Allow && rule.approval.is_none();
    let free = !several && decision.rules.iter().any(is_free);
    decision
        .rules
        .iter()
        // A rule that allows without anybody's approval makes those needless that would with it.
        .filter(|rule| rule.effect == Effect::RequireApproval || !free)
        .filter_map(|rule| {
            Some(Requirement {
                rule: rule.id.clone(),
                name: rule.name.clone(),
                version: rule.version,
                any: rule.effect == Effect::Allow && !several,
                terms: rule.approval.clone()?,
            })
        })
        .collect()
}

/// The members of a context that the rules that applied read; None where that cannot be told.
fn members_read<'a>(set: &'a PolicySet, decision: &Decision) -> Option<BTreeSet<&'a str>> {
    let mut read = BTreeSet::new();
    for applied in &decision.rules {
        let compiled = set.rules().find(|rule| rule.id == applied.id);
        let Some(condition) = compiled.and_then(|rule| rule.condition.as_ref()) else { continue };
        read.extend(condition.context()?.iter().map(String::as_str));
    }
    Some(read)
}

/// The members of the call's context that the rules that applied read; all of them where that cannot be told.
pub fn context_of(set: &PolicySet, decision: &Decision, call: &Call) -> Map<String, Value> {
    let Some(read) = members_read(set, decision) else { return call.context.clone() };
    let of = |name: &str| Some((name.to_owned(), call.context.get(name)?.clone()));
    read.into_iter().filter_map(of).collect()
}

/// Claims that speak of the token rather than of whoever holds it: they are others in each token, and judged live alone.
const OF_THE_TOKEN: [&str; 4] = ["exp", "iat", "jti", "nbf"];

/// The claims of the caller's token that the rules that applied read; all of them where that cannot be told. But for
/// those that are others in each token by nature.
pub fn claims_of(set: &PolicySet, decision: &Decision, facts: &Facts) -> Map<String, Value> {
    let Some(token) = facts.identity.token() else { return Map::new() };
    let (mut read, mut any) = (BTreeSet::new(), false);
    for applied in &decision.rules {
        let compiled = set.rules().find(|rule| rule.id == applied.id);
        let Some(condition) = compiled.and_then(|rule| rule.condition.as_ref()) else { continue };
        match condition.claims() {
            Some(names) => read.extend(names.iter().map(String::as_str)),
            None => any = true,
        }
    }
    let bound = |name: &str| (any || read.contains(name)) && !OF_THE_TOKEN.contains(&name);
    let claims = token.claims.iter().filter(|(name, _)| bound(name));
    claims.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// What the tool's declared mapping asks for beside the call, as it comes out for this call: from the arguments, and from
/// the claims of the caller's token, which are no part of the call. Of what it says of the context, only what the rules
/// that applied read. None: it does not come out, and the call is denied for that.
pub fn mapped_of(
    set: &PolicySet,
    decision: &Decision,
    request: &EvaluationRequest<'_>,
) -> Option<Vec<MappedCall>> {
    let Some(tool) = called_tool(set, request.facts, request.call) else { return Some(Vec::new()) };
    let mut calls = mapped::calls(request, tool, &set.tenant.slug).ok()?;
    if let Some(read) = members_read(set, decision) {
        for call in &mut calls {
            call.context.retain(|name, _| read.contains(name.as_str()));
        }
    }
    Some(calls)
}

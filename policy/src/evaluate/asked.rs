//! What a decision asks approval for: which rules, and which members of the call's context they read. An approval is for
//! these alone.

use crate::approval::Requirement;
use crate::call::Call;
use crate::compile::PolicySet;
use crate::decision::{AppliedRule, Decision};
use crate::labels::Effect;
use serde_json::{Map, Value};

/// The rules that ask, of those that applied. Where somebody acts for the subject, an allow rule may be one of either; so
/// then each of them is asked for.
pub fn requirements(decision: &Decision, delegated: bool) -> Vec<Requirement> {
    let is_free = |rule: &AppliedRule| rule.effect == Effect::Allow && rule.approval.is_none();
    let free = !delegated && decision.rules.iter().any(is_free);
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
                any: rule.effect == Effect::Allow && !delegated,
                terms: rule.approval.clone()?,
            })
        })
        .collect()
}

/// The members of the call's context that the rules that applied read; all of them where that cannot be told.
pub fn context_of(set: &PolicySet, decision: &Decision, call: &Call) -> Map<String, Value> {
    let mut bound = Map::new();
    for applied in &decision.rules {
        let compiled = set.rules().find(|rule| rule.id == applied.id);
        let Some(condition) = compiled.and_then(|rule| rule.condition.as_ref()) else { continue };
        let Some(members) = condition.context() else { return call.context.clone() };
        for name in members {
            if let Some(value) = call.context.get(name) {
                bound.insert(name.clone(), value.clone());
            }
        }
    }
    bound
}

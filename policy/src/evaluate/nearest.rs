//! Nearest misses: enforced allow rules that exactly one part kept from allowing.

use super::admission::Party;
use super::rules::Judged;
use super::{Thing, words};
use crate::decision::{NearestMiss, Part, Truth};
use serde_json::Value;

/// How many are told.
const MOST: usize = 5;

/// Parameters first (fewest failing keywords first), then condition, validity, label, who.
pub(super) fn misses(
    allow: &[&Judged<'_>],
    party: &Party<'_>,
    thing: Thing<'_>,
    arguments: Option<&Value>,
) -> Vec<NearestMiss> {
    let mut misses: Vec<NearestMiss> = allow
        .iter()
        .filter_map(|judged| match judged.failing().as_slice() {
            // Of a rule that does not compile, parameters and condition are unknown alike.
            [Part::Parameters] if judged.rule.broken().is_some() => {
                Some(miss(judged, Part::Condition, party, thing, arguments))
            }
            [part] if judged.rule.broken().is_none() => Some(miss(judged, *part, party, thing, arguments)),
            _ => None,
        })
        .collect();
    misses.sort_by(|a, b| {
        (a.part, a.parameters.len(), &a.name, &a.rule).cmp(&(b.part, b.parameters.len(), &b.name, &b.rule))
    });
    misses.truncate(MOST);
    misses
}

fn miss(
    judged: &Judged<'_>,
    part: Part,
    party: &Party<'_>,
    thing: Thing<'_>,
    arguments: Option<&Value>,
) -> NearestMiss {
    let rule = &judged.rule.rule;
    let parameters = match (part, &judged.rule.parameters, arguments) {
        (Part::Parameters, Some(scope), Some(arguments)) if judged.parameters() == Truth::False => {
            scope.misses(arguments, |path| thing.redacts(path))
        }
        _ => Vec::new(),
    };
    let wanted = match part {
        _ if judged.rule.broken().is_some() => {
            format!("it compiled: {}", judged.rule.broken().unwrap_or_default())
        }
        Part::Parameters | Part::Condition if arguments.is_none() && judged.wants_only_arguments() => {
            "the arguments were sent".to_owned()
        }
        Part::Parameters if parameters.is_empty() => {
            "its parameters could be held against arguments of that size".to_owned()
        }
        Part::Parameters => words::parameter_list(&parameters),
        Part::Condition if judged.condition() == Truth::Unknown => match judged.note() {
            Some(why) => format!("its condition could be evaluated ({why})"),
            None => "its condition could be evaluated".to_owned(),
        },
        Part::Condition => "its condition held".to_owned(),
        Part::Validity => words::validity(rule.valid.as_ref()),
        Part::Label => thing.labels(),
        Part::Who => words::who(rule, party),
    };
    NearestMiss {
        rule: judged.rule.id.clone(),
        name: rule.name.clone(),
        part,
        text: format!(
            "`{}` would allow{} if {wanted}",
            rule.name,
            if rule.approval.is_some() { " once approved" } else { "" }
        ),
        parameters,
        explain: rule.explain,
    }
}

//! The sentences of a decision, for callers and for reviewers.

use super::Thing;
use super::admission::Party;
use crate::decision::{AppliedRule, NearestMiss, ParameterMiss, Part, Truth};
use crate::rule::{Rule, Validity};
use serde_json::Value;

/// Text that came from outside, in a sentence of ours.
pub(super) fn short(text: &str) -> String {
    crate::text::shown(text, 80)
}

pub(super) fn allowed_by(rule: &AppliedRule) -> String {
    format!("`{}` allows it", rule.name)
}

pub(super) fn denied_by(rules: &[AppliedRule]) -> String {
    let list: Vec<String> = rules
        .iter()
        .map(|rule| match (rule.truth, &rule.note) {
            (Truth::Unknown, Some(note)) => format!("`{}` (unknown, so it counts: {note})", rule.name),
            _ => format!("`{}`", rule.name),
        })
        .collect();
    format!("denied by {}", list.join(", "))
}

pub(super) fn approval_asked_by(rules: &[&str]) -> String {
    let list: Vec<String> = rules.iter().map(|name| format!("`{name}`")).collect();
    format!("approval is asked for by {}", list.join(", "))
}

pub(super) fn no_grant(party: &Party<'_>, thing: Thing<'_>, nearest: &[NearestMiss]) -> String {
    if let Some(first) = nearest.first() {
        return first.text.clone();
    }
    let roles: Vec<&str> = party.membership.roles.iter().map(|grant| grant.name.as_str()).collect();
    let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
    format!("no rule allows `{thing}` for `{}` ({roles})", party.subject.id)
}

/// What to change, from the misses that the caller may be told; None where there is nothing to tell.
pub(super) fn parameters_for_caller(nearest: &[NearestMiss]) -> Option<String> {
    let told: Vec<String> = nearest
        .iter()
        .filter(|miss| miss.part == Part::Parameters && miss.explain && !miss.parameters.is_empty())
        .map(|miss| parameter_list(&miss.parameters))
        .collect();
    (!told.is_empty()).then(|| format!("The call would be allowed if {}.", told.join("; or if ")))
}

pub(super) fn parameter_list(misses: &[ParameterMiss]) -> String {
    misses.iter().map(parameter).collect::<Vec<_>>().join(" and ")
}

fn parameter(miss: &ParameterMiss) -> String {
    let wanted = keyword(&miss.path, &miss.keyword, &miss.bound);
    match &miss.value {
        Some(given) if !matches!(miss.keyword.as_str(), "required" | "additionalProperties") => {
            format!("{wanted}; it was {}", value(given))
        }
        _ => wanted,
    }
}

/// What one keyword of a rule's parameters asks for: "/amount <= 100". `at`: a JSON Pointer into the arguments.
pub(super) fn keyword(at: &str, keyword: &str, asked: &Value) -> String {
    let path = short(if at.is_empty() { "the arguments" } else { at });
    let bound = value(asked);
    match keyword {
        "maximum" => format!("{path} <= {bound}"),
        "minimum" => format!("{path} >= {bound}"),
        "exclusiveMaximum" => format!("{path} < {bound}"),
        "exclusiveMinimum" => format!("{path} > {bound}"),
        "multipleOf" => format!("{path} is a multiple of {bound}"),
        "enum" => format!("{path} is one of {}", options(asked)),
        "const" => format!("{path} is {bound}"),
        "type" => format!("{path} is of type {}", options(asked)),
        "required" => format!("{path} is given"),
        "additionalProperties" => format!("{path} is left out"),
        "pattern" => format!("{path} matches {bound}"),
        "format" => format!("{path} is a {}", options(asked)),
        "maxLength" => format!("{path} has at most {bound} characters"),
        "minLength" => format!("{path} has at least {bound} characters"),
        "maxItems" => format!("{path} has at most {bound} elements"),
        "minItems" => format!("{path} has at least {bound} elements"),
        keyword => format!("{path} meets `{keyword}`"),
    }
}

fn options(bound: &Value) -> String {
    match bound {
        Value::Array(items) => {
            let shown: Vec<String> = items.iter().take(10).map(bare).collect();
            let more = if items.len() > 10 { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
        other => bare(other),
    }
}

fn bare(item: &Value) -> String {
    match item {
        Value::String(text) => short(text),
        other => value(other),
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::String(text) => format!("`{}`", short(text)),
        other => short(&other.to_string()),
    }
}

pub(super) fn validity(valid: Option<&Validity>) -> String {
    match valid {
        Some(Validity { from: Some(from), until: Some(until) }) => {
            format!("it were between {from} and {until}")
        }
        Some(Validity { from: Some(from), until: None }) => format!("it were {from} or later"),
        Some(Validity { from: None, until: Some(until) }) => format!("it were before {until}"),
        _ => "it were valid now".to_owned(),
    }
}

pub(super) fn who(rule: &Rule, party: &Party<'_>) -> String {
    let mut wanted: Vec<String> = Vec::new();
    let held = rule.roles.iter().any(|role| party.holds(role)) || rule.subjects.contains(&party.subject.id);
    let anybody = rule.roles.is_empty() && rule.subjects.is_empty();
    if !held && !anybody {
        let roles: Vec<String> = rule.roles.iter().take(5).map(|role| format!("role `{role}`")).collect();
        if roles.is_empty() {
            wanted.push("the caller were one of the subjects it names".to_owned());
        } else {
            wanted.push(format!("`{}` held {}", party.subject.id, roles.join(" or ")));
        }
    }
    if !rule.kinds.is_empty() && !rule.kinds.contains(&party.subject.kind) {
        let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.as_str()).collect();
        wanted.push(format!(
            "the caller were of kind {}; its kind is {}",
            kinds.join(" or "),
            party.subject.kind
        ));
    }
    wanted.join(" and ")
}

/// Whom a rule means, of a caller of whom only the roles are known.
pub(super) fn open_who(rule: &Rule) -> String {
    let mut wanted = Vec::new();
    if !rule.subjects.is_empty() {
        let named: Vec<String> =
            rule.subjects.iter().take(3).map(|id| format!("`{}`", short(id.as_str()))).collect();
        let more = if rule.subjects.len() > 3 { " or another that it names" } else { "" };
        wanted.push(format!("the caller is {}{more}", named.join(" or ")));
    }
    if !rule.kinds.is_empty() {
        let kinds: Vec<&str> = rule.kinds.iter().map(|kind| kind.as_str()).collect();
        wanted.push(format!("the caller is of kind {}", kinds.join(" or ")));
    }
    wanted.join(" and ")
}

//! Whom and what a rule is about, in sentences: what a change gives and takes, what switching it off means.

use pdp::drafts::Reach;
use policy::Rule;
use policy::labels::{Effect, RuleStatus};
use std::collections::BTreeSet;

/// Names shown before "and n more".
const SHOWN: usize = 6;

/// What disabling or deleting the rule means, in numbers.
pub(super) fn consequence(rule: &Rule, reach: &Reach) -> String {
    let people = people(reach);
    let tools = counted(reach.tools.len(), "tool");
    match (rule.status, rule.effect) {
        (RuleStatus::Disabled, _) => "It is switched off, so nothing changes.".to_owned(),
        (RuleStatus::Shadow, _) => "It is only watched, so no call is decided otherwise.".to_owned(),
        (RuleStatus::Enforced, Effect::Allow) => {
            format!(
                "It allows {people} to call {tools}. Where no other rule does, their next call is denied."
            )
        }
        (RuleStatus::Enforced, Effect::RequireApproval) => {
            format!("It asks for approval when {people} call {tools}. From the next call on it does not.")
        }
        (RuleStatus::Enforced, Effect::Deny) => {
            format!("It keeps {people} from {tools}. From the next call on it does not.")
        }
    }
}

/// What saving gives and takes.
pub(super) fn compare(before: Option<(&Rule, &Reach)>, rule: &Rule, reach: &Reach) -> Vec<String> {
    let mut lines = Vec::new();
    match rule.status {
        RuleStatus::Enforced => {}
        RuleStatus::Shadow => lines.push("It is only watched: no call is decided otherwise.".to_owned()),
        RuleStatus::Disabled => lines.push("It is switched off.".to_owned()),
    }
    let (gains, loses) = match rule.effect {
        Effect::Allow => ("Gain", "Lose"),
        Effect::RequireApproval | Effect::Deny => ("Newly bound", "No longer bound"),
    };
    let counted_before = before.filter(|(old, _)| {
        old.effect == rule.effect && old.status == RuleStatus::Enforced && rule.status == RuleStatus::Enforced
    });
    let (nobody, nothing) = (BTreeSet::new(), BTreeSet::new());
    let (old_people, old_tools) = match counted_before {
        Some((_, old)) => (old.people.as_ref(), &old.tools),
        None => (Some(&nobody), &nothing),
    };
    match (old_people, &reach.people) {
        (Some(old), Some(new)) => {
            let names = |one: &BTreeSet<(String, String)>, other: &BTreeSet<(String, String)>| {
                one.difference(other).map(|(subject, tenant)| format!("`{subject}` in `{tenant}`")).collect()
            };
            push(&mut lines, gains, names(new, old));
            push(&mut lines, loses, names(old, new));
            if new.is_empty() {
                lines.push("No active member is meant by it.".to_owned());
            }
        }
        _ => lines.push("There are too many members to name those who gain or lose.".to_owned()),
    }
    let tools = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).map(|tool| format!("`{tool}`")).collect()
    };
    push(&mut lines, "Tools added", tools(&reach.tools, old_tools));
    push(&mut lines, "Tools dropped", tools(old_tools, &reach.tools));
    if lines.is_empty() {
        lines.push("The same subjects and tools as before.".to_owned());
    }
    lines
}

fn push(lines: &mut Vec<String>, what: &str, names: Vec<String>) {
    if names.is_empty() {
        return;
    }
    let more = names.len().saturating_sub(SHOWN);
    let shown: Vec<String> = names.into_iter().take(SHOWN).collect();
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    lines.push(format!("{what}: {}{rest}.", shown.join(", ")));
}

fn people(reach: &Reach) -> String {
    match &reach.people {
        Some(people) => counted(people.len(), "subject"),
        None => "more subjects than can be counted here".to_owned(),
    }
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        0 => format!("no {noun}"),
        1 => format!("1 {noun}"),
        more => format!("{more} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(status: &str) -> Rule {
        serde_json::from_value(
            json!({"name": "x", "effect": "allow", "status": status, "tools": ["crm/refund"]}),
        )
        .expect("a rule")
    }

    fn reach(people: &[&str], tools: &[&str]) -> Reach {
        Reach {
            people: Some(people.iter().map(|id| ((*id).to_owned(), "acme".to_owned())).collect()),
            tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        }
    }

    #[test]
    fn who_gains_and_who_loses() {
        let (old, new) = (rule("enforced"), rule("enforced"));
        let (before, after) = (reach(&["alice", "bob"], &["crm/a"]), reach(&["bob", "carol"], &["crm/a"]));
        assert_eq!(
            compare(Some((&old, &before)), &new, &after),
            ["Gain: `carol` in `acme`.", "Lose: `alice` in `acme`."]
        );
        assert_eq!(compare(Some((&old, &before)), &new, &before), ["The same subjects and tools as before."]);
        assert_eq!(
            compare(None, &new, &reach(&["bob"], &["crm/a"])),
            ["Gain: `bob` in `acme`.", "Tools added: `crm/a`."]
        );
    }

    #[test]
    fn the_consequence_is_in_numbers() {
        let reached = reach(&["alice", "bob"], &["crm/a"]);
        assert!(consequence(&rule("enforced"), &reached).starts_with("It allows 2 subjects to call 1 tool."));
        assert!(consequence(&rule("shadow"), &reached).starts_with("It is only watched"));
    }
}

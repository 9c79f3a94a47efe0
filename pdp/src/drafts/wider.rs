//! In what respects one form of a rule lets more through than another.

use policy::Rule;
use policy::labels::{Effect, RuleStatus};
use policy::rule::Validity;
use serde_json::{Map, Value};

/// In words, at most ten; empty where `after` lets through no more than `before`, as far as can be told.
pub fn wider(before: &Rule, after: &Rule) -> Vec<String> {
    let mut found = Vec::new();
    match (before.effect, after.effect) {
        (Effect::Allow, Effect::Allow) => {
            compare(before, after, &mut found);
            if before.approval.is_some() && after.approval.is_none() {
                found.push("No approval is needed any more".to_owned());
            }
        }
        (_, Effect::Allow) => found.push("It allows, and did not before".to_owned()),
        (Effect::Allow, _) => {}
        (Effect::Deny, Effect::RequireApproval) => {
            found.push("It asks for approval where it denied".to_owned());
        }
        // What restricts lets more through where it bites on less.
        (Effect::Deny, Effect::Deny) | (Effect::RequireApproval, _) => {
            let mut lost = Vec::new();
            compare(after, before, &mut lost);
            if !lost.is_empty() {
                found.push("It restricts less than before".to_owned());
            }
        }
    }
    if before.status == RuleStatus::Enforced
        && after.status != RuleStatus::Enforced
        && before.effect != Effect::Allow
    {
        found.push("It restricts nothing any more".to_owned());
    }
    found.truncate(10);
    found
}

/// Where `more` matches what `less` does not.
fn compare(less: &Rule, more: &Rule, found: &mut Vec<String>) {
    let mut tell = |text: String| found.push(text);
    if less.tenant.is_some() && more.tenant.is_none() {
        tell("Every tenant instead of one".to_owned());
    } else if less.tenant != more.tenant {
        tell("Another tenant".to_owned());
    }
    let anybody = |rule: &Rule| rule.roles.is_empty() && rule.subjects.is_empty();
    if anybody(more) && !anybody(less) {
        tell("Anyone instead of some roles or subjects".to_owned());
    } else if !anybody(less) {
        let roles = more.roles.iter().filter(|role| !less.roles.contains(role)).map(String::as_str);
        let subjects =
            more.subjects.iter().filter(|id| !less.subjects.contains(id)).map(policy::SubjectId::as_str);
        for name in roles.chain(subjects) {
            tell(format!("`{name}` as well"));
        }
    }
    let kinds_grew = !less.kinds.is_empty()
        && (more.kinds.is_empty() || more.kinds.iter().any(|kind| !less.kinds.contains(kind)));
    if kinds_grew {
        tell("More kinds of subject".to_owned());
    }
    for pattern in &more.tools {
        if !less.tools.iter().any(|wide| wide.covers(pattern)) {
            tell(format!("`{pattern}` as well"));
        }
    }
    for pattern in &more.actions {
        if !less.actions.iter().any(|wide| wide.covers(pattern)) {
            tell(format!("`{pattern}` as well"));
        }
    }
    for pattern in &more.resources {
        if !less.resources.iter().any(|wide| wide.covers(pattern)) {
            tell(format!("`{pattern}` as well"));
        }
    }
    let risk_grew = less.risk_at_least.is_some_and(|least| more.risk_at_least.is_none_or(|now| now < least));
    let labels_grew = !less.sensitivity.is_empty()
        && (more.sensitivity.is_empty() || more.sensitivity.iter().any(|s| !less.sensitivity.contains(s)));
    if risk_grew || labels_grew {
        tell("Tools of more labels".to_owned());
    }
    match (&less.parameters, &more.parameters) {
        (Some(_), None) => tell("Any arguments".to_owned()),
        (Some(less), Some(more)) if less != more => {
            let mut places = Vec::new();
            parameters(less, more, "", &mut places);
            places.into_iter().for_each(&mut tell);
        }
        _ => {}
    }
    match (&less.when, &more.when) {
        (Some(_), None) => tell("No condition any more".to_owned()),
        (Some(less), Some(more)) if less != more => tell("Another condition".to_owned()),
        _ => {}
    }
    let none = Validity { from: None, until: None };
    let (less, more) = (less.valid.unwrap_or(none), more.valid.unwrap_or(none));
    let earlier = less.from.is_some_and(|from| more.from.is_none_or(|now| now < from));
    let later = less.until.is_some_and(|until| more.until.is_none_or(|now| now > until));
    if earlier || later {
        tell("For a longer time".to_owned());
    }
}

/// Bounds that were there and are not, or are looser.
fn parameters(less: &Value, more: &Value, path: &str, found: &mut Vec<String>) {
    let (Some(less), Some(more)) = (less.as_object(), more.as_object()) else { return };
    let shown = if path.is_empty() { "the arguments" } else { path };
    for (keyword, bound) in less {
        let now = more.get(keyword);
        match (keyword.as_str(), now) {
            ("title" | "description" | "x-optional" | "$defs" | "type", _) => {}
            ("properties", _) => properties(bound, now, path, found),
            ("required", now) => {
                for name in names(Some(bound)).filter(|name| !names(now).any(|now| now == *name)) {
                    found.push(format!("`{path}/{name}` may be left out"));
                }
            }
            (_, None) => found.push(format!("`{shown}` has no `{keyword}` any more")),
            ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", Some(now))
                if now.as_f64() > bound.as_f64() =>
            {
                found.push(format!("`{shown}` may be larger: `{keyword}` {now} instead of {bound}"));
            }
            ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", Some(now))
                if now.as_f64() < bound.as_f64() =>
            {
                found.push(format!("`{shown}` may be smaller: `{keyword}` {now} instead of {bound}"));
            }
            // A bound that became tighter lets nothing more through.
            (
                "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" | "minimum"
                | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties",
                Some(_),
            ) => {}
            ("enum", Some(now)) => {
                let known = |value: &&Value| !bound.as_array().is_some_and(|known| known.contains(value));
                for value in now.as_array().into_iter().flatten().filter(known) {
                    found.push(format!("`{shown}` may be {value}"));
                }
            }
            (_, Some(now)) if now != bound => found.push(format!("`{shown}` has another `{keyword}`")),
            _ => {}
        }
    }
}

fn properties(less: &Value, more: Option<&Value>, path: &str, found: &mut Vec<String>) {
    let empty = Map::new();
    let more = more.and_then(Value::as_object).unwrap_or(&empty);
    for (name, bound) in less.as_object().into_iter().flatten() {
        let nothing = Value::Object(Map::new());
        parameters(bound, more.get(name).unwrap_or(&nothing), &format!("{path}/{name}"), found);
    }
}

fn names(list: Option<&Value>) -> impl Iterator<Item = &str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(more: &Value) -> Rule {
        let mut rule = json!({"name": "x", "tenant": "acme", "effect": "allow", "roles": ["a"], "tools": ["crm/refund"],
            "parameters": {"properties": {"amount": {"type": "number", "maximum": 100}, "currency": {"enum": ["EUR"]}},
                "required": ["amount", "currency"]}});
        rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        serde_json::from_value(rule).expect("a rule")
    }

    #[test]
    fn each_way_of_letting_more_through() {
        let parameters = |amount: Value, currency: Value, required: Value| json!({"parameters": {"properties": {"amount": amount, "currency": currency}, "required": required}});
        let (both, amount, currency) = (
            json!(["amount", "currency"]),
            json!({"type": "number", "maximum": 100}),
            json!({"enum": ["EUR"]}),
        );
        let looser = json!({"type": "number", "maximum": 250});
        let stricter = json!({"type": "number", "maximum": 50});
        for (more, expected) in [
            (json!({}), vec![]),
            (json!({"roles": ["a", "b"]}), vec!["`b` as well"]),
            (json!({"roles": []}), vec!["Anyone instead of some roles or subjects"]),
            (json!({"tools": ["crm/*"]}), vec!["`crm/*` as well"]),
            (json!({"tenant": null}), vec!["Every tenant instead of one"]),
            (json!({"parameters": null}), vec!["Any arguments"]),
            (
                parameters(looser, currency.clone(), both.clone()),
                vec!["`/amount` may be larger: `maximum` 250 instead of 100"],
            ),
            (parameters(stricter, currency.clone(), both.clone()), vec![]),
            (
                parameters(amount.clone(), json!({"enum": ["EUR", "USD"]}), both),
                vec!["`/currency` may be \"USD\""],
            ),
            (parameters(amount, currency, json!(["amount"])), vec!["`/currency` may be left out"]),
        ] {
            assert_eq!(wider(&rule(&json!({})), &rule(&more)), expected, "{more}");
        }
    }

    #[test]
    fn what_restricts_lets_more_through_where_it_bites_on_less() {
        let deny = |more: Value| {
            let mut base = json!({"effect": "deny", "parameters": null, "roles": []});
            base.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
            rule(&base)
        };
        assert_eq!(
            wider(&deny(json!({})), &deny(json!({"roles": ["a"]}))),
            ["It restricts less than before"]
        );
        assert!(wider(&deny(json!({"roles": ["a"]})), &deny(json!({}))).is_empty());
        assert_eq!(wider(&deny(json!({})), &rule(&json!({}))), ["It allows, and did not before"]);
        assert_eq!(
            wider(&deny(json!({})), &deny(json!({"status": "shadow"}))),
            ["It restricts nothing any more"]
        );
    }
}

//! A call to begin trying a rule with: the newest recorded one of its tool, else one made from the schema.

use super::draft::Draft;
use super::read::{Choices, Example};
use super::service::tenant_of;
use super::spec::{ArgumentKind, ToolForm};
use crate::console::Console;
use crate::error::AppError;
use policy::Reach;
use serde_json::{Map, Value, json};
use store::decisions::{DecisionFilter, Page};

/// The member that stands for a value that was not kept.
const REDACTED: &str = "$redacted";

pub(super) async fn find(
    console: &Console,
    reach: &Reach,
    draft: &Draft,
    form: Option<&ToolForm>,
    choices: &Choices,
) -> Result<Example, AppError> {
    let mut example = Example { tenant: draft.tenant.clone(), ..Example::default() };
    if let Some(form) = form {
        example.tool = format!("{}/{}", form.server, form.tool);
        let filter = DecisionFilter {
            tenants: match (tenant_of(&draft.tenant), reach.tenants()) {
                (Some(tenant), _) if !reach.holds(tenant.as_str()) => Some(Vec::new()),
                (Some(tenant), _) => Some(vec![tenant.to_string()]),
                (None, Some(own)) => Some(own.iter().map(ToString::to_string).collect()),
                (None, None) => None,
            },
            server: Some(form.server.clone()),
            tool: Some(form.tool.clone()),
            ..DecisionFilter::default()
        };
        let page = Page { limit: 5, ..Page::default() };
        let rows = console.store.list_decisions(&filter, &page).await?.rows;
        if let Some(row) = rows.into_iter().find(|row| row.subject.is_some()) {
            let recorded = console.store.get_decision(&row.id).await?;
            example.arguments = recorded
                .and_then(|recorded| recorded.arguments)
                .map(|text| readable(&text))
                .unwrap_or_default();
            example.tenant = row.tenant.unwrap_or(example.tenant);
            example.subject = row.subject.unwrap_or_default();
            example.agent = row.actor.unwrap_or_default();
        }
        if example.arguments.is_empty() {
            example.arguments = pretty(&skeleton(form));
        }
    }
    if example.arguments.is_empty() {
        "{}".clone_into(&mut example.arguments);
    }
    if example.subject.is_empty() {
        example.subject = choices.subjects.first().map(|subject| subject.id.clone()).unwrap_or_default();
    }
    Ok(example)
}

/// Recorded arguments, without what was not kept.
pub(in crate::pages) fn readable(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return String::new() };
    if let Some(map) = value.as_object_mut() {
        map.retain(|_, inner| inner.get(REDACTED).is_none());
    }
    pretty(&value)
}

/// What the tool itself asks for.
fn skeleton(form: &ToolForm) -> Value {
    let value = |kind: &ArgumentKind, values: &[Value]| match kind {
        ArgumentKind::Integer | ArgumentKind::Number => json!(1),
        ArgumentKind::Text => json!(""),
        ArgumentKind::Choice => values.first().cloned().unwrap_or_default(),
        ArgumentKind::Other => json!({}),
    };
    let required = form.arguments.iter().filter(|argument| argument.required);
    let members: Map<String, Value> =
        required.map(|spec| (spec.name.clone(), value(&spec.kind, &spec.values))).collect();
    Value::Object(members)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::rule::spec::ArgumentSpec;

    #[test]
    fn what_was_not_kept_is_left_out() {
        let text = readable(r#"{"a":1,"card":{"$redacted":"4f"}}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(json!({"a": 1})));
        assert_eq!(readable("{"), "");
    }

    #[test]
    fn a_call_is_made_from_the_schema() {
        let spec = |name: &str, kind, required, values| ArgumentSpec {
            name: name.to_owned(),
            kind,
            type_words: String::new(),
            required,
            values,
        };
        let form = ToolForm {
            server: "crm".to_owned(),
            tool: "refund".to_owned(),
            state: String::new(),
            arguments: vec![
                spec("amount", ArgumentKind::Number, true, Vec::new()),
                spec("currency", ArgumentKind::Choice, true, vec![json!("EUR")]),
                spec("note", ArgumentKind::Text, false, Vec::new()),
            ],
            has_schema: true,
        };
        assert_eq!(skeleton(&form), json!({"amount": 1, "currency": "EUR"}));
    }
}

//! What an approval is bound to beside the arguments. The request keeps the members of the context and the claims of the
//! caller's token that the rules read. What the enforcing side says of action and resource, and what the tool's declared
//! mapping comes to, stands in the record of the denied call, which was written with the request: redacted where the
//! tool redacts.

use super::view::{AlsoBound, CheckedRow, Was};
use crate::pages::decision::arguments_read;
use crate::pages::decision::view::{ArgumentRow, ArgumentTable, ArgumentValue, Arguments};
use pdp::RecordBody;
use policy::ResourceRef;
use policy::compile::MAPPING_MEMBER;
use policy::facts::BoundFact;
use serde_json::{Map, Value, json};

/// The member that stands for a redacted value (`pdp::record`).
const REDACTED: &str = "$redacted";

/// Of rows of the mapping.
const MAPPED: &str = "/mapping/";

/// `resource`: where the call is about one that is no tool; `body`: of the record of the denied call, where there is one.
pub(super) fn also(
    context: &Map<String, Value>,
    claims: &Map<String, Value>,
    resource: Option<&ResourceRef>,
    body: Option<&str>,
) -> AlsoBound {
    let record: Option<RecordBody> = body.and_then(|body| serde_json::from_str(body).ok());
    let missing = record.is_none();
    let mut all = Map::new();
    if !context.is_empty() {
        all.insert("context".to_owned(), Value::Object(context.clone()));
    }
    if !claims.is_empty() {
        all.insert("token".to_owned(), Value::Object(claims.clone()));
    }
    let mut about = resource.map(named).unwrap_or_default();
    let mut mapped = Vec::new();
    if let Some(record) = record {
        mapped = outcomes(&record);
        let asserted = record.facts.asserted;
        if !asserted.action.is_empty() {
            all.insert("action".to_owned(), json!({"properties": asserted.action}));
        }
        if !asserted.resource.is_empty() {
            about.insert("properties".to_owned(), Value::Object(asserted.resource));
        }
    }
    if !about.is_empty() {
        all.insert("resource".to_owned(), Value::Object(about));
    }
    let is_mapped = !mapped.is_empty();
    if is_mapped {
        all.insert("mapping".to_owned(), Value::Array(mapped));
    }
    let text = Value::Object(all).to_string();
    match arguments_read::read(Some(text.as_str()), true, &[]) {
        Arguments::Known(ArgumentTable { rows, more, raw, .. }) => {
            AlsoBound { rows: rows.into_iter().map(row).collect(), more, raw, mapped: is_mapped, missing }
        }
        _ => AlsoBound { raw: text, missing: true, ..AlsoBound::default() },
    }
}

fn named(resource: &ResourceRef) -> Map<String, Value> {
    let members = [("type", &resource.kind), ("id", &resource.id)];
    members.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text.as_str()))).collect()
}

/// Action and resource of each evaluation that the mapping asks for.
fn outcomes(record: &RecordBody) -> Vec<Value> {
    let hidden = |digest: &str| json!({ REDACTED: digest });
    let each = record.decision.evaluations.iter().enumerate().map(|(number, one)| {
        let place = format!("{MAPPING_MEMBER}/{number}");
        let digest = record.facts.bound.iter().find(|fact| fact.at == place).and_then(digest);
        let action = one.action.as_deref().map_or_else(|| hidden(""), Value::from);
        let id = one.id.as_deref().map_or_else(|| hidden(digest.unwrap_or_default()), Value::from);
        json!({"action": action, "resource": {"type": one.kind, "id": id}})
    });
    each.collect()
}

/// By which equal ones compare equal.
fn digest(fact: &BoundFact) -> Option<&str> {
    fact.id.strip_prefix(REDACTED)?.strip_prefix(':')
}

fn row(row: ArgumentRow) -> CheckedRow {
    let value = match row.value {
        // What the mapping says alone was redacted by us; elsewhere somebody sent what looks like it.
        ArgumentValue::Redacted(text) if !row.path.starts_with(MAPPED) => {
            ArgumentValue::Text(json!({ REDACTED: text }).to_string())
        }
        value => value,
    };
    CheckedRow { path: row.path, value, kind: row.kind, was: Was::Same }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of a denied call with this as what is asserted, what was named and what the mapping came to.
    fn record(asserted: &Value, bound: &Value, evaluations: &Value) -> String {
        json!({
            "v": 1,
            "request_id": "r-1",
            "call": {
                "action": "tools/call", "resource": { "type": "tool", "id": "copy" },
                "subject": { "type": "agent", "id": "bot" }
            },
            "facts": {
                "now": "2026-11-23T10:14:32Z",
                "global_revision": 3,
                "credential": {
                    "id": "key-id", "name": "crm-pep", "tenant": null, "server": "crm",
                    "trust": "assert_attributes", "arguments": "required", "responses": "explained"
                },
                "identity": {
                    "how": "api_key", "key": "k",
                    "subject": { "id": "bot", "kind": "agent", "name": "Bot", "active": true, "attributes": {} }
                },
                "memberships": [],
                "asserted": asserted,
                "bound": bound
            },
            "decision": {
                "outcome": "deny", "reason": "approval_required", "caller_text": "no", "reviewer_text": "asks",
                "tenant": "acme", "revision": { "global": 3, "tenant": 2 }, "rules": [], "nearest": [],
                "evaluations": evaluations
            }
        })
        .to_string()
    }

    fn outcome(action: Option<&str>, id: Option<&str>) -> Value {
        let mut outcome = json!({"type": "customer", "outcome": "allow", "reason": "allowed", "text": "t"});
        for (name, said) in [("action", action), ("id", id)] {
            if let Some(said) = said {
                outcome[name] = json!(said);
            }
        }
        outcome
    }

    fn context(value: &Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn rows(bound: &AlsoBound) -> Vec<(&str, &ArgumentValue)> {
        bound.rows.iter().map(|row| (row.path.as_str(), &row.value)).collect()
    }

    fn text(text: &str) -> ArgumentValue {
        ArgumentValue::Text(text.to_owned())
    }

    #[test]
    fn each_part_that_is_bound_has_a_row() {
        let asserted = json!({"action": {"soft": true}, "resource": {"region": "eu"}});
        let evaluations = json!([outcome(Some("read"), Some("c-42")), outcome(Some("write"), Some("c-43"))]);
        let body = record(&asserted, &json!([]), &evaluations);
        let page = ResourceRef { kind: "page".into(), id: "p-1".into() };
        let claims = context(&json!({"acr": "gold"}));
        let found = also(&context(&json!({"hour": 1})), &claims, Some(&page), Some(&body));
        assert_eq!(
            rows(&found),
            [
                ("/action/properties/soft", &text("true")),
                ("/context/hour", &text("1")),
                ("/mapping/0/action", &text("read")),
                ("/mapping/0/resource/id", &text("c-42")),
                ("/mapping/0/resource/type", &text("customer")),
                ("/mapping/1/action", &text("write")),
                ("/mapping/1/resource/id", &text("c-43")),
                ("/mapping/1/resource/type", &text("customer")),
                ("/resource/id", &text("p-1")),
                ("/resource/properties/region", &text("eu")),
                ("/resource/type", &text("page")),
                ("/token/acr", &text("gold")),
            ]
        );
        assert!(found.mapped && !found.missing && found.raw.contains("\"soft\": true"), "{found:?}");
    }

    #[test]
    fn what_the_tool_redacts_stays_redacted_and_nobody_else_redacts() {
        let bound = json!([{"at": "x-authzen-mapping/0", "type": "customer", "id": "$redacted:4f0c"}]);
        let evaluations = json!([outcome(Some("read"), None), outcome(None, None)]);
        let body = record(&json!({}), &bound, &evaluations);
        let hostile = context(&json!({"note": {"$redacted": "pay <b>mallory</b>"}}));
        let found = also(&hostile, &Map::new(), None, Some(&body));
        let hidden = |digest: &str| ArgumentValue::Redacted(digest.to_owned());
        assert_eq!(
            rows(&found),
            [
                ("/context/note", &text(r#"{"$redacted":"pay <b>mallory</b>"}"#)),
                ("/mapping/0/action", &text("read")),
                ("/mapping/0/resource/id", &hidden("4f0c")),
                ("/mapping/0/resource/type", &text("customer")),
                ("/mapping/1/action", &hidden("")),
                ("/mapping/1/resource/id", &hidden("")),
                ("/mapping/1/resource/type", &text("customer")),
            ]
        );
    }

    #[test]
    fn where_nothing_else_is_bound_there_is_nothing_and_a_record_that_is_gone_is_told() {
        let body = record(&json!({}), &json!([]), &json!([]));
        let nothing = also(&Map::new(), &Map::new(), None, Some(&body));
        assert!(nothing.rows.is_empty() && !nothing.missing && !nothing.mapped, "{nothing:?}");
        for gone in [None, Some("{")] {
            let found = also(&context(&json!({"hour": 1})), &Map::new(), None, gone);
            assert_eq!(rows(&found), [("/context/hour", &text("1"))]);
            assert!(found.missing && !found.mapped, "{gone:?}");
        }
    }
}

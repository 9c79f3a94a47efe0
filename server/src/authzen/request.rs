//! Step 1: parse. From bytes to a question, strictly where meaning depends on it; unknown members are ignored
//! (AuthZEN 1.0, section 5).

use super::error::RequestError;
use pdp::requests::ShownApproval;
use pdp::tokens::{ShownProof, Taken};
use pdp::{Question, Secret, SubjectClaim};
use policy::arguments::{Arguments, canonical, parse_exact};
use policy::facts::AssertedProperties;
use policy::{ApprovalId, Call, ResourceRef, TenantSlug};
use serde_json::{Map, Value};

/// The largest body that is read, in bytes.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// The longest action name and type, in bytes.
const MAX_NAME: usize = 200;
/// The longest id, in bytes.
const MAX_ID: usize = 2_048;
/// The longest signed text about an approval, in bytes.
const MAX_STATE: usize = 4 * 1024;
/// The largest context, in bytes of its canonical form: what is recorded of a call must stay small, whoever
/// sends it.
const MAX_CONTEXT: usize = 16 * 1024;

type Object = Map<String, Value>;

/// Reads a body as one JSON object.
pub(super) fn parse_body(bytes: &[u8]) -> Result<Object, RequestError> {
    match parse_exact(bytes).map_err(|error| RequestError::malformed(error.to_string()))? {
        Value::Object(body) => Ok(body),
        _ => Err(RequestError::malformed("the body must be a JSON object")),
    }
}

/// Reads one evaluation from its members.
pub(crate) fn parse_evaluation(mut body: Object, request_id: &str) -> Result<Question, RequestError> {
    let mut subject = entity(&mut body, "subject")?;
    let mut action = entity(&mut body, "action")?;
    let mut resource = entity(&mut body, "resource")?;
    let mut context = optional_object(&mut body, "context", "context")?.unwrap_or_default();

    let subject = SubjectClaim {
        kind: required_text(&mut subject, "subject", "type", MAX_NAME)?,
        id: required_text(&mut subject, "subject", "id", MAX_ID)?,
        properties: optional_object(&mut subject, "properties", "subject.properties")?.unwrap_or_default(),
    };
    let action_name = required_text(&mut action, "action", "name", MAX_NAME)?;
    let mut action_properties =
        optional_object(&mut action, "properties", "action.properties")?.unwrap_or_default();
    let resource_ref = ResourceRef {
        kind: required_text(&mut resource, "resource", "type", MAX_NAME)?,
        id: required_text(&mut resource, "resource", "id", MAX_ID)?,
    };
    let mut resource_properties =
        optional_object(&mut resource, "properties", "resource.properties")?.unwrap_or_default();

    let arguments = one_of_three(
        resource_properties.remove("arguments"),
        action_properties.remove("arguments"),
        context.remove("arguments"),
    )?;
    // Taken out before anything else sees the context: it must reach neither a record nor a log.
    let access_token = optional_text(&mut context, "access_token", "context.access_token")?.map(Secret::new);
    let proof = proof(&mut context)?;
    let approval = approval(&mut context)?;
    let tenant = match context.get("tenant") {
        None | Some(Value::Null) => None,
        Some(Value::String(slug)) => Some(TenantSlug::new(slug)),
        Some(_) => return Err(RequestError::malformed("`context.tenant` must be a string")),
    };
    if !matches!(context.get("task"), None | Some(Value::Null | Value::String(_))) {
        return Err(RequestError::malformed("`context.task` must be a string"));
    }
    let size: usize = context.iter().map(|(key, value)| key.len() + canonical(value).len()).sum();
    if size > MAX_CONTEXT {
        return Err(RequestError::malformed(format!("`context` is larger than {MAX_CONTEXT} bytes")));
    }
    Ok(Question {
        call: Call { action: action_name, resource: resource_ref, arguments, context, tenant },
        subject,
        properties: AssertedProperties { action: action_properties, resource: resource_properties },
        access_token,
        request_id: request_id.to_owned(),
        proof,
        approval,
        idempotency_key: None,
        files: true,
    })
}

/// The proof that came with the caller's token (RFC 9449), and the request that it came with.
fn proof(context: &mut Object) -> Result<Option<ShownProof>, RequestError> {
    let Some(mut dpop) = optional_object(context, "dpop", "context.dpop")? else { return Ok(None) };
    Ok(Some(ShownProof {
        proof: Secret::new(required_text(&mut dpop, "context.dpop", "proof", MAX_BODY)?),
        method: required_text(&mut dpop, "context.dpop", "method", MAX_NAME)?,
        url: required_text(&mut dpop, "context.dpop", "url", MAX_ID)?,
        taken: Taken::default(),
    }))
}

/// What came of a request for approval, as it was handed out; what else it says of itself is not looked at.
fn approval(context: &mut Object) -> Result<Option<ShownApproval>, RequestError> {
    let Some(mut approval) = optional_object(context, "approval", "context.approval")? else {
        return Ok(None);
    };
    Ok(Some(ShownApproval {
        id: ApprovalId::new(required_text(&mut approval, "context.approval", "id", MAX_NAME)?),
        state: Secret::new(required_text(&mut approval, "context.approval", "state", MAX_STATE)?),
    }))
}

/// Where PEPs put a call's arguments; two that differ leave it open which of them is meant.
fn one_of_three(a: Option<Value>, b: Option<Value>, c: Option<Value>) -> Result<Arguments, RequestError> {
    let mut sent = [a, b, c].into_iter().flatten();
    let Some(first) = sent.next() else { return Ok(Arguments::NotSent) };
    if sent.any(|other| other != first) {
        return Err(RequestError::malformed(
            "the arguments were sent twice and differ (`resource.properties`, `action.properties`, `context`)",
        ));
    }
    Ok(Arguments::from_value(first))
}

fn entity(body: &mut Object, name: &str) -> Result<Object, RequestError> {
    match body.remove(name) {
        Some(Value::Object(entity)) => Ok(entity),
        Some(_) => Err(RequestError::malformed(format!("`{name}` must be an object"))),
        None => Err(RequestError::malformed(format!("`{name}` is missing"))),
    }
}

fn required_text(entity: &mut Object, of: &str, name: &str, most: usize) -> Result<String, RequestError> {
    match entity.remove(name) {
        Some(Value::String(text)) if text.len() > most => {
            Err(RequestError::malformed(format!("`{of}.{name}` is longer than {most} bytes")))
        }
        Some(Value::String(text)) if text.chars().any(char::is_control) => {
            Err(RequestError::malformed(format!("`{of}.{name}` must not hold control characters")))
        }
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(RequestError::malformed(format!("`{of}.{name}` must not be empty"))),
        Some(_) => Err(RequestError::malformed(format!("`{of}.{name}` must be a string"))),
        None => Err(RequestError::malformed(format!("`{of}.{name}` is missing"))),
    }
}

fn optional_text(of: &mut Object, name: &str, shown: &str) -> Result<Option<String>, RequestError> {
    match of.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(RequestError::malformed(format!("`{shown}` must be a string"))),
    }
}

pub(super) fn optional_object(
    of: &mut Object,
    name: &str,
    shown: &str,
) -> Result<Option<Object>, RequestError> {
    match of.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(map)) => Ok(Some(map)),
        Some(_) => Err(RequestError::malformed(format!("`{shown}` must be an object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(body: &Value) -> Result<Question, RequestError> {
        parse_evaluation(parse_body(body.to_string().as_bytes())?, "r1")
    }

    fn good() -> Value {
        json!({
            "subject": {"type": "user", "id": "self"},
            "action": {"name": "tools/call"},
            "resource": {"type": "tool", "id": "refund", "properties": {"arguments": {"amount": 1}}},
            "context": {"access_token": "secret-token", "tenant": "acme", "task": "t-1", "ip": "192.0.2.1",
                "dpop": {"proof": "secret-proof", "method": "POST", "url": "https://mcp.example/crm"},
                "approval": {"id": "a-1", "state": "secret-state", "approved_until": "2026-01-01T00:00:00Z"}},
            "unknown": [1, 2, 3],
        })
    }

    #[test]
    fn a_call_as_todays_peps_send_it() {
        let question = parse(&good()).expect("parses");
        assert_eq!(question.call.arguments, Arguments::Known(json!({"amount": 1})));
        assert_eq!(question.call.tenant, Some(TenantSlug::from("acme")));
        assert!(question.properties.is_empty(), "the arguments are no property");
        assert!(!format!("{question:?}").contains("secret-"));
        assert!(!question.call.context.contains_key("access_token"));
        assert!(!question.call.context.contains_key("dpop"));
        assert!(!question.call.context.contains_key("approval"));
        assert!(question.approval.as_ref().is_some_and(|approval| approval.id.as_str() == "a-1"));
        assert!(question.proof.is_some_and(|proof| proof.method == "POST"));
    }

    #[test]
    fn wrong_shapes_are_refused_by_name() {
        for (pointer, value, named) in [
            ("/subject", json!("alice"), "`subject` must be an object"),
            ("/subject/id", json!(5), "`subject.id` must be a string"),
            ("/subject/id", json!(""), "`subject.id` must not be empty"),
            ("/action/name", json!(["tools/call"]), "`action.name` must be a string"),
            ("/resource/type", json!(null), "`resource.type` must be a string"),
            ("/resource/properties", json!([]), "`resource.properties` must be an object"),
            ("/subject/id", json!("x".repeat(2_049)), "`subject.id` is longer"),
            ("/action/name", json!("x".repeat(201)), "`action.name` is longer"),
            ("/resource/id", json!("a\u{1b}b"), "`resource.id` must not hold control"),
            ("/context/ip", json!("x".repeat(17_000)), "`context` is larger"),
            ("/context", json!("x"), "`context` must be an object"),
            ("/context/access_token", json!({"a": 1}), "`context.access_token` must be a string"),
            ("/context/tenant", json!(1), "`context.tenant` must be a string"),
            ("/context/task", json!({"id": "t-1"}), "`context.task` must be a string"),
            ("/context/dpop", json!("proof"), "`context.dpop` must be an object"),
            ("/context/dpop", json!({}), "`context.dpop.proof` is missing"),
            ("/context/dpop/proof", json!(["a", "b"]), "`context.dpop.proof` must be a string"),
            ("/context/dpop/url", json!(""), "`context.dpop.url` must not be empty"),
            ("/context/approval", json!("a-1"), "`context.approval` must be an object"),
            ("/context/approval", json!({"id": "a-1"}), "`context.approval.state` is missing"),
            ("/context/approval/id", json!(7), "`context.approval.id` must be a string"),
            ("/context/approval/state", json!("x".repeat(4_097)), "`context.approval.state` is longer"),
        ] {
            let mut body = good();
            *body.pointer_mut(pointer).expect("there") = value;
            let error = parse(&body).expect_err("refused");
            assert!(error.to_string().contains(named), "{pointer}: {error}");
        }
        for member in ["subject", "action", "resource"] {
            let mut body = good();
            body.as_object_mut().expect("object").remove(member);
            assert!(parse(&body).is_err(), "{member}");
        }
        assert!(parse_body(b"[]").is_err());
    }

    #[test]
    fn arguments_in_three_places() {
        let mut body = good();
        body["action"]["properties"] = json!({"arguments": {"amount": 1.0}});
        assert!(parse(&body).is_err(), "1 and 1.0 are two texts; which one is meant?");
        body["action"]["properties"] = json!({"arguments": {"amount": 1}});
        body["context"]["arguments"] = json!({"amount": 1});
        assert_eq!(parse(&body).expect("parses").call.arguments, Arguments::Known(json!({"amount": 1})));
        body["context"]["arguments"] = json!({"amount": 2});
        assert!(parse(&body).is_err());
        body["resource"].as_object_mut().expect("object").remove("properties");
        body["action"].as_object_mut().expect("object").remove("properties");
        assert_eq!(parse(&body).expect("parses").call.arguments, Arguments::Known(json!({"amount": 2})));
        body["context"].as_object_mut().expect("object").remove("arguments");
        assert_eq!(parse(&body).expect("parses").call.arguments, Arguments::NotSent);
    }
}

//! From what was typed to a call, or to what is wrong with it, named at its field. Read as the endpoint reads it.

use super::query::{OtherAction, TryQuery};
use crate::explain;
use crate::pages::rule::draft::Note;
use pdp::{Preview, properties_fit};
use policy::arguments::{Arguments, parse_exact};
use policy::call::TOOLS_CALL;
use policy::facts::AssertedProperties;
use policy::{Call, ResourceRef, ServerSlug, SubjectId, TenantSlug};
use serde_json::{Map, Value};

/// The longest name of an action or a type that the endpoint takes, in bytes.
const MAX_NAME: usize = 200;
/// The longest id, in bytes.
const MAX_ID: usize = 2_048;

/// The type of what is tried as a tool's call.
const TOOL: &str = "tool";

pub(super) fn preview(query: &TryQuery) -> Result<Preview, Note> {
    let texts = [&query.subject, &query.agent, &query.tenant, &query.tool];
    if texts.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(Note::new("subject", "U+0000 stands in no name"));
    }
    let Some(subject) = query.subject.as_deref() else {
        return Err(Note::new("subject", "Say who calls"));
    };
    let subject = SubjectId::from(subject);
    match &query.other {
        Some(other) => of_other(query, other, subject),
        None => of_tool(query, subject),
    }
}

fn of_tool(query: &TryQuery, subject: SubjectId) -> Result<Preview, Note> {
    let named = query.tool.as_deref().and_then(|tool| tool.split_once('/'));
    let Some((server, name)) = named.filter(|(server, name)| !server.is_empty() && !name.is_empty()) else {
        return Err(Note::new("tool", "Name a tool as `server/tool`"));
    };
    let arguments = object("arguments", "The arguments", query.arguments.as_deref())?;
    Ok(Preview {
        subject,
        server: Some(ServerSlug::from(server)),
        call: Call {
            action: TOOLS_CALL.to_owned(),
            resource: ResourceRef { kind: TOOL.to_owned(), id: name.to_owned() },
            arguments: Arguments::from_value(Value::Object(arguments)),
            context: context(query),
            tenant: query.tenant.as_deref().map(TenantSlug::from),
        },
        properties: AssertedProperties::default(),
    })
}

/// As a key asks that is bound to no server.
fn of_other(query: &TryQuery, other: &OtherAction, subject: SubjectId) -> Result<Preview, Note> {
    let action = said("action", other.action.as_deref(), MAX_NAME, "Say what is done, such as `read`")?;
    let kind = said("type", other.kind.as_deref(), MAX_NAME, "Say of which type it is, such as `record`")?;
    if kind == TOOL {
        return Err(Note::new("type", "A tool is tried as a tool call"));
    }
    let id = said("id", other.id.as_deref(), MAX_ID, "Say which one it is, such as `r-1`")?;
    let properties = AssertedProperties {
        resource: properties("properties", other.properties.as_deref())?,
        action: properties("action_properties", other.action_properties.as_deref())?,
    };
    Ok(Preview {
        subject,
        server: None,
        call: Call {
            action: action.to_owned(),
            resource: ResourceRef { kind: kind.to_owned(), id: id.to_owned() },
            arguments: Arguments::from_value(Value::Object(Map::new())),
            context: context(query),
            tenant: query.tenant.as_deref().map(TenantSlug::from),
        },
        properties,
    })
}

/// Who acts, as an asking side names it when it vouches for its callers.
fn context(query: &TryQuery) -> Map<String, Value> {
    let agent = query.agent.as_deref().map(|agent| ("agent".to_owned(), Value::from(agent)));
    agent.into_iter().collect()
}

/// A name, which must be there. `most`: its length in bytes.
fn said<'a>(field: &str, text: Option<&'a str>, most: usize, missing: &str) -> Result<&'a str, Note> {
    match text {
        None | Some("") => Err(Note::new(field, missing)),
        Some(text) if text.len() > most => Err(Note::new(field, format!("Longer than {most} bytes"))),
        Some(text) if text.chars().any(char::is_control) => {
            Err(Note::new(field, "No name holds control characters"))
        }
        Some(text) => Ok(text),
    }
}

fn properties(field: &str, text: Option<&str>) -> Result<Map<String, Value>, Note> {
    let properties = object(field, "The properties", text)?;
    if properties.contains_key("arguments") {
        return Err(Note::new(field, "Only a tool call has `arguments`"));
    }
    if !properties_fit(&properties) {
        return Err(Note::new(field, "No asking side may say so much: 16 KiB at the most"));
    }
    Ok(properties)
}

/// `what` begins the sentence that says what is wrong. Nothing typed is an empty object.
fn object(field: &str, what: &str, text: Option<&str>) -> Result<Map<String, Value>, Note> {
    let text = text.unwrap_or("{}");
    let value = parse_exact(text.as_bytes())
        .map_err(|error| Note::new(field, explain::sentence(&error.to_string())))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Note::new(field, format!("{what} must be a JSON object, such as `{{}}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn query(tool: &str, arguments: Option<&str>) -> TryQuery {
        TryQuery {
            subject: Some("alice".to_owned()),
            tool: Some(tool.to_owned()),
            arguments: arguments.map(ToOwned::to_owned),
            ..TryQuery::default()
        }
    }

    /// A read of a record, with one field typed otherwise.
    fn read(name: &str, text: &str) -> TryQuery {
        let mut other = OtherAction {
            action: Some("read".to_owned()),
            kind: Some("record".to_owned()),
            id: Some("r:1".to_owned()),
            ..OtherAction::default()
        };
        let typed = match name {
            "action" => &mut other.action,
            "type" => &mut other.kind,
            "id" => &mut other.id,
            "properties" => &mut other.properties,
            _ => &mut other.action_properties,
        };
        *typed = (!text.is_empty()).then(|| text.to_owned());
        TryQuery { subject: Some("alice".to_owned()), other: Some(other), ..TryQuery::default() }
    }

    fn field(query: &TryQuery) -> Option<String> {
        preview(query).err().map(|note| note.field)
    }

    #[test]
    fn what_is_no_call_is_named_at_its_field() {
        assert_eq!(field(&query("crm/refund", None)), None);
        assert_eq!(field(&query("crm/a/b", Some("{\"a\": 1}"))), None);
        assert_eq!(field(&query("refund", None)).as_deref(), Some("tool"));
        for bad in ["{", "[1]", "{\"a\": 1, \"a\": 2}", "{\"a\": 1e400}"] {
            assert_eq!(field(&query("crm/refund", Some(bad))).as_deref(), Some("arguments"), "{bad}");
        }
        assert_eq!(field(&TryQuery::default()).as_deref(), Some("subject"));
        let agent = Some("b\0t".to_owned());
        assert_eq!(field(&TryQuery { agent, ..query("crm/refund", None) }).as_deref(), Some("subject"));
    }

    #[test]
    fn what_is_no_action_on_anything_is_named_at_its_field() {
        let (name, id) = ("x".repeat(201), "x".repeat(2_049));
        let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(16 * 1024));
        for (name, text) in [
            ("action", ""),
            ("action", "re\u{1b}ad"),
            ("action", name.as_str()),
            ("type", ""),
            ("type", "tool"),
            ("id", ""),
            ("id", "r\0"),
            ("id", id.as_str()),
            ("properties", "[]"),
            ("properties", r#"{"a": 1, "a": 2}"#),
            ("properties", r#"{"arguments": {}}"#),
            ("properties", large.as_str()),
            ("action_properties", "{"),
        ] {
            assert_eq!(field(&read(name, text)).as_deref(), Some(name), "{text:.40}");
        }
        let nobody = TryQuery { subject: None, ..read("action", "read") };
        assert_eq!(field(&nobody).as_deref(), Some("subject"));
    }

    #[test]
    fn another_action_is_asked_about_by_a_key_of_no_server() {
        let asked = preview(&read("properties", r#"{"state": "open"}"#)).expect("a call");
        assert_eq!((asked.server, asked.call.action.as_str()), (None, "read"));
        let resource = &asked.call.resource;
        assert_eq!((resource.kind.as_str(), resource.id.as_str()), ("record", "r:1"));
        assert_eq!(asked.call.arguments.known(), Some(&json!({})));
        assert_eq!(Value::from(asked.properties.resource), json!({"state": "open"}));
        let asked = preview(&read("action_properties", r#"{"soft": true}"#)).expect("a call");
        assert_eq!(Value::from(asked.properties.action), json!({"soft": true}));
        assert!(asked.properties.resource.is_empty());
    }

    #[test]
    fn who_acts_is_named_as_by_an_asking_side() {
        let agent = |agent: Option<&str>, query: TryQuery| {
            let query = TryQuery { agent: agent.map(str::to_owned), ..query };
            preview(&query).map(|preview| Value::from(preview.call.context)).ok()
        };
        for query in [query("crm/refund", None), read("action", "read")] {
            assert_eq!(agent(None, query.clone()), Some(json!({})));
            assert_eq!(agent(Some("bot"), query), Some(json!({"agent": "bot"})));
        }
    }
}

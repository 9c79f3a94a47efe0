//! Servers of a bundle, with their tools. A tool given in a bundle counts as reviewed, unless it is given as one that
//! is not.

use super::apply::{About, ApplyError};
use super::format::{ServerEntry, ToolEntry};
use crate::catalog::{MappingRefused, check_mapping, definition_hash};
use policy::labels::MappingUse;
use policy::{ReviewState, ServerSlug, TenantSlug};
use serde_json::{Map, Value};
use store::Writer;
use store::administration::{Page, Server, Tool};

pub(super) async fn server(
    writer: &mut Writer,
    entry: &ServerEntry,
    only: Option<&TenantSlug>,
) -> Result<(), ApplyError> {
    let thing = format!("server `{}`", entry.slug);
    let mut server = match (writer.get_server(&entry.slug).await?, &entry.url) {
        (Some(server), _) => server,
        (None, Some(url)) => Server::new(entry.slug.clone(), url),
        (None, None) => return Err(ApplyError::Needed { thing, key: "url" }),
    };
    if let Some(url) = &entry.url {
        server.url.clone_from(url);
    }
    if let Some(name) = &entry.name {
        server.name.clone_from(name);
    }
    if let Some(enabled) = entry.enabled {
        server.enabled = enabled;
    }
    if let Some(check) = entry.check_arguments {
        server.check_arguments = check;
    }
    if let Some(tenants) = &entry.tenants {
        // Other tenants keep the server in a bundle that does not speak of them.
        server.tenants.retain(|tenant| only.is_some_and(|only| tenant != only));
        server.tenants.extend_from_slice(tenants);
    }
    if let Some(audiences) = &entry.audiences {
        server.audiences.clone_from(audiences);
    }
    writer.put_server(&server).await.about(&thing)?;
    let Some(given) = &entry.tools else { return Ok(()) };
    for stored in writer.list_tools(Some(&entry.slug), &Page::ALL).await? {
        if !given.iter().any(|tool| tool.name == stored.name) {
            writer.delete_tool(&entry.slug, &stored.name).await.about(&thing)?;
        }
    }
    for entry_of_tool in given {
        tool(writer, &entry.slug, entry_of_tool).await?;
    }
    Ok(())
}

async fn tool(writer: &mut Writer, server: &ServerSlug, entry: &ToolEntry) -> Result<(), ApplyError> {
    let thing = format!("tool `{server}/{}`", entry.name);
    if let Some(why) = contradiction(entry) {
        return Err(ApplyError::Contradiction { thing, why });
    }
    let known = writer.get_tool(server, &entry.name).await?;
    let mut tool = known.unwrap_or_else(|| Tool::new(server.clone(), &entry.name));
    if let Some(risk) = entry.risk {
        tool.risk = risk;
    }
    if let Some(sensitivity) = entry.sensitivity {
        tool.sensitivity = sensitivity;
    }
    if let Some(read_only) = entry.read_only {
        tool.read_only = read_only;
    }
    if let Some(redact) = &entry.redact {
        tool.redact.clone_from(redact);
    }
    if let Some(scopes) = &entry.scopes {
        tool.scopes.clone_from(scopes);
    }
    if let Some(bindings) = &entry.bindings {
        tool.bindings.clone_from(bindings);
    }
    if let Some(task) = entry.task {
        tool.task = task;
    }
    if let Some(check) = entry.check_schema {
        tool.check_schema = check;
    }
    match entry.review.unwrap_or(ReviewState::Reviewed) {
        ReviewState::Reviewed => reviewed(writer, &mut tool, entry),
        state => not_reviewed(&mut tool, entry, state),
    }
    use_mapping(&mut tool, entry.mapping).map_err(|why| ApplyError::Mapping { thing: thing.clone(), why })?;
    writer.put_tool(&tool).await.about(&thing)?;
    Ok(())
}

/// What was accepted is accepted in the definition that stands now. Where nothing is said of it, the store refuses one
/// that was accepted in another.
fn use_mapping(tool: &mut Tool, said: Option<MappingUse>) -> Result<(), MappingRefused> {
    match said {
        None => {}
        Some(MappingUse::Ignored) => tool.mapping = None,
        Some(MappingUse::Accepted) => {
            check_mapping(tool.definition.as_ref())?;
            tool.mapping.clone_from(&tool.definition_hash);
        }
    }
    Ok(())
}

fn reviewed(writer: &Writer, tool: &mut Tool, entry: &ToolEntry) {
    let definition = definition(entry, tool.definition.as_ref());
    let hash = definition_hash(&definition);
    if tool.review != ReviewState::Reviewed || tool.definition_hash.as_ref() != Some(&hash) {
        tool.review = ReviewState::Reviewed;
        tool.reviewed_at = Some(writer.now());
        tool.reviewed_by = Some(writer.actor().name.clone());
        tool.definition = Some(definition);
        tool.definition_hash = Some(hash);
    }
}

/// A tool that may not be called: nobody's word counts for it yet, or no longer. What was reviewed of it once is kept,
/// so that it is seen when its server lists it so again.
fn not_reviewed(tool: &mut Tool, entry: &ToolEntry, state: ReviewState) {
    if tool.review != state {
        tool.review = state;
        if state == ReviewState::Gone {
            tool.offered = None;
            tool.offered_hash = None;
        }
    }
    if state == ReviewState::New {
        tool.definition = None;
        tool.definition_hash = None;
        tool.mapping = None;
        tool.reviewed_at = None;
        tool.reviewed_by = None;
    } else if is_defined(entry) {
        let definition = definition(entry, tool.definition.as_ref());
        let hash = definition_hash(&definition);
        if tool.definition_hash.as_ref() != Some(&hash) {
            tool.reviewed_at = None;
            tool.reviewed_by = None;
            tool.definition = Some(definition);
            tool.definition_hash = Some(hash);
        }
    }
}

/// Whether anything is said of the tool's definition.
fn is_defined(entry: &ToolEntry) -> bool {
    entry.definition.is_some() || has_parts(entry)
}

fn has_parts(entry: &ToolEntry) -> bool {
    entry.title.is_some()
        || entry.description.is_some()
        || entry.input_schema.is_some()
        || entry.output_schema.is_some()
        || entry.annotations.is_some()
}

/// What of an entry cannot be meant.
fn contradiction(entry: &ToolEntry) -> Option<&'static str> {
    let renamed = |definition: &Map<String, Value>| {
        definition.get("name").is_some_and(|name| name.as_str() != Some(entry.name.as_str()))
    };
    if entry.definition.is_some() && has_parts(entry) {
        Some("`definition` stands for `title` to `annotations`; give the one or the others")
    } else if entry.definition.as_ref().is_some_and(renamed) {
        Some("`definition` is that of a tool with another name")
    } else if entry.review == Some(ReviewState::New) && is_defined(entry) {
        Some("nobody reviewed a definition of a tool that is `new`; leave it out, its server offers one")
    } else {
        None
    }
}

/// The tool object as a server would list it. What the bundle does not say stays as it was reviewed.
pub(super) fn definition(entry: &ToolEntry, reviewed: Option<&Value>) -> Value {
    let name = Value::from(entry.name.as_str());
    if let Some(whole) = &entry.definition {
        let mut object = whole.clone();
        object.insert("name".to_owned(), name);
        return Value::Object(object);
    }
    let mut object = reviewed.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    object.insert("name".to_owned(), name);
    let text = |given: &Option<String>| given.as_deref().map(Value::from);
    for (key, given) in [
        ("title", text(&entry.title)),
        ("description", text(&entry.description)),
        ("inputSchema", entry.input_schema.clone()),
        ("outputSchema", entry.output_schema.clone()),
        ("annotations", entry.annotations.clone()),
    ] {
        if let Some(value) = given {
            object.insert(key.to_owned(), value);
        }
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;
    use serde_json::json;

    fn entry(keys: &str) -> ToolEntry {
        let text = format!("servers: [{{slug: crm, tools: [{{name: refund, {keys}}}]}}]");
        let mut servers = Bundle::parse(&text).expect("reads").servers.expect("given");
        servers.remove(0).tools.expect("given").remove(0)
    }

    fn known(review: ReviewState) -> Tool {
        let definition = json!({"name": "refund", "title": "Refund"});
        Tool {
            review,
            definition_hash: Some(definition_hash(&definition)),
            definition: Some(definition),
            offered: Some(json!({"name": "refund"})),
            offered_hash: Some("0".to_owned()),
            reviewed_by: Some("ada".to_owned()),
            ..Tool::new(ServerSlug::new("crm"), "refund")
        }
    }

    #[test]
    fn what_is_given_as_not_reviewed_is_not() {
        for (keys, state) in [("review: changed", ReviewState::Changed), ("review: gone", ReviewState::Gone)]
        {
            let mut tool = known(ReviewState::Reviewed);
            not_reviewed(&mut tool, &entry(keys), state);
            assert_eq!(tool.review, state);
            assert_eq!(tool.definition, known(state).definition, "what was reviewed stays");
            assert_eq!(tool.offered.is_none(), state == ReviewState::Gone);
        }
        let mut tool = known(ReviewState::Reviewed);
        not_reviewed(&mut tool, &entry("review: new"), ReviewState::New);
        assert_eq!((tool.definition, tool.definition_hash, tool.reviewed_by), (None, None, None));
        assert_eq!(tool.review, ReviewState::New);
    }

    #[test]
    fn a_mapping_is_accepted_in_the_definition_that_stands() {
        let mapping = json!({"evaluation": {"action": {"name": "pay"}, "resource": {"type": "order", "id": "$params.arguments.id"}}});
        let declaring = |mapping: &Value| {
            let schema = json!({"type": "object", "properties": {"id": {"type": "string"}}, "x-authzen-mapping": mapping});
            let definition = json!({"name": "refund", "inputSchema": schema});
            Tool {
                definition_hash: Some(definition_hash(&definition)),
                definition: Some(definition),
                ..known(ReviewState::Reviewed)
            }
        };
        let mut tool = declaring(&mapping);
        assert_eq!(use_mapping(&mut tool, Some(MappingUse::Accepted)), Ok(()));
        assert_eq!(tool.mapping, tool.definition_hash);
        assert_eq!(use_mapping(&mut tool, None), Ok(()));
        assert!(tool.mapping.is_some(), "nothing said, nothing changed");
        assert_eq!(use_mapping(&mut tool, Some(MappingUse::Ignored)), Ok(()));
        assert_eq!(tool.mapping, None);

        let mut none = known(ReviewState::Reviewed);
        assert_eq!(use_mapping(&mut none, Some(MappingUse::Accepted)), Err(MappingRefused::None));
        let mut broken = declaring(&json!({"evaluation": {}}));
        assert!(matches!(
            use_mapping(&mut broken, Some(MappingUse::Accepted)),
            Err(MappingRefused::Error(_))
        ));
        let other = json!({"evaluation": {"action": {"name": "pay"}, "resource": {"type": "order", "id": "$params.arguments.other"}}});
        let mut unknown = declaring(&other);
        assert!(matches!(
            use_mapping(&mut unknown, Some(MappingUse::Accepted)),
            Err(MappingRefused::Error(_))
        ));
        assert_eq!((broken.mapping, unknown.mapping), (None, None));
    }

    #[test]
    fn what_is_so_already_stays() {
        for (keys, state) in [
            ("review: changed", ReviewState::Changed),
            ("review: changed, title: Refund", ReviewState::Changed),
            ("review: gone, definition: {title: Refund}", ReviewState::Gone),
        ] {
            let mut tool = known(state);
            not_reviewed(&mut tool, &entry(keys), state);
            assert_eq!(tool, known(state), "{keys}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (keys, refused) in [
            ("title: Refund, review: changed", false),
            ("definition: {name: refund, icons: []}", false),
            ("definition: {name: other}", true),
            ("definition: {}, title: Refund", true),
            ("review: new, input_schema: {}", true),
            ("review: new, definition: {}", true),
            ("review: new, risk: high", false),
        ] {
            assert_eq!(contradiction(&entry(keys)).is_some(), refused, "{keys}");
        }
    }
}

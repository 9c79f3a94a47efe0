//! Servers of a bundle, with their tools. A tool given in a bundle counts as reviewed.

use super::apply::{About, ApplyError};
use super::format::{ServerEntry, ToolEntry};
use crate::catalog::definition_hash;
use policy::{ReviewState, ServerSlug};
use serde_json::{Map, Value};
use store::Writer;
use store::administration::{Page, Server, Tool};

pub(super) async fn server(writer: &mut Writer, entry: &ServerEntry) -> Result<(), ApplyError> {
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
        server.tenants.clone_from(tenants);
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
    for tool in given {
        reviewed_tool(writer, &entry.slug, tool).await?;
    }
    Ok(())
}

async fn reviewed_tool(
    writer: &mut Writer,
    server: &ServerSlug,
    entry: &ToolEntry,
) -> Result<(), ApplyError> {
    let thing = format!("tool `{server}/{}`", entry.name);
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
    if let Some(check) = entry.check_schema {
        tool.check_schema = check;
    }
    let definition = definition(entry, tool.definition.as_ref());
    let hash = definition_hash(&definition);
    if tool.review != ReviewState::Reviewed || tool.definition_hash.as_ref() != Some(&hash) {
        tool.review = ReviewState::Reviewed;
        tool.reviewed_at = Some(writer.now());
        tool.reviewed_by = Some(writer.actor().name.clone());
        tool.definition = Some(definition);
        tool.definition_hash = Some(hash);
    }
    writer.put_tool(&tool).await.about(&thing)?;
    Ok(())
}

/// The tool object as a server would list it. What the bundle does not say stays as it was reviewed.
fn definition(entry: &ToolEntry, reviewed: Option<&Value>) -> Value {
    let mut object = reviewed.and_then(Value::as_object).cloned().unwrap_or_else(Map::new);
    object.insert("name".to_owned(), Value::from(entry.name.as_str()));
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

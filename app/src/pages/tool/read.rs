//! What the page of one tool reads from the server. Everything a definition says is the server's: it is drawn as
//! untrusted.

use super::callers::Callers;
use super::hints::Hint;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::decisions::read::DecisionList;
use policy::{ReviewState, Risk, Sensitivity};
use serde::{Deserialize, Serialize};

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolView {
    pub id: String,
    pub server: String,
    pub name: String,
    pub review: ReviewState,
    pub title: Option<String>,
    pub description: Option<String>,
    /// As indented JSON.
    pub schema: Option<String>,
    pub arguments: Vec<ArgumentLine>,
    /// Why the arguments of a call cannot be checked.
    pub unusable: Option<String>,
    /// The whole definition, as indented JSON.
    pub definition: Option<String>,
    pub hints: Vec<Hint>,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    pub check_schema: bool,
    pub redact: Vec<String>,
    /// What became of the mapping that it declares: "accepted" or "ignored".
    pub mapping: Option<String>,
    /// Which arguments name resources, each as a line of the form.
    pub bindings: Vec<String>,
    /// What a caller's token must hold.
    pub scopes: Vec<String>,
    /// Of the form that was reviewed.
    pub hash: Option<String>,
    pub reviewed_at: Option<Moment>,
    pub reviewed_by: Option<String>,
    /// When the server listed it last.
    pub seen_at: Option<Moment>,
    pub callers: Callers,
    /// The newest ones.
    pub decisions: DecisionList,
    /// Whether there are more.
    pub more_decisions: bool,
}

/// An argument as the schema declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArgumentLine {
    pub name: String,
    pub kind: String,
    pub required: bool,
    pub description: Option<String>,
}

/// None: no such tool.
#[cfg(feature = "ssr")]
pub async fn read_tool(id: String) -> Result<Option<ToolView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    server::read(&console, &id).await
}

drawn::unread!(read_tool(String) -> Result<Option<ToolView>, AppError>);

#[cfg(feature = "ssr")]
pub(crate) use server::{find, pretty};

#[cfg(feature = "ssr")]
mod server {
    use super::super::{bindings, callers, hints};
    use super::{ArgumentLine, ToolView};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::decisions::query::DecisionQuery;
    use crate::pages::decisions::read::list_decisions;
    use crate::pages::server::tools_read::{shown_definition, unusable};
    use pdp::catalog::declares_mapping;
    use policy::labels::MappingUse;
    use policy::{ReviewState, ToolId};
    use serde_json::Value;
    use store::administration::{Server, Tool};

    /// Decisions that are shown.
    const DECISIONS: usize = 10;
    /// Arguments that are shown as a table; the schema holds all.
    const ARGUMENTS: usize = 100;

    /// The tool and its server.
    pub(crate) async fn find(console: &Console, id: &str) -> Result<Option<(Tool, Server)>, AppError> {
        if id.is_empty() || id.contains('\0') {
            return Ok(None);
        }
        let Some(tool) = console.store.get_tool_by_id(&ToolId::from(id)).await? else { return Ok(None) };
        let server = console.store.get_server(&tool.server).await?;
        Ok(server.map(|server| (tool, server)))
    }

    pub(super) async fn read(console: &Console, id: &str) -> Result<Option<ToolView>, AppError> {
        let Some((tool, server)) = find(console, id).await? else { return Ok(None) };
        let now = console.now();
        let callers = callers::read(console, &server, &tool).await?;
        let query = DecisionQuery {
            server: Some(tool.server.to_string()),
            tool: Some(tool.name.clone()),
            ..DecisionQuery::default()
        };
        // Demands the permission to read decisions as well.
        let mut decisions = list_decisions(query).await?;
        let more_decisions = decisions.has_older || decisions.lines.len() > DECISIONS;
        decisions.lines.truncate(DECISIONS);
        decisions.has_older = false;
        // What counts: the form that was reviewed, else what is offered.
        let definition = match tool.review {
            ReviewState::New => shown_definition(&tool),
            _ => tool.definition.as_ref().or(tool.offered.as_ref()),
        };
        let text = |name: &str| definition.and_then(|definition| text_of(definition, name));
        let schema = definition.and_then(|definition| definition.get("inputSchema"));
        Ok(Some(ToolView {
            title: text("title"),
            description: text("description"),
            schema: schema.map(pretty),
            arguments: schema.map(arguments).unwrap_or_default(),
            unusable: definition.and_then(unusable),
            hints: definition.map(hints::read).unwrap_or_default(),
            definition: definition.map(pretty),
            reviewed_at: tool.reviewed_at.map(|at| Moment::new(at, now)),
            seen_at: tool.seen_at.map(|at| Moment::new(at, now)),
            id: tool.id.to_string(),
            server: tool.server.to_string(),
            review: tool.review,
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: tool.read_only,
            check_schema: tool.check_schema,
            hash: tool.definition_hash.clone(),
            reviewed_by: tool.reviewed_by.clone(),
            redact: tool.redact.clone(),
            mapping: definition.is_some_and(declares_mapping).then(|| {
                let word = if tool.mapping.is_some() { MappingUse::Accepted } else { MappingUse::Ignored };
                word.to_string()
            }),
            bindings: tool.bindings.iter().map(bindings::line).collect(),
            scopes: tool.scopes.clone(),
            name: tool.name.clone(),
            callers,
            decisions,
            more_decisions,
        }))
    }

    fn text_of(definition: &Value, name: &str) -> Option<String> {
        definition.get(name)?.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned)
    }

    pub(crate) fn pretty(value: &Value) -> String {
        serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
    }

    /// What the schema declares at its top; what it refers to elsewhere is left to the reader of the schema.
    fn arguments(schema: &Value) -> Vec<ArgumentLine> {
        let required = |name: &str| {
            let names = schema.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name)))
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .take(ARGUMENTS)
            .map(|(name, property)| ArgumentLine {
                kind: kind(property),
                required: required(name),
                description: text_of(property, "description"),
                name: name.clone(),
            })
            .collect()
    }

    fn kind(property: &Value) -> String {
        match property.get("type") {
            Some(Value::String(kind)) => kind.clone(),
            Some(Value::Array(kinds)) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                kinds.join(" or ")
            }
            _ if property.get("enum").is_some() => "one of a list".to_owned(),
            _ => "any".to_owned(),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use serde_json::json;

        #[test]
        fn arguments_read_from_the_schema() {
            let schema = json!({
                "required": ["amount"],
                "properties": {
                    "amount": {"type": "number", "description": "How much"},
                    "note": {"type": ["string", "null"]},
                    "which": {"enum": ["a"]},
                    "x": true,
                },
            });
            let lines: Vec<_> =
                arguments(&schema).into_iter().map(|line| (line.name, line.kind, line.required)).collect();
            let line = |name: &str, kind: &str, required| (name.to_owned(), kind.to_owned(), required);
            assert_eq!(
                lines,
                [
                    line("amount", "number", true),
                    line("note", "string or null", false),
                    line("which", "one of a list", false),
                    line("x", "any", false)
                ]
            );
            assert!(arguments(&json!(true)).is_empty());
        }
    }
}

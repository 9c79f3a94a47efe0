//! Taking down what a person found of one tool: the definition they saw, and the labels they gave it.

use crate::catalog::{self, MappingRefused};
use policy::compile::{ToolSchema, ToolSchemaError};
use policy::labels::MappingUse;
use policy::{ReviewState, Risk, Sensitivity, ToolId};
use store::administration::Tool;
use store::{Actor, Store, StoreError, WriteError};

/// The most arguments of a tool that are redacted.
const MAX_REDACT: usize = 100;

/// What a person says about a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    /// JSON Pointers into the arguments that are kept only as a keyed digest.
    pub redact: Vec<String>,
    /// False: arguments are not held against the tool's schema.
    pub check_schema: bool,
    /// What becomes of the mapping that the tool declares. None goes only with a tool that declares none.
    pub mapping: Option<MappingUse>,
}

/// Why a review was not taken down.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("unknown tool")]
    UnknownTool,
    #[error("the server lists `{name}` no longer")]
    Gone { name: String },
    #[error("the server changed the definition of `{name}` meanwhile; review what it offers now")]
    Stale { name: String },
    #[error("nothing is known of `{name}` that could be reviewed")]
    NoDefinition { name: String },
    #[error("`{pointer}` is not a JSON Pointer such as `/customer/iban`")]
    Pointer { pointer: String },
    #[error("at most {MAX_REDACT} arguments are redacted")]
    TooManyPointers,
    #[error(transparent)]
    Mapping(#[from] MappingRefused),
    #[error("`{name}` declares a mapping; say whether it is accepted")]
    MappingUndecided { name: String },
    #[error("{0}; checking the arguments of this tool can only be switched off")]
    Schema(#[from] ToolSchemaError),
}

/// Marks a tool as reviewed, in the form the person saw: `seen` is the [`Tool::offered_hash`] that was shown to
/// them. Where the server has not offered any form, it is the [`Tool::definition_hash`], or None.
///
/// # Errors
/// When the server offers another form by now or none any longer, when the labels cannot be, or the tool's schema
/// is not usable while it is to be checked.
pub async fn review(
    store: &Store,
    actor: Actor,
    id: &ToolId,
    seen: Option<&str>,
    labels: Labels,
) -> Result<Tool, ReviewError> {
    check_pointers(&labels.redact)?;
    let shown = store.get_tool_by_id(id).await?.ok_or(ReviewError::UnknownTool)?;
    // Before the unit of work, as compiling takes a while; that it is still the same tool is seen to within.
    let shown = take_over(shown, seen)?;
    if labels.check_schema
        && let Some(schema) = shown.definition.as_ref().and_then(|definition| definition.get("inputSchema"))
    {
        ToolSchema::compile(schema)?;
    }
    let definition = shown.definition.as_ref();
    match labels.mapping {
        Some(MappingUse::Accepted) => catalog::check_mapping(definition)?,
        None if definition.is_some_and(catalog::declares_mapping) => {
            return Err(ReviewError::MappingUndecided { name: shown.name });
        }
        Some(MappingUse::Ignored) | None => {}
    }

    let mut writer = store.write(actor).await?;
    let now = writer.get_tool(&shown.server, &shown.name).await?;
    let now = now.filter(|tool| tool.id == *id).ok_or(ReviewError::UnknownTool)?;
    let mut tool = take_over(now, seen)?;
    if tool.definition_hash != shown.definition_hash {
        return Err(ReviewError::Stale { name: tool.name });
    }
    tool.risk = labels.risk;
    tool.sensitivity = labels.sensitivity;
    tool.read_only = labels.read_only;
    tool.redact = labels.redact;
    tool.check_schema = labels.check_schema;
    // Accepted in this definition, and in no other.
    let accepted = labels.mapping == Some(MappingUse::Accepted);
    tool.mapping = tool.definition_hash.clone().filter(|_| accepted);
    tool.reviewed_at = Some(writer.now());
    tool.reviewed_by = Some(writer.actor().name.clone());
    let stored = writer.put_tool(&tool).await?;
    writer.commit().await?;
    Ok(stored)
}

/// The tool with what it offers as its reviewed form. One that came from a bundle alone keeps the form it has.
fn take_over(mut tool: Tool, seen: Option<&str>) -> Result<Tool, ReviewError> {
    let name = || tool.name.clone();
    if tool.review == ReviewState::Gone {
        return Err(ReviewError::Gone { name: name() });
    }
    let shown = match (&tool.offered_hash, seen) {
        (None, Some(_)) => tool.definition_hash.as_deref(),
        (offered, _) => offered.as_deref(),
    };
    if shown != seen {
        return Err(ReviewError::Stale { name: name() });
    }
    if tool.offered.is_none() && tool.definition.is_none() {
        return Err(ReviewError::NoDefinition { name: name() });
    }
    if tool.offered.is_some() {
        tool.definition.clone_from(&tool.offered);
        tool.definition_hash.clone_from(&tool.offered_hash);
    }
    tool.review = ReviewState::Reviewed;
    Ok(tool)
}

fn check_pointers(pointers: &[String]) -> Result<(), ReviewError> {
    if pointers.len() > MAX_REDACT {
        return Err(ReviewError::TooManyPointers);
    }
    let wrong = pointers.iter().find(|pointer| !is_pointer(pointer));
    wrong.map_or(Ok(()), |pointer| Err(ReviewError::Pointer { pointer: pointer.chars().take(100).collect() }))
}

/// RFC 6901, but not the empty pointer: the whole arguments are no single argument.
fn is_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    text.starts_with('/') && text.len() <= 1_000 && escapes && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::ServerSlug;
    use serde_json::json;

    #[test]
    fn pointers_are_read_strictly() {
        for good in ["/a", "/a/b", "/", "/a~1b", "/a~0", "/list/0"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["", "a", "#/a", "/a~", "/a~2", "/~~1", "/a\n"] {
            assert!(!is_pointer(bad), "{bad:?}");
        }
    }

    #[test]
    fn only_what_was_seen_is_taken_over() {
        let tool = Tool {
            offered: Some(json!({"name": "a"})),
            offered_hash: Some("1".to_owned()),
            ..Tool::new(ServerSlug::new("crm"), "a")
        };
        let taken = take_over(tool.clone(), Some("1")).expect("as seen");
        assert_eq!(
            (taken.definition, taken.definition_hash),
            (tool.offered.clone(), tool.offered_hash.clone())
        );
        assert_eq!(taken.review, ReviewState::Reviewed);
        for seen in [None, Some("2")] {
            assert!(matches!(take_over(tool.clone(), seen), Err(ReviewError::Stale { .. })), "{seen:?}");
        }

        let empty = Tool::new(ServerSlug::new("crm"), "a");
        assert!(matches!(take_over(empty.clone(), None), Err(ReviewError::NoDefinition { .. })));
        let from_bundle =
            Tool { definition: Some(json!({"name": "a"})), definition_hash: Some("0".to_owned()), ..empty };
        for seen in [None, Some("0")] {
            let taken = take_over(from_bundle.clone(), seen).expect("kept");
            assert_eq!(taken.definition, from_bundle.definition, "{seen:?}");
        }
        assert!(matches!(take_over(from_bundle.clone(), Some("1")), Err(ReviewError::Stale { .. })));
        let offered_anew = Tool { definition_hash: Some("0".to_owned()), ..tool };
        assert!(matches!(take_over(offered_anew, Some("0")), Err(ReviewError::Stale { .. })));
        let gone = Tool { review: ReviewState::Gone, ..from_bundle };
        assert!(matches!(take_over(gone, None), Err(ReviewError::Gone { .. })));
    }
}

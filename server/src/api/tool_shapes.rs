//! Tools as the API reads and writes them.

use super::problem::Problem;
use axum::http::StatusCode;
use pdp::catalog::declares_mapping;
use pdp::discovery::{Labels, ReviewError};
use policy::binding::Binding;
use policy::labels::{MappingUse, OnUnknown, TaskNeed};
use policy::{ReviewState, Risk, Sensitivity, ServerSlug, Timestamp, ToolId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::administration::Tool;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct ToolsQuery {
    /// Only those whose name holds this text.
    pub(super) q: Option<String>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    pub(super) limit: Option<u32>,
}

/// A tool of a server's catalog. Its name and its definitions are its server's own words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ToolView {
    #[schema(value_type = String)]
    id: ToolId,
    #[schema(value_type = String, example = "crm")]
    server: ServerSlug,
    #[schema(example = "refund")]
    name: String,
    /// `new`, `reviewed`, `changed` or `gone`; calls of a reviewed one alone may pass.
    #[schema(value_type = String)]
    review: ReviewState,
    /// `low`, `medium`, `high` or `critical`. Of a new tool it is what its server hints at.
    #[schema(value_type = String)]
    risk: Risk,
    /// `public`, `internal`, `confidential` or `regulated`.
    #[schema(value_type = String)]
    sensitivity: Sensitivity,
    read_only: bool,
    /// False: arguments are not held against its schema.
    check_schema: bool,
    /// Paths of arguments that are kept as a keyed digest alone.
    redact: Vec<String>,
    /// Which arguments name registered resources.
    bindings: Vec<BindingView>,
    /// What a caller's token must hold, all of them.
    scopes: Vec<String>,
    /// `optional` or `required`: whether it is called under a task alone.
    #[schema(value_type = String)]
    task: TaskNeed,
    /// `accepted` or `ignored`: what was said of the mapping that the reviewed definition declares. Absent: it declares none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    mapping: Option<MappingUse>,
    /// SHA-256 of the definition that was reviewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition_hash: Option<String>,
    /// SHA-256 of what the server lists now; absent where it never listed it, or does no longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reviewed_at: Option<Timestamp>,
    /// Not told to a token of one tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewed_by: Option<String>,
    /// When the server last listed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    seen_at: Option<Timestamp>,
    /// The tool object that was reviewed. Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    definition: Option<Value>,
    /// The tool object that the server lists now. Absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    offered: Option<Value>,
}

impl ToolView {
    /// With both definitions.
    pub(super) fn whole(tool: Tool) -> Self {
        let (definition, offered) = (tool.definition.clone(), tool.offered.clone());
        Self { definition, offered, ..tool.into() }
    }
}

/// As it stands in lists.
impl From<Tool> for ToolView {
    fn from(tool: Tool) -> Self {
        let declared = tool.definition.as_ref().is_some_and(declares_mapping);
        let said = if tool.mapping.is_some() { MappingUse::Accepted } else { MappingUse::Ignored };
        Self {
            id: tool.id,
            server: tool.server,
            name: tool.name,
            review: tool.review,
            risk: tool.risk,
            sensitivity: tool.sensitivity,
            read_only: tool.read_only,
            check_schema: tool.check_schema,
            redact: tool.redact,
            bindings: tool.bindings.into_iter().map(BindingView::from).collect(),
            scopes: tool.scopes,
            task: tool.task,
            mapping: declared.then_some(said),
            definition_hash: tool.definition_hash,
            offered_hash: tool.offered_hash,
            reviewed_at: tool.reviewed_at,
            reviewed_by: tool.reviewed_by,
            seen_at: tool.seen_at,
            definition: None,
            offered: None,
        }
    }
}

/// An argument that names a registered resource.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BindingView {
    /// A JSON Pointer into the arguments, in which `*` is each element of a list.
    #[schema(example = "/customer_id")]
    pointer: String,
    /// The type of the resource; the argument is its id.
    #[serde(rename = "type")]
    #[schema(example = "customer")]
    kind: String,
    /// Whether the argument may be left out: false, unless given.
    #[serde(default)]
    optional: bool,
    /// `deny` (unless given) or `allow`: what becomes of a call that names something unregistered.
    #[serde(default = "deny")]
    #[schema(value_type = String)]
    unknown: OnUnknown,
}

fn deny() -> OnUnknown {
    OnUnknown::Deny
}

impl From<Binding> for BindingView {
    fn from(binding: Binding) -> Self {
        let Binding { pointer, kind, optional, unknown } = binding;
        Self { pointer, kind, optional, unknown }
    }
}

impl From<BindingView> for Binding {
    fn from(view: BindingView) -> Self {
        let BindingView { pointer, kind, optional, unknown } = view;
        Self { pointer, kind, optional, unknown }
    }
}

/// What a tool asks of calls beside rules. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolChange {
    /// What a caller's token must hold, all of them; they replace those it has.
    scopes: Option<Vec<String>>,
    /// Which arguments name registered resources; they replace those it has.
    bindings: Option<Vec<BindingView>>,
    /// `optional` or `required`: whether it is called under a task alone.
    #[schema(value_type = Option<String>)]
    task: Option<TaskNeed>,
}

impl ToolChange {
    pub(super) fn of(self, tool: Tool) -> Tool {
        let bindings = self.bindings.map(|all| all.into_iter().map(Binding::from).collect());
        Tool {
            scopes: self.scopes.unwrap_or(tool.scopes),
            bindings: bindings.unwrap_or(tool.bindings),
            task: self.task.unwrap_or(tool.task),
            ..tool
        }
    }
}

/// What a person found of a tool's definition.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    /// The `offered_hash` of what was looked at, or the `definition_hash` where the server never listed it. Another one by now:
    /// nothing is changed.
    pub(super) seen: String,
    /// `low`, `medium`, `high` or `critical`.
    #[schema(value_type = String)]
    risk: Risk,
    /// `public`, `internal`, `confidential` or `regulated`.
    #[schema(value_type = String)]
    sensitivity: Sensitivity,
    /// Whether it changes nothing.
    read_only: bool,
    /// Paths of arguments to be kept as a keyed digest alone, 100 at the most; they replace those it has.
    #[schema(example = json!(["/customer/iban"]))]
    redact: Vec<String>,
    /// True, unless given. False: arguments are not held against its schema, which is not usable.
    check_schema: Option<bool>,
    /// `accepted` or `ignored`: what becomes of the mapping that the definition declares. Left out where it declares none.
    #[schema(value_type = Option<String>)]
    mapping: Option<MappingUse>,
}

impl Review {
    pub(super) fn labels(self) -> Labels {
        Labels {
            risk: self.risk,
            sensitivity: self.sensitivity,
            read_only: self.read_only,
            redact: self.redact,
            check_schema: self.check_schema.unwrap_or(true),
            mapping: self.mapping,
        }
    }
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let detail = error.to_string();
        let field = match error {
            ReviewError::Store(error) => return error.into(),
            ReviewError::Write(error) => return error.into(),
            ReviewError::UnknownTool => return Self::not_found("tool"),
            ReviewError::Gone { .. } | ReviewError::Stale { .. } | ReviewError::NoDefinition { .. } => {
                return Self::conflict("changed", detail);
            }
            ReviewError::Pointer { .. } | ReviewError::TooManyPointers => "redact",
            ReviewError::Mapping(_) | ReviewError::MappingUndecided { .. } => "mapping",
            ReviewError::Schema(_) => "check_schema",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &detail).with_error(field, &detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_stays_and_a_list_replaces() {
        let change = |given: Value| serde_json::from_value::<ToolChange>(given).expect("reads");
        let tool = change(json!({
            "scopes": ["crm:refund"], "task": "required", "bindings": [{"pointer": "/id", "type": "customer"}],
        }))
        .of(Tool::new(ServerSlug::from("crm"), "refund"));
        assert_eq!((tool.scopes.len(), tool.bindings.len(), tool.task), (1, 1, TaskNeed::Required));
        assert_eq!(tool.bindings[0].unknown, OnUnknown::Deny);
        assert_eq!(change(json!({})).of(tool.clone()), tool);
        let tool = change(json!({"scopes": [], "bindings": []})).of(tool);
        assert_eq!((tool.scopes.len(), tool.bindings.len(), tool.task), (0, 0, TaskNeed::Required));
    }

    #[test]
    fn definitions_stand_in_one_tool_alone() {
        let definition = json!({"name": "refund", "inputSchema": {"x-authzen-mapping": {}}});
        let tool = Tool { definition: Some(definition), ..Tool::new(ServerSlug::from("crm"), "refund") };
        let listed = serde_json::to_value(ToolView::from(tool.clone())).expect("JSON");
        assert_eq!((&listed["definition"], &listed["mapping"]), (&Value::Null, &json!("ignored")));
        let whole = serde_json::to_value(ToolView::whole(tool)).expect("JSON");
        assert_eq!(whole["definition"]["name"], "refund");
    }
}

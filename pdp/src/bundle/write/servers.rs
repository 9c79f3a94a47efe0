//! A server: its tools, and what their arguments name.

use super::keys::{Keys, list, slugs, texts};
use crate::bundle::format::{ServerEntry, ToolEntry};
use crate::bundle::yaml::Node;
use policy::binding::Binding;
use policy::labels::{MappingUse, OnUnknown, ReviewState, Risk, Sensitivity, TaskNeed};

pub(super) fn server(entry: &ServerEntry) -> Node {
    let ServerEntry { slug, name, url, enabled, tenants, audiences, check_arguments, tools } = entry;
    Keys::default()
        .with("slug", slug.as_str())
        .with_any("name", name.as_deref())
        .with_any("url", url.as_deref())
        .with_any("enabled", *enabled)
        .with_any("tenants", slugs(tenants.as_deref()))
        .with_any("audiences", texts(audiences.as_deref()))
        .with_any("check_arguments", *check_arguments)
        .with_any("tools", list(tools.as_deref(), tool))
        .node()
}

fn tool(entry: &ToolEntry) -> Node {
    let ToolEntry {
        name,
        review,
        title,
        description,
        input_schema,
        output_schema,
        annotations,
        definition,
        risk,
        sensitivity,
        read_only,
        redact,
        check_schema,
        bindings,
        scopes,
        task,
        mapping,
    } = entry;
    Keys::default()
        .with("name", name.as_str())
        .with_any("review", review.map(ReviewState::as_str))
        .with_any("risk", risk.map(Risk::as_str))
        .with_any("sensitivity", sensitivity.map(Sensitivity::as_str))
        .with_any("read_only", *read_only)
        .with_any("redact", texts(redact.as_deref()))
        .with_any("bindings", list(bindings.as_deref(), binding))
        .with_any("scopes", texts(scopes.as_deref()))
        .with_any("check_schema", *check_schema)
        .with_any("task", task.map(TaskNeed::as_str))
        .with_any("mapping", mapping.map(MappingUse::as_str))
        .with_any("title", title.as_deref())
        .with_any("description", description.as_deref())
        .with_any("input_schema", input_schema.clone())
        .with_any("output_schema", output_schema.clone())
        .with_any("annotations", annotations.clone())
        .with_any("definition", definition.clone())
        .node()
}

fn binding(binding: &Binding) -> Node {
    let Binding { pointer, kind, optional, unknown } = binding;
    Keys::default()
        .with("pointer", pointer.as_str())
        .with("type", kind.as_str())
        .with_any("optional", optional.then_some(true))
        .with_any("unknown", (*unknown != OnUnknown::Deny).then_some(unknown.as_str()))
        .node()
}

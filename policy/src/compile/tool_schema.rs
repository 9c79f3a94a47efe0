//! A tool's reviewed input schema. It comes from the server, so it is hostile: bounded before it is compiled,
//! and "not usable" beyond the bounds (a person may then switch checking off for that one tool).

use super::is_large;
use super::mapping::MAPPING_MEMBER;
use super::schema_walk::{self, Bounds, WalkError};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;

const BOUNDS: Bounds = Bounds { bytes: 64 * 1024, depth: 32, nodes: 10_000 };

/// Steps a look-around pattern may take back on one match.
const BACKTRACK_LIMIT: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolSchemaError {
    #[error("the input schema: {0}")]
    Bounds(#[from] WalkError),
    #[error("the input schema does not compile: {0}")]
    Compile(String),
    #[error(
        "the input schema has `patternProperties` and does not say with `additionalProperties` what else may come"
    )]
    OpenPatterns,
    #[error("the input schema is of an older draft, in which what stands beside a `$ref` means nothing")]
    OldDraft,
    #[error("the input schema is not an object schema")]
    NotAnObject,
}

/// Whether the schema may be walked at all: bounded, and its references are local and end.
pub(super) fn is_bounded(schema: &Value) -> bool {
    schema.is_object() && schema_walk::check(&without_mapping(schema), BOUNDS).is_ok()
}

/// A compiled input schema.
#[derive(Debug)]
pub struct ToolSchema {
    validator: Validator,
    /// The arguments it declares; None where it says itself what else may come.
    declared: Option<BTreeSet<String>>,
}

/// A declared mapping is no part of what the arguments must be: it is read by rules of its own.
fn without_mapping(schema: &Value) -> Cow<'_, Value> {
    match schema {
        Value::Object(members) if members.contains_key(MAPPING_MEMBER) => {
            let mut members = members.clone();
            members.remove(MAPPING_MEMBER);
            Cow::Owned(Value::Object(members))
        }
        _ => Cow::Borrowed(schema),
    }
}

impl ToolSchema {
    /// # Errors
    /// When the schema is "not usable": beyond its bounds, or not compilable.
    pub fn compile(schema: &Value) -> Result<Self, ToolSchemaError> {
        if !schema.is_object() {
            return Err(ToolSchemaError::NotAnObject);
        }
        let schema = &*without_mapping(schema);
        schema_walk::check(schema, BOUNDS)?;
        if schema.get("patternProperties").is_some() && schema.get("additionalProperties").is_none() {
            return Err(ToolSchemaError::OpenPatterns);
        }
        let draft = schema.get("$schema").and_then(Value::as_str).unwrap_or_default();
        if ["draft-03", "draft-04", "draft-06", "draft-07"].iter().any(|old| draft.contains(old))
            && schema_walk::has_reference_with_siblings(schema)
        {
            return Err(ToolSchemaError::OldDraft);
        }
        let validator = jsonschema::options()
            .offline()
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACK_LIMIT))
            .build(schema)
            .map_err(|error| ToolSchemaError::Compile(shorten(&error.to_string())))?;
        let mut declared = BTreeSet::new();
        let open = collect(schema, schema, &mut declared);
        Ok(Self { validator, declared: (!open).then_some(declared) })
    }

    /// Whether a call may hold an argument of this name at all.
    pub(crate) fn may_hold(&self, argument: &str) -> bool {
        self.declared.as_ref().is_none_or(|declared| declared.contains(argument))
    }

    /// What is wrong with the arguments, one line each, at most five; empty where they fit.
    pub fn problems(&self, arguments: &Value) -> Vec<String> {
        let mut problems: Vec<String> = Vec::new();
        if let (Some(declared), Some(given)) = (&self.declared, arguments.as_object()) {
            let undeclared = given.keys().filter(|name| !declared.contains(*name));
            problems.extend(
                undeclared.take(5).map(|name| format!("`{}` is not an argument of this tool", shorten(name))),
            );
        }
        let said = !problems.is_empty();
        if is_large(arguments) {
            // The library collects every error before it hands out the first: of a large call only one is told.
            problems.extend(self.validator.validate(arguments).err().iter().map(line));
        } else if !self.validator.is_valid(arguments) {
            let errors =
                self.validator.iter_errors(arguments).filter(|error| !(said && is_undeclared(error)));
            problems.extend(errors.take(5).map(|error| line(&error)));
            if problems.is_empty() {
                problems.push("the arguments do not fit".to_owned());
            }
        }
        problems.truncate(5);
        problems
    }
}

/// One problem. Masked: what came may be secret, and this text reaches records.
fn line(error: &ValidationError<'_>) -> String {
    let path = error.instance_path().to_string();
    let place = if path.is_empty() { "the arguments".to_owned() } else { shorten(&path) };
    format!("{place}: {}", shorten(&error.masked().to_string()))
}

/// Collects the arguments a schema declares at its top level, through `$ref` and combinators. True where it
/// opens itself to other arguments, whatever branch of it a call takes.
fn collect(root: &Value, schema: &Value, declared: &mut BTreeSet<String>) -> bool {
    let Some(map) = schema.as_object() else { return false };
    let speaks = |key: &str| map.get(key).is_some_and(|value| *value != Value::Bool(false));
    let mut open = ["additionalProperties", "unevaluatedProperties"].into_iter().any(speaks);
    if let Some(properties) = map.get("properties").and_then(Value::as_object) {
        declared.extend(properties.keys().cloned());
    }
    let branches = |key: &str| map.get(key).and_then(Value::as_array).into_iter().flatten();
    for branch in branches("allOf") {
        open |= collect(root, branch, declared);
    }
    for key in ["anyOf", "oneOf"] {
        let all: Vec<bool> = branches(key).map(|branch| collect(root, branch, declared)).collect();
        open |= !all.is_empty() && all.iter().all(|open| *open);
    }
    for key in ["if", "then", "else"] {
        if let Some(branch) = map.get(key) {
            collect(root, branch, declared);
        }
    }
    if let Some(named) = map.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#')) {
        // Local and without cycles: checked before.
        if let Some(target) = root.pointer(named) {
            open |= collect(root, target, declared);
        }
    }
    open
}

/// The library's own word for an argument that is not declared.
fn is_undeclared(error: &ValidationError<'_>) -> bool {
    let kind = matches!(
        error.kind(),
        ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::UnevaluatedProperties { .. }
    );
    kind && error.instance_path().as_str().is_empty()
}

fn shorten(text: &str) -> String {
    crate::text::shown(text, 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn undeclared_arguments_are_refused_unless_the_schema_opens_itself() {
        let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let schema = ToolSchema::compile(&closed).expect("compiles");
        assert!(schema.problems(&json!({"a": "x"})).is_empty());
        assert_eq!(schema.problems(&json!({"b": 1})), ["`b` is not an argument of this tool"]);

        let open = json!({"type": "object", "properties": {"a": {}}, "additionalProperties": true});
        assert!(ToolSchema::compile(&open).expect("compiles").problems(&json!({"b": 1})).is_empty());

        let said_itself = json!({"properties": {"a": {}}, "additionalProperties": false});
        let schema = ToolSchema::compile(&said_itself).expect("compiles");
        assert_eq!(schema.problems(&json!({"b": 1})), ["`b` is not an argument of this tool"]);

        let through_ref = json!({"$ref": "#/$defs/input", "$defs": {"input": {"properties": {"a": {}}}}});
        let schema = ToolSchema::compile(&through_ref).expect("compiles");
        assert!(schema.problems(&json!({"a": 1})).is_empty());
        assert_eq!(schema.problems(&json!({"b": 1})).len(), 1);
    }

    #[test]
    fn undeclared_arguments_are_refused_whatever_one_branch_says() {
        let branchy = json!({"properties": {"a": {}}, "anyOf": [{"required": ["a"]}, {"properties": {"b": {}}, "additionalProperties": {}}]});
        let schema = ToolSchema::compile(&branchy).expect("compiles");
        assert_eq!(schema.problems(&json!({"a": 1, "zzz": 2})), ["`zzz` is not an argument of this tool"]);
        let patterns = json!({"properties": {"a": {}}, "patternProperties": {"^x-": {"type": "string"}}});
        assert_eq!(ToolSchema::compile(&patterns).err(), Some(ToolSchemaError::OpenPatterns));
        let old = json!({"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/n", "maximum": 1}}, "definitions": {"n": {"type": "number"}}});
        assert_eq!(ToolSchema::compile(&old).err(), Some(ToolSchemaError::OldDraft));
    }

    #[test]
    fn names_in_problems_cannot_rearrange_a_sentence() {
        let schema = ToolSchema::compile(&json!({"properties": {}})).expect("compiles");
        let problems = schema.problems(&json!({"a\u{202e}b\u{1b}": 1})).join("");
        assert!(!problems.contains(['\u{202e}', '\u{1b}']), "{problems:?}");
    }

    #[test]
    fn problems_never_repeat_what_came() {
        let schema = ToolSchema::compile(&json!({"properties": {"pin": {"type": "string", "maxLength": 2}}}))
            .expect("compiles");
        let problems = schema.problems(&json!({"pin": "hunter2-secret"}));
        assert_eq!(problems.len(), 1);
        assert!(!problems[0].contains("hunter2"), "{problems:?}");
        assert!(problems[0].starts_with("/pin: "), "{problems:?}");
    }

    #[test]
    fn look_ahead_is_taken_and_catastrophic_backtracking_ends() {
        let schema = json!({"properties": {"a": {"type": "string", "pattern": "^(?=a)(a|aa)+$"}}});
        let schema = ToolSchema::compile(&schema).expect("compiles");
        assert!(schema.problems(&json!({"a": "aaaa"})).is_empty());
        assert!(!schema.problems(&json!({"a": format!("{}b", "a".repeat(50_000))})).is_empty());
    }

    #[test]
    fn what_is_not_usable() {
        for bad in [json!(true), json!([]), json!({"type": 5}), json!({"$ref": "file:///etc/passwd"})] {
            assert!(ToolSchema::compile(&bad).is_err(), "{bad}");
        }
    }
}

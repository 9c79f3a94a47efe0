//! The parameters of a rule: a strict subset of JSON Schema 2020-12, checked by us first, because a keyword
//! that a library ignores (`maxmum`) would else allow everything.

mod check;

use crate::decision::{ParameterMiss, Truth};
use crate::labels::Effect;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where in the parameters something is wrong, and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parameters{path}: {problem}")]
pub struct ParameterError {
    /// JSON Pointer into the parameters.
    pub path: String,
    pub problem: String,
}

/// Compiled parameters.
#[derive(Debug)]
pub struct ParameterScope {
    source: Value,
    validator: Validator,
    elements: ElementScopes,
    /// How many values the schema itself is made of.
    nodes: usize,
}

impl ParameterScope {
    /// # Errors
    /// Names the first place where the parameters leave the subset, or could mean less than they say.
    pub fn compile(source: &Value, effect: Effect) -> Result<Self, ParameterError> {
        check::check(source, effect)?;
        let mut elements = ElementScopes::new();
        if effect != Effect::Allow {
            element_scopes(source, source, "", &mut elements)?;
        }
        Ok(Self { source: source.clone(), validator: build(source)?, elements, nodes: count(source) })
    }

    /// Whether the arguments fit. Under a rule that restricts, a value of another JSON type than the rule
    /// speaks about is unknown, so that the rule bites.
    pub fn truth(&self, arguments: &Value, effect: Effect) -> Truth {
        // Work grows with both; beyond the budget nothing is known, so nothing is granted.
        if self.nodes.saturating_mul(count(arguments)) > MOST_WORK {
            return Truth::Unknown;
        }
        if self.validator.is_valid(arguments) {
            return Truth::True;
        }
        if effect == Effect::Allow {
            return Truth::False;
        }
        // The library collects every error before it hands out the first, so a large call is not searched
        // for the reason: then it is not known whether a type is to blame.
        if is_large(arguments) {
            return Truth::Unknown;
        }
        let mut errors = self.validator.iter_errors(arguments).peekable();
        let unclear = errors.peek().is_none() || errors.any(|error| is_other_type(&error, &self.elements));
        if unclear { Truth::Unknown } else { Truth::False }
    }

    /// Every keyword that the arguments do not meet, at most 20; of large arguments the first alone.
    /// `redacted` says which paths' values must not be repeated.
    pub fn misses(&self, arguments: &Value, redacted: impl Fn(&str) -> bool) -> Vec<ParameterMiss> {
        let mut misses = Vec::new();
        if is_large(arguments) {
            if let Err(error) = self.validator.validate(arguments) {
                self.push_misses(&error, &redacted, &mut misses);
            }
        } else {
            for error in self.validator.iter_errors(arguments).take(MOST_MISSES) {
                self.push_misses(&error, &redacted, &mut misses);
            }
        }
        misses.truncate(MOST_MISSES);
        misses
    }

    fn push_misses(
        &self,
        error: &ValidationError<'_>,
        redacted: &impl Fn(&str) -> bool,
        misses: &mut Vec<ParameterMiss>,
    ) {
        let place = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::Required { property } => misses.push(ParameterMiss {
                path: format!("{place}/{}", escape(property.as_str().unwrap_or_default())),
                keyword: "required".into(),
                bound: Value::Bool(true),
                value: None,
            }),
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                misses.extend(unexpected.iter().take(MOST_MISSES).map(|name| ParameterMiss {
                    path: format!("{place}/{}", escape(name)),
                    keyword: "additionalProperties".into(),
                    bound: Value::Bool(false),
                    value: None,
                }));
            }
            kind => misses.push(ParameterMiss {
                path: place.to_owned(),
                keyword: kind.keyword().to_owned(),
                bound: self.source.pointer(error.schema_path().as_str()).map_or(Value::Null, bound_to_tell),
                value: (!redacted(place)).then(|| value_to_tell(error.instance())).flatten(),
            }),
        }
    }
}

/// The most work of one rule on one call, as values of the schema times values of the arguments: about 10 ms.
const MOST_WORK: usize = 800_000;

/// How many values a value is made of, itself included.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// How many failing keywords of one rule are told.
const MOST_MISSES: usize = 20;

/// Arguments of more values than this are decided on, but not searched for everything that is wrong with them.
const EXPLAINED: usize = 1_000;

/// More than [`EXPLAINED`] values.
pub(crate) fn is_large(arguments: &Value) -> bool {
    fn exceeds(value: &Value, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return true };
        *left = fewer;
        match value {
            Value::Array(items) => items.iter().any(|item| exceeds(item, left)),
            Value::Object(map) => map.values().any(|item| exceeds(item, left)),
            _ => false,
        }
    }
    exceeds(arguments, &mut { EXPLAINED })
}

/// A value as a decision repeats it: never a whole object or list, never more than 200 characters.
fn value_to_tell(value: &Value) -> Option<Value> {
    match value {
        Value::Array(_) | Value::Object(_) => None,
        Value::String(text) if text.chars().count() > 200 => {
            Some(Value::String(text.chars().take(199).chain(['…']).collect()))
        }
        other => Some(other.clone()),
    }
}

/// A keyword's bound as a decision repeats it: lists of plain values are shortened, schemas left out.
fn bound_to_tell(bound: &Value) -> Value {
    match bound {
        Value::Array(items) => Value::Array(items.iter().take(20).filter_map(value_to_tell).collect()),
        other => value_to_tell(other).unwrap_or(Value::Null),
    }
}

fn build(schema: &Value) -> Result<Validator, ParameterError> {
    jsonschema::options()
        .offline()
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false)
        .with_pattern_options(PatternOptions::regex())
        .build(schema)
        .map_err(|error| ParameterError {
            path: error.instance_path().to_string(),
            problem: error.to_string(),
        })
}

/// RFC 6901, section 3.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The validators of every `contains` of a rule that restricts, by schema path: the library does not tell why
/// no element fits, and an element of another type must count as unknown.
type ElementScopes = BTreeMap<String, Validator>;

fn element_scopes(
    root: &Value,
    node: &Value,
    path: &str,
    into: &mut ElementScopes,
) -> Result<(), ParameterError> {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                let below = format!("{path}/{}", escape(key));
                if key == "contains" && value.is_object() {
                    let mut element = value.clone();
                    if let (Some(element), Some(defs)) = (element.as_object_mut(), root.get("$defs")) {
                        element.insert("$defs".to_owned(), defs.clone());
                    }
                    into.insert(below.clone(), build(&element)?);
                }
                element_scopes(root, value, &below, into)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                element_scopes(root, item, &format!("{path}/{index}"), into)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn is_other_type(error: &ValidationError<'_>, elements: &ElementScopes) -> bool {
    match error.kind() {
        // `1.5` where an integer is asked for counts too: whoever bounds integers means all numbers.
        ValidationErrorKind::Type { .. } => true,
        ValidationErrorKind::Enum { options } => {
            let given = type_of(error.instance());
            !options.as_array().is_some_and(|options| options.iter().any(|option| type_of(option) == given))
        }
        ValidationErrorKind::Constant { expected_value } => {
            type_of(expected_value) != type_of(error.instance())
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().any(|inner| is_other_type(inner, elements))
        }
        ValidationErrorKind::Contains => match elements.get(error.schema_path().as_str()) {
            Some(scope) => error.instance().as_array().is_none_or(|items| {
                items.iter().any(|item| scope.iter_errors(item).any(|e| is_other_type(&e, elements)))
            }),
            None => true,
        },
        // The engine gave up: whether the value fits is not known.
        ValidationErrorKind::BacktrackLimitExceeded { .. }
        | ValidationErrorKind::RegexEngineFailure { .. } => true,
        _ => false,
    }
}

fn type_of(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[cfg(test)]
mod tests;

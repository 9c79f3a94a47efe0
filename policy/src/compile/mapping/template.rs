//! The values of a mapping: written out, or computed. A text that begins with `$` is an expression, one that begins
//! with `$$` is the text after the first `$`, everything else is itself (COAZ-MCP, "Expressions and Literals").

use super::error::{MappingError, MappingProblem};
use super::inputs::MappingInputs;
use crate::compile::ConditionError;
use crate::compile::condition::{Condition, Grammar};
use cel::objects::{Key, OptionalValue};
use cel::{ExecutionError, Value as Cel};
use serde_json::{Map, Number, Value};

const GRAMMAR: Grammar =
    Grammar { variables: &["params", "token"], functions: &["hasValue", "orValue", "value"] };

/// Objects and lists within one member.
const MAX_DEPTH: usize = 8;

/// One value of a mapping.
#[derive(Debug)]
pub(super) enum Template {
    Literal(Value),
    Expression(Box<Expression>),
    List(Vec<Template>),
    Object(Vec<(String, Template)>),
}

/// An expression with its place in the mapping.
#[derive(Debug)]
pub(super) struct Expression {
    at: String,
    source: String,
    compiled: Condition,
}

impl Template {
    fn compile(value: &Value, at: &str, depth: usize) -> Result<Self, MappingError> {
        if depth > MAX_DEPTH {
            return Err(MappingError::TooDeep(at.to_owned()));
        }
        Ok(match value {
            Value::String(text) => return Self::leaf(text, at),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let items =
                    items.map(|(place, item)| Self::compile(item, &format!("{at}/{place}"), depth + 1));
                Self::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(members) => {
                let mut compiled = Vec::with_capacity(members.len());
                for (name, member) in members {
                    let below = format!("{at}/{}", crate::text::shown(name, 60));
                    compiled.push((name.clone(), Self::compile(member, &below, depth + 1)?));
                }
                Self::Object(compiled)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Literal(value.clone()),
        })
    }

    fn leaf(text: &str, at: &str) -> Result<Self, MappingError> {
        let Some(source) = text.strip_prefix('$') else { return Ok(Self::Literal(Value::from(text))) };
        if source.starts_with('$') {
            return Ok(Self::Literal(Value::from(source)));
        }
        let at = at.to_owned();
        match Condition::compile_as(source, GRAMMAR) {
            Ok(compiled) => {
                Ok(Self::Expression(Box::new(Expression { at, source: source.to_owned(), compiled })))
            }
            Err(ConditionError::UnknownVariable(name)) => Err(MappingError::Variable { at, name }),
            Err(why) => Err(MappingError::Expression { at, why }),
        }
    }

    /// A value that must come out as a text.
    pub(super) fn text(value: &Value, at: &str) -> Result<Self, MappingError> {
        match value {
            Value::String(text) => Self::leaf(text, at),
            _ => Err(MappingError::NotText(at.to_owned())),
        }
    }

    /// An object whose names are written out, none of them one of these.
    pub(super) fn members(value: &Value, at: &str, reserved: &[&str]) -> Result<Self, MappingError> {
        let Value::Object(members) = value else { return Err(MappingError::NotAnObject(at.to_owned())) };
        if let Some(name) = members.keys().find(|name| reserved.contains(&name.as_str())) {
            return Err(MappingError::Reserved(format!("{at}/{name}")));
        }
        Self::compile(value, at, 0)
    }

    /// The text that it always is; None where it is computed.
    pub(super) fn written_out(&self) -> Option<&str> {
        match self {
            Self::Literal(value) => value.as_str(),
            _ => None,
        }
    }

    /// As a person reads it: a text as it is, an expression as its source.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Literal(Value::String(text)) => text.clone(),
            Self::Literal(value) => value.to_string(),
            Self::Expression(expression) => expression.source.clone(),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::words).collect::<Vec<_>>().join(", "))
            }
            Self::Object(members) => {
                let members = members.iter().map(|(name, member)| format!("{name}: {}", member.words()));
                format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// How many expressions it holds.
    pub(super) fn expressions(&self) -> usize {
        match self {
            Self::Literal(_) => 0,
            Self::Expression(_) => 1,
            Self::List(items) => items.iter().map(Self::expressions).sum(),
            Self::Object(members) => members.iter().map(|(_, member)| member.expressions()).sum(),
        }
    }

    /// The arguments that its expressions name.
    pub(super) fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Expression(expression) => expression.compiled.arguments().collect(),
            Self::List(items) => items.iter().flat_map(Self::arguments).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, member)| member.arguments()).collect(),
        }
    }

    /// What it is for one call; None: it is absent, and the member that holds it with it.
    pub(super) fn resolve(&self, inputs: &MappingInputs<'_>) -> Result<Option<Value>, MappingProblem> {
        Ok(Some(match self {
            Self::Literal(value) => value.clone(),
            Self::Expression(expression) => return expression.resolve(inputs),
            Self::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.extend(item.resolve(inputs)?);
                }
                Value::Array(values)
            }
            Self::Object(members) => {
                let mut values = Map::new();
                for (name, member) in members {
                    if let Some(value) = member.resolve(inputs)? {
                        values.insert(name.clone(), value);
                    }
                }
                Value::Object(values)
            }
        }))
    }
}

impl Expression {
    fn resolve(&self, inputs: &MappingInputs<'_>) -> Result<Option<Value>, MappingProblem> {
        let problem = |why| MappingProblem::new(&self.at, why);
        if self.compiled.reads("token") && !inputs.knows_token() {
            return Err(problem("the claims of the token are not known"));
        }
        if self.compiled.has_macro() && inputs.is_too_long_for_macros() {
            return Err(problem("a list is longer than 1,000 elements"));
        }
        match self.compiled.resolve(self.compiled.expression(), |name| inputs.variable(name)) {
            Ok(value) => from_cel(&value).ok_or_else(|| problem("the expression comes out as no JSON value")),
            Err(ExecutionError::NoSuchKey(_)) => {
                Err(problem("the expression reads something that is not there"))
            }
            Err(_) => Err(problem("the expression could not be evaluated")),
        }
    }
}

/// JSON of a value. The outer None: there is none; the inner: it is absent.
fn from_cel(value: &Cel) -> Option<Option<Value>> {
    if let Ok(optional) = <&OptionalValue>::try_from(value) {
        return match optional.value() {
            None => Some(None),
            Some(value) => plain(value).map(Some),
        };
    }
    plain(value).map(Some)
}

fn plain(value: &Cel) -> Option<Value> {
    Some(match value {
        Cel::Null => Value::Null,
        Cel::Bool(value) => Value::Bool(*value),
        Cel::Int(value) => Value::from(*value),
        Cel::UInt(value) => Value::from(*value),
        Cel::Float(value) => Value::Number(Number::from_f64(*value)?),
        Cel::String(text) => Value::from(text.as_str()),
        Cel::List(items) => Value::Array(items.iter().map(plain).collect::<Option<_>>()?),
        Cel::Map(map) => {
            let mut members = Map::new();
            for (key, member) in map.map.iter() {
                let Key::String(name) = key else { return None };
                members.insert(name.as_str().to_owned(), plain(member)?);
            }
            Value::Object(members)
        }
        _ => return None,
    })
}

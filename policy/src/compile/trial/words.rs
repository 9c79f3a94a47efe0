//! What went wrong in a trial, in words for whoever writes the rule.

use cel::common::ast::operators;
use cel::{ExecutionError, Value as Cel};

/// What is wrong, where only the kinds of values can be the reason.
pub(super) fn mistake(result: &Result<Cel, ExecutionError>) -> Option<String> {
    match result {
        Ok(Cel::Bool(_)) => None,
        Ok(other) => Some(format!("a part of it is {}, neither true nor false", kind_of(other))),
        Err(ExecutionError::UnsupportedBinaryOperator(operator, left, right)) => {
            let sign = match *operator {
                "add" => "+",
                "sub" => "-",
                "mul" => "*",
                "div" => "/",
                "rem" => "%",
                other => other,
            };
            let mixes = matches!(
                (left, right),
                (Cel::Int(_) | Cel::UInt(_), Cel::Float(_)) | (Cel::Float(_), Cel::Int(_) | Cel::UInt(_))
            );
            let advice = if mixes { " (write `double(…)` around the whole number)" } else { "" };
            Some(format!("`{sign}` does not go with {} and {}{advice}", kind_of(left), kind_of(right)))
        }
        Err(ExecutionError::NoSuchOverload(wrong)) => {
            let kinds: Vec<&str> = wrong.argument_types().iter().map(|name| kind_named(name)).collect();
            Some(match (wrong.function(), kinds.as_slice()) {
                ("_._", [of, ..]) => format!("a member is read of {of}"),
                ("_[_]", [of, by]) => format!("an element of {of} is looked up by {by}"),
                (function, kinds) => {
                    format!("`{}` does not go with {}", sign_of(function), kinds.join(" and "))
                }
            })
        }
        Err(ExecutionError::UnexpectedType { want, .. }) if want == "Arc<String>" => {
            Some("`matches` is asked of something that is no text".to_owned())
        }
        Err(ExecutionError::UnexpectedType { got, want }) if want == "iterable" => {
            Some(format!("a macro runs over {}", kind_named(got)))
        }
        // Something that is not there, an overflow, a text that is no time: the sample may be to blame.
        Err(_) => None,
    }
}

/// `_<_` and its like as they are written.
fn sign_of(function: &str) -> &str {
    if function == operators::IN { "in" } else { function.trim_matches('_') }
}

fn kind_of(value: &Cel) -> &'static str {
    kind_named(match value {
        Cel::Int(_) => "int",
        Cel::UInt(_) => "uint",
        Cel::Float(_) => "double",
        Cel::String(_) => "string",
        Cel::Bool(_) => "bool",
        Cel::List(_) => "list",
        Cel::Map(_) => "map",
        Cel::Null => "null_type",
        Cel::Timestamp(_) => "google.protobuf.Timestamp",
        Cel::Duration(_) => "google.protobuf.Duration",
        _ => "",
    })
}

fn kind_named(name: &str) -> &'static str {
    match name {
        "int" | "uint" => "a whole number",
        "double" => "a number with a fraction",
        "string" => "text",
        "bool" => "true or false",
        "list" => "a list",
        "map" => "an object",
        "null_type" => "null",
        "google.protobuf.Timestamp" => "a moment",
        "google.protobuf.Duration" => "a span of time",
        _ => "a value of another kind",
    }
}

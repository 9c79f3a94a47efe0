//! The parameters of a rule in words, one for each bound: "/amount <= 100".

use super::words::{keyword, short};
use serde_json::{Map, Value};

/// How many are told of one rule.
const MOST: usize = 20;

/// What else a schema says, beside what bounds its value.
const SILENT: &[&str] = &[
    "type",
    "title",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "x-optional",
    "$defs",
];

/// Never empty.
pub(super) fn bounds(parameters: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(schema) = parameters.as_object() {
        object(schema, "", &mut found);
    }
    if found.is_empty() {
        found.push("the arguments meet its parameters".to_owned());
    }
    found.truncate(MOST);
    found
}

/// What an object and its members must be.
fn object(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, member) in properties.into_iter().flatten() {
        let below = format!("{path}/{}", crate::compile::escape(name));
        let first = found.len();
        if let Some(member) = member.as_object() {
            value(member, &below, found);
        }
        let is_required = required.contains(&name.as_str());
        if is_required && found.len() == first {
            found.push(keyword(&below, "required", &Value::Null));
        }
        if !is_required {
            for told in found.iter_mut().skip(first) {
                told.push_str(" where it is given");
            }
        }
    }
    let unbounded =
        required.into_iter().filter(|name| properties.is_none_or(|known| !known.contains_key(*name)));
    found.extend(
        unbounded.map(|name| {
            keyword(&format!("{path}/{}", crate::compile::escape(name)), "required", &Value::Null)
        }),
    );
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        found.push(if path.is_empty() {
            "no other argument is given".to_owned()
        } else {
            format!("{path} holds nothing else")
        });
    }
    said(schema, path, found);
}

fn value(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let first = found.len();
    if ["properties", "required", "additionalProperties"].iter().any(|key| schema.contains_key(*key)) {
        object(schema, path, found);
    } else {
        said(schema, path, found);
    }
    if found.len() == first
        && let Some(kind) = schema.get("type")
    {
        found.push(keyword(path, "type", kind));
    }
}

/// One line for each keyword that bounds the value itself.
fn said(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    for (name, asked) in schema.iter().filter(|(name, _)| !SILENT.contains(&name.as_str())) {
        found.push(match (name.as_str(), asked.get("enum"), asked.get("const")) {
            ("not", Some(listed), _) => negated(&keyword(path, "enum", listed)),
            ("not", _, Some(only)) => negated(&keyword(path, "const", only)),
            _ if path.is_empty() => format!("the arguments meet `{}`", short(name)),
            _ => keyword(path, name, asked),
        });
    }
}

fn negated(told: &str) -> String {
    told.replacen(" is ", " is not ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_for_each_bound() {
        for (parameters, expected) in [
            (
                json!({"properties": {"amount": {"type": "number", "maximum": 100}}, "required": ["amount"]}),
                vec!["/amount <= 100"],
            ),
            (
                json!({"properties": {"currency": {"enum": ["EUR", "USD"]}, "note": {"type": "string"}},
                    "required": ["currency"], "additionalProperties": false}),
                vec![
                    "/currency is one of EUR, USD",
                    "/note is of type string where it is given",
                    "no other argument is given",
                ],
            ),
            (json!({"required": ["a/b"]}), vec!["/a~1b is given"]),
            (
                json!({"properties": {"c": {"type": "string", "not": {"enum": ["USD"]}}}, "required": ["c"]}),
                vec!["/c is not one of USD"],
            ),
            (
                json!({"properties": {"to": {"type": "object", "properties": {"n": {"const": 1}}, "required": ["n"]}},
                    "required": ["to"]}),
                vec!["/to/n is 1"],
            ),
            (json!({"anyOf": [{"required": ["a"]}]}), vec!["the arguments meet `anyOf`"]),
        ] {
            assert_eq!(bounds(&parameters), expected, "{parameters}");
        }
    }
}

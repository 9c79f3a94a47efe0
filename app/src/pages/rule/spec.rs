//! A tool's arguments as the form shows them, read from the tool's own input schema. Names and words in it are
//! the server's: they are drawn as untrusted.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of value an argument takes, as far as the form knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArgumentKind {
    Integer,
    Number,
    Text,
    /// One of the values that the tool lists; true and false where it is a boolean.
    Choice,
    /// Lists, objects, and what the schema leaves open: bounded in the JSON Schema text.
    Other,
}

/// One argument of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArgumentSpec {
    pub name: String,
    pub kind: ArgumentKind,
    /// The words of the type: "number", "string", "array".
    pub type_words: String,
    /// Whether the tool itself asks for it.
    pub required: bool,
    /// What the tool itself takes, where it lists it.
    pub values: Vec<Value>,
}

/// The tool whose arguments the form shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolForm {
    pub server: String,
    pub tool: String,
    /// "reviewed 3 Nov", "not reviewed yet".
    pub state: String,
    pub arguments: Vec<ArgumentSpec>,
    /// Whether there is a schema at all.
    pub has_schema: bool,
}

#[cfg(feature = "ssr")]
pub use server::arguments;

#[cfg(feature = "ssr")]
mod server {
    use super::{ArgumentKind, ArgumentSpec};
    use serde_json::{Map, Value, json};

    /// More arguments than these are left to the text.
    const MOST_ARGUMENTS: usize = 60;
    /// Longer lists of values are left to the text.
    const MOST_VALUES: usize = 40;
    /// References are followed so far.
    const DEEPEST: usize = 4;

    /// The arguments at the top of an input schema, by name.
    pub fn arguments(schema: &Value) -> Vec<ArgumentSpec> {
        let mut found: Vec<ArgumentSpec> = Vec::new();
        collect(schema, schema, 0, &mut found);
        found.sort_by(|a, b| b.required.cmp(&a.required).then_with(|| a.name.cmp(&b.name)));
        found.dedup_by(|a, b| a.name == b.name);
        found.truncate(MOST_ARGUMENTS);
        found
    }

    fn collect(root: &Value, schema: &Value, depth: usize, found: &mut Vec<ArgumentSpec>) {
        if depth > DEEPEST {
            return;
        }
        let Some(map) = resolve(root, schema, depth) else { return };
        let required: Vec<&str> = map
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (name, argument) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            found.push(spec(root, name, argument, required.contains(&name.as_str())));
        }
        for branch in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            collect(root, branch, depth + 1, found);
        }
    }

    fn spec(root: &Value, name: &str, schema: &Value, required: bool) -> ArgumentSpec {
        let empty = Map::new();
        let map = not_null(root, schema).unwrap_or(&empty);
        let listed = map.get("enum").and_then(Value::as_array).cloned();
        let only = map.get("const").map(|value| vec![value.clone()]);
        let kind_word = type_word(map);
        let (kind, values) = match (listed.or(only), kind_word.as_str()) {
            (Some(values), _) if values.len() <= MOST_VALUES => (ArgumentKind::Choice, values),
            (_, "boolean") => (ArgumentKind::Choice, vec![json!(true), json!(false)]),
            (_, "integer") => (ArgumentKind::Integer, Vec::new()),
            (_, "number") => (ArgumentKind::Number, Vec::new()),
            (_, "string") => (ArgumentKind::Text, Vec::new()),
            _ => (ArgumentKind::Other, Vec::new()),
        };
        let type_words = if kind_word.is_empty() { "any type".to_owned() } else { kind_word };
        ArgumentSpec { name: name.to_owned(), kind, type_words, required, values }
    }

    /// The type, null aside.
    fn type_word(map: &Map<String, Value>) -> String {
        match map.get("type") {
            Some(Value::String(one)) => one.clone(),
            Some(Value::Array(several)) => {
                let words: Vec<&str> =
                    several.iter().filter_map(Value::as_str).filter(|word| *word != "null").collect();
                words.join(" or ")
            }
            _ => String::new(),
        }
    }

    /// Follows local references. They come from a server, so they may lead anywhere, or nowhere.
    fn resolve<'a>(root: &'a Value, schema: &'a Value, depth: usize) -> Option<&'a Map<String, Value>> {
        let map = schema.as_object()?;
        match map.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#')) {
            Some(pointer) if depth < DEEPEST => resolve(root, root.pointer(pointer)?, depth + 1),
            _ => Some(map),
        }
    }

    /// Of `anyOf: [x, null]`, as generators write what may be left out, the `x`.
    fn not_null<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        let map = resolve(root, schema, 0)?;
        let branches = map.get("anyOf").or_else(|| map.get("oneOf")).and_then(Value::as_array);
        let Some(branches) = branches else { return Some(map) };
        let mut real =
            branches.iter().filter(|branch| branch.get("type").and_then(Value::as_str) != Some("null"));
        match (real.next(), real.next()) {
            (Some(only), None) => resolve(root, only, 0),
            _ => Some(map),
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn kinds_come_from_the_schema() {
            let schema = json!({
                "type": "object",
                "properties": {
                    "amount": {"type": "number"},
                    "currency": {"enum": ["EUR", "USD"]},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "urgent": {"type": ["boolean", "null"]},
                    "to": {"$ref": "#/$defs/party"},
                    "count": {"$ref": "#/$defs/count"},
                    "any": true
                },
                "required": ["amount", "to"],
                "$defs": {"party": {"type": "object"}, "count": {"type": "integer"}}
            });
            let specs = arguments(&schema);
            let found: Vec<_> =
                specs.iter().map(|spec| (spec.name.as_str(), &spec.kind, spec.required)).collect();
            assert_eq!(
                found,
                [
                    ("amount", &ArgumentKind::Number, true),
                    ("to", &ArgumentKind::Other, true),
                    ("any", &ArgumentKind::Other, false),
                    ("count", &ArgumentKind::Integer, false),
                    ("currency", &ArgumentKind::Choice, false),
                    ("note", &ArgumentKind::Text, false),
                    ("urgent", &ArgumentKind::Choice, false),
                ]
            );
            assert_eq!(specs[6].values, [json!(true), json!(false)]);
        }

        #[test]
        fn hostile_schemas_end() {
            for schema in [
                json!({"$ref": "#"}),
                json!({"allOf": [{"$ref": "#"}]}),
                json!({"properties": {"a": {"$ref": "#/properties/a"}}}),
                json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
                json!([1]),
                json!(null),
            ] {
                let _ = arguments(&schema);
            }
        }
    }
}

//! Sample arguments, made from a tool's input schema: one for each combination of kinds of value that its
//! arguments may have. Pure, bounded, and always the same.
//!
//! What they are for: whatever fails on all of them fails on every call. So a place gets every kind of value that
//! its schema may allow, and one that may hold anything is left out.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The most values that one place gets, and the most samples of one schema.
const MOST: usize = 32;
/// Levels of the schema that are looked at.
const DEPTH: usize = 12;
/// The longest text that is made.
const LONGEST: usize = 200;

/// Samples of the arguments with these names; members of objects are told apart by these names as well. None
/// where there would be too many. The schema's references are local and end: that is checked before.
pub(super) fn arguments(schema: Option<&Value>, names: &BTreeSet<String>) -> Option<Vec<Value>> {
    match schema {
        Some(schema) => Sampler { root: schema, names }.objects(schema, 0),
        None => Some(vec![json!({})]),
    }
}

struct Sampler<'a> {
    root: &'a Value,
    names: &'a BTreeSet<String>,
}

impl<'a> Sampler<'a> {
    /// Every kind of value that the schema allows, one of each; None where it is not known, or there are too many.
    fn kinds(&self, schema: &'a Value, depth: usize) -> Option<Vec<Value>> {
        if depth > DEPTH {
            return None;
        }
        let map = schema.as_object()?;
        if let Some(only) = map.get("const") {
            return plain(std::slice::from_ref(only));
        }
        if let Some(Value::Array(listed)) = map.get("enum") {
            return plain(listed);
        }
        match map.get("type") {
            Some(Value::String(one)) => self.of_type(one, schema, map, depth),
            Some(Value::Array(several)) => {
                union(several.iter().map(|one| self.of_type(one.as_str()?, schema, map, depth)))
            }
            Some(_) => None,
            None => self.by_others(map, depth),
        }
    }

    /// What other schemas say of the same value. Each of `allOf` bounds it, so one that is known is enough.
    fn by_others(&self, map: &'a Map<String, Value>, depth: usize) -> Option<Vec<Value>> {
        let branches = |key: &str| map.get(key).and_then(Value::as_array);
        if let Some(target) = self.referred(map) {
            return self.kinds(target, depth + 1);
        }
        if let Some(all) = branches("allOf") {
            return all.iter().find_map(|branch| self.kinds(branch, depth + 1));
        }
        let any = branches("anyOf").or_else(|| branches("oneOf"))?;
        union(any.iter().map(|branch| self.kinds(branch, depth + 1)))
    }

    fn referred(&self, map: &'a Map<String, Value>) -> Option<&'a Value> {
        let pointer = map.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn of_type(
        &self,
        name: &str,
        schema: &'a Value,
        map: &'a Map<String, Value>,
        depth: usize,
    ) -> Option<Vec<Value>> {
        match name {
            "null" => Some(vec![Value::Null]),
            "boolean" => Some(vec![Value::Bool(true), Value::Bool(false)]),
            // `5.0` is an integer to JSON Schema; nobody writes one so.
            "integer" => Some(vec![Value::from(whole(map))]),
            "number" => Some(vec![Value::from(whole(map)), Value::from(whole(map) as f64 + 0.5)]),
            "string" => Some(vec![Value::String(text(map))]),
            "array" => {
                // Of elements that may be anything, none is made.
                let elements = match (map.get("prefixItems"), map.get("items")) {
                    (None, Some(items)) => self.kinds(items, depth + 1),
                    _ => None,
                };
                Some(match elements {
                    Some(kinds) => kinds.into_iter().map(|kind| json!([kind])).collect(),
                    None => vec![json!([])],
                })
            }
            "object" => self.objects(schema, depth),
            _ => None,
        }
    }

    /// Objects with every combination of what their members may be.
    fn objects(&self, schema: &'a Value, depth: usize) -> Option<Vec<Value>> {
        let mut members = Vec::new();
        self.members(schema, depth, &mut members);
        let mut objects = vec![Map::new()];
        for (name, schema) in members {
            // Of what may be anything, nothing is made: whatever reads it is not judged.
            let Some(kinds) = self.kinds(schema, depth + 1).filter(|kinds| !kinds.is_empty()) else {
                continue;
            };
            if objects.len() * kinds.len() > MOST {
                return None;
            }
            let with = |object: &Map<String, Value>, kind: &Value| {
                let mut object = object.clone();
                object.insert(name.to_owned(), kind.clone());
                object
            };
            objects =
                objects.iter().flat_map(|object| kinds.iter().map(move |kind| with(object, kind))).collect();
        }
        Some(objects.into_iter().map(Value::Object).collect())
    }

    /// The members that matter, each with a schema that it must meet whatever else it must.
    fn members(&self, schema: &'a Value, depth: usize, found: &mut Vec<(&'a str, &'a Value)>) {
        let Some(map) = schema.as_object().filter(|_| depth <= DEPTH) else { return };
        for (name, schema) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let matters = self.names.contains(name) && !found.iter().any(|(known, _)| known == name);
            if matters {
                found.push((name.as_str(), schema));
            }
        }
        if let Some(target) = self.referred(map) {
            self.members(target, depth + 1, found);
        }
        for branch in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.members(branch, depth + 1, found);
        }
    }
}

/// One value of each kind; None where lists or objects are among them.
fn plain(values: &[Value]) -> Option<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    for value in values {
        let kind = kind(value)?;
        if !found.iter().any(|known| self::kind(known) == Some(kind)) {
            found.push(value.clone());
        }
    }
    Some(found)
}

fn kind(value: &Value) -> Option<u8> {
    match value {
        Value::Null => Some(0),
        Value::Bool(_) => Some(1),
        Value::Number(number) if number.is_i64() => Some(2),
        Value::Number(number) if number.is_u64() => Some(3),
        Value::Number(_) => Some(4),
        Value::String(_) => Some(5),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// All of them, each once; None where one is not known, or there are too many.
fn union(several: impl Iterator<Item = Option<Vec<Value>>>) -> Option<Vec<Value>> {
    let mut all: Vec<Value> = Vec::new();
    for kinds in several {
        for value in kinds? {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        if all.len() > MOST {
            return None;
        }
    }
    Some(all)
}

/// A whole number near 1 within the bounds.
fn whole(map: &Map<String, Value>) -> i64 {
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|bound| bound + 1.0));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|bound| bound - 1.0));
    let near = match (least, most) {
        (Some(least), _) if least > 1.0 => least.ceil(),
        (_, Some(most)) if most < 1.0 => most.floor(),
        _ => 1.0,
    };
    near.clamp(-1e15, 1e15) as i64
}

fn text(map: &Map<String, Value>) -> String {
    let formatted = match map.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-01T00:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "00:00:00Z",
        Some("email") => "a@example.org",
        Some("uri") => "https://example.org/",
        Some("hostname") => "example.org",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "text",
    };
    let bound =
        |key: &str| map.get(key).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let most = bound("maxLength").unwrap_or(LONGEST).min(LONGEST);
    let least = bound("minLength").unwrap_or(0).min(most);
    formatted
        .chars()
        .chain(std::iter::repeat_n('x', least.saturating_sub(formatted.len())))
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(schema: &Value, names: &[&str]) -> Option<Vec<Value>> {
        arguments(Some(schema), &names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn one_value_of_every_kind_that_may_come() {
        let member = |schema: Value| json!({"type": "object", "properties": {"a": schema}});
        for (schema, expected) in [
            (json!({"type": "integer"}), vec![json!(1)]),
            (json!({"type": "integer", "minimum": 10}), vec![json!(10)]),
            (json!({"type": "integer", "exclusiveMaximum": 0}), vec![json!(-1)]),
            (json!({"type": "number"}), vec![json!(1), json!(1.5)]),
            (json!({"type": ["string", "null"]}), vec![json!("text"), json!(null)]),
            (json!({"type": "string", "minLength": 6}), vec![json!("textxx")]),
            (json!({"type": "string", "maxLength": 2}), vec![json!("te")]),
            (json!({"type": "string", "format": "date"}), vec![json!("2026-01-01")]),
            (json!({"type": "boolean"}), vec![json!(true), json!(false)]),
            (json!({"const": 5}), vec![json!(5)]),
            (json!({"enum": ["a", "b", 1, 2, 1.5]}), vec![json!("a"), json!(1), json!(1.5)]),
            (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), vec![json!(1), json!(null)]),
            (json!({"allOf": [{"minimum": 1}, {"type": "integer"}]}), vec![json!(1)]),
            (json!({"type": "array", "items": {"type": "integer"}}), vec![json!([1])]),
            (json!({"type": "array"}), vec![json!([])]),
            (json!({"type": "array", "prefixItems": [{"type": "integer"}]}), vec![json!([])]),
            (json!({"type": "object"}), vec![json!({})]),
            (
                json!({"type": "object", "properties": {"b": {"type": "integer"}, "c": {"type": "integer"}}}),
                vec![json!({"b": 1})],
            ),
        ] {
            let expected: Vec<Value> = expected.into_iter().map(|value| json!({"a": value})).collect();
            assert_eq!(samples(&member(schema.clone()), &["a", "b"]), Some(expected), "{schema}");
        }
    }

    #[test]
    fn what_may_be_anything_is_left_out() {
        for schema in [
            json!({}),
            json!(true),
            json!({"minimum": 1}),
            json!({"type": "money"}),
            json!({"enum": [[1]]}),
            json!({"enum": []}),
            json!({"anyOf": [{"type": "integer"}, {}]}),
            json!({"not": {"type": "string"}}),
        ] {
            let schema = json!({"properties": {"a": schema}});
            assert_eq!(samples(&schema, &["a"]), Some(vec![json!({})]), "{schema}");
        }
        assert_eq!(arguments(None, &BTreeSet::new()), Some(vec![json!({})]));
        assert_eq!(samples(&json!({"properties": {"a": {"type": "integer"}}}), &[]), Some(vec![json!({})]));
    }

    #[test]
    fn references_and_all_of_are_followed_and_combinations_are_bounded() {
        let schema = json!({
            "$ref": "#/$defs/input",
            "$defs": {"input": {"allOf": [{"properties": {"a": {"$ref": "#/$defs/n"}}}]}, "n": {"type": "integer"}}
        });
        assert_eq!(samples(&schema, &["a"]), Some(vec![json!({"a": 1})]));
        let two = json!({"properties": {"a": {"type": "number"}, "b": {"type": "number"}}});
        assert_eq!(samples(&two, &["a", "b"]).map(|all| all.len()), Some(4));
        let many: Map<String, Value> = (0..6).map(|n| (format!("n{n}"), json!({"type": "number"}))).collect();
        let names: Vec<String> = many.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(samples(&json!({"properties": many}), &names), None);
        let endless = json!({"properties": {"a": {"$ref": "#/properties/a"}}});
        assert_eq!(samples(&endless, &["a"]), Some(vec![json!({})]));
    }
}

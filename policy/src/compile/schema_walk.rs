//! Walking a JSON Schema before a library compiles it: how deep it is, how large it unfolds to, and whether
//! its references are local and end.

use serde_json::Value;
use std::collections::BTreeSet;

/// Bounds for one schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) depth: usize,
    /// Nodes after every `$ref` is replaced by what it names.
    pub(crate) nodes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WalkError {
    #[error("larger than {0} bytes")]
    TooLarge(usize),
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
    #[error("unfolds to more than {0} nodes")]
    TooManyNodes(usize),
    #[error("`$ref` at {0} leaves the schema; only local references (`#/…`) are followed")]
    ForeignRef(String),
    #[error("`$ref` at {0} names nothing")]
    DanglingRef(String),
    #[error("`$ref` at {0} leads back to itself")]
    Cycle(String),
    #[error("`{0}` is not supported in a schema")]
    Keyword(&'static str),
}

/// Keywords that change where or how references resolve, which we do not follow. An id at the very top names
/// the whole and moves nothing.
const REBASING: &[&str] =
    &["$id", "id", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor"];

/// Whether there is a `$ref` anywhere in it.
pub(crate) fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(has_reference),
        Value::Object(map) => map.contains_key("$ref") || map.values().any(has_reference),
        _ => false,
    }
}

/// Whether a `$ref` stands beside a keyword that asserts something.
pub(crate) fn has_reference_with_siblings(schema: &Value) -> bool {
    let quiet = |key: &String| {
        matches!(
            key.as_str(),
            "$ref"
                | "title"
                | "description"
                | "$defs"
                | "definitions"
                | "$schema"
                | "$id"
                | "default"
                | "examples"
        )
    };
    match schema {
        Value::Array(items) => items.iter().any(has_reference_with_siblings),
        Value::Object(map) => {
            map.get("$ref").is_some_and(Value::is_string) && !map.keys().all(quiet)
                || map.values().any(has_reference_with_siblings)
        }
        _ => false,
    }
}

/// Checks a whole schema against `bounds`.
pub(crate) fn check(schema: &Value, bounds: Bounds) -> Result<(), WalkError> {
    // Depth first: everything after it may recurse freely.
    depth(schema, bounds.depth)?;
    if schema.to_string().len() > bounds.bytes {
        return Err(WalkError::TooLarge(bounds.bytes));
    }
    let mut walk = Walk { root: schema, left: bounds.nodes, bounds, open: BTreeSet::new() };
    walk.node(schema, "")
}

fn depth(value: &Value, left: usize) -> Result<(), WalkError> {
    let children: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => return Ok(()),
    };
    let below = left.checked_sub(1).ok_or(WalkError::TooDeep(left))?;
    for child in children {
        depth(child, below).map_err(|_| WalkError::TooDeep(left))?;
    }
    Ok(())
}

struct Walk<'a> {
    root: &'a Value,
    left: usize,
    bounds: Bounds,
    /// References being unfolded right now.
    open: BTreeSet<String>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Value, path: &str) -> Result<(), WalkError> {
        self.left = self.left.checked_sub(1).ok_or(WalkError::TooManyNodes(self.bounds.nodes))?;
        match node {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, &format!("{path}/{index}"))?;
                }
            }
            Value::Object(map) => {
                for keyword in REBASING {
                    let moves =
                        map.get(*keyword).is_some_and(|value| value.is_string() || value.is_boolean());
                    if moves && !(path.is_empty() && matches!(*keyword, "$id" | "id")) {
                        return Err(WalkError::Keyword(keyword));
                    }
                }
                for (key, value) in map {
                    let below = format!("{path}/{key}");
                    match (key.as_str(), value) {
                        // Data, not schema: a `$ref` inside of it means nothing. Definitions count where they
                        // are used.
                        ("enum" | "const" | "default" | "examples" | "$defs" | "definitions", _) => {}
                        ("$ref", Value::String(target)) => self.reference(target, &below)?,
                        // The keys of these are names, not keywords.
                        (
                            "properties" | "patternProperties" | "dependentSchemas" | "dependencies",
                            Value::Object(named),
                        ) => {
                            for (name, schema) in named {
                                self.node(schema, &format!("{below}/{name}"))?;
                            }
                        }
                        _ => self.node(value, &below)?,
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn reference(&mut self, target: &str, path: &str) -> Result<(), WalkError> {
        let pointer = target.strip_prefix('#').ok_or_else(|| WalkError::ForeignRef(path.to_owned()))?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return Err(WalkError::ForeignRef(path.to_owned()));
        }
        let root = self.root;
        let named = root.pointer(pointer).ok_or_else(|| WalkError::DanglingRef(path.to_owned()))?;
        if !self.open.insert(pointer.to_owned()) || self.open.len() > self.bounds.depth {
            return Err(WalkError::Cycle(path.to_owned()));
        }
        self.node(named, path)?;
        self.open.remove(pointer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BOUNDS: Bounds = Bounds { bytes: 65_536, depth: 32, nodes: 10_000 };

    #[test]
    fn a_table_of_schemas_that_are_not_walked_to_the_end() {
        let deep = (0..40).fold(json!({}), |inner, _| json!({"not": inner}));
        let mut doubling = json!({"$defs": {"n0": {"type": "string"}}, "$ref": "#/$defs/n20"});
        for n in 1..=20 {
            let before = format!("#/$defs/n{}", n - 1);
            doubling["$defs"][format!("n{n}")] = json!({"anyOf": [{"$ref": before}, {"$ref": before}]});
        }
        for (schema, expected) in [
            (deep, WalkError::TooDeep(32)),
            (json!({"title": "x".repeat(70_000)}), WalkError::TooLarge(65_536)),
            (doubling, WalkError::TooManyNodes(10_000)),
            (json!({"$ref": "https://evil.example/s.json"}), WalkError::ForeignRef("/$ref".into())),
            (json!({"$ref": "#/$defs/none"}), WalkError::DanglingRef("/$ref".into())),
            (json!({"$ref": "#"}), WalkError::Cycle("/$ref/$ref".into())),
            (json!({"$dynamicRef": "#x"}), WalkError::Keyword("$dynamicRef")),
        ] {
            assert_eq!(check(&schema, BOUNDS), Err(expected));
        }
        for name in ["default", "enum", "const", "examples", "definitions", "$defs"] {
            let cycle = json!({"properties": {name: {"$ref": "#/$defs/a"}}, "$defs": {"a": {"allOf": [{"$ref": "#/$defs/a"}]}}});
            assert!(matches!(check(&cycle, BOUNDS), Err(WalkError::Cycle(_))), "an argument named {name}");
        }
        let embedded = json!({"properties": {"a": {"$id": "http://x.example/y", "$ref": "#/$defs/b"}}, "$defs": {"b": {}}});
        assert_eq!(check(&embedded, BOUNDS), Err(WalkError::Keyword("$id")));
        assert_eq!(
            check(&json!({"$id": "http://x.example/y", "properties": {"id": {"type": "string"}}}), BOUNDS),
            Ok(())
        );
        let a_property_named_ref =
            json!({"properties": {"$ref": {"type": "string"}}, "const": {"$ref": "#"}});
        assert_eq!(check(&a_property_named_ref, BOUNDS), Ok(()));
    }
}

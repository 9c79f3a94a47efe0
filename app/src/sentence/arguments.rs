//! The arguments a rule asks for, in words: one clause for each argument.

use super::Sentence;
use super::bounds::{self, bound_words};
use serde_json::{Map, Value};

/// Objects within arguments are described so deep.
const DEEPEST: usize = 3;
/// Clauses beyond these are counted.
const MOST: usize = 8;

/// What the parameters say; nothing where they are no schema object (yet).
pub(super) fn clauses(parameters: &Value) -> Vec<Sentence> {
    let mut clauses = Vec::new();
    if let Some(map) = parameters.as_object() {
        walk(map, "", 0, &mut clauses);
    }
    if clauses.len() > MOST {
        let more = clauses.len() - (MOST - 1);
        clauses.truncate(MOST - 1);
        let mut rest = Sentence::default();
        rest.say(&format!("{more} more bounds are met"));
        clauses.push(rest);
    }
    clauses
}

fn walk(map: &Map<String, Value>, path: &str, depth: usize, clauses: &mut Vec<Sentence>) {
    let required = bounds::names(map.get("required"));
    let empty = Map::new();
    let properties = map.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, schema) in properties {
        let here = format!("{path}/{}", bounds::escape(name));
        let given = required.contains(&name.as_str());
        argument(schema, &here, given, depth, clauses);
    }
    for name in required.iter().filter(|name| !properties.contains_key(**name)) {
        clauses.push(is_given(&format!("{path}/{}", bounds::escape(name))));
    }
    if map.get("additionalProperties") == Some(&Value::Bool(false)) {
        let mut clause = Sentence::default();
        if path.is_empty() {
            clause.say("nothing else is given");
        } else {
            clause.code(path);
            clause.say(" holds nothing else");
        }
        clauses.push(clause);
    }
    let further = map.keys().any(|key| {
        let known = [
            "properties",
            "required",
            "x-optional",
            "additionalProperties",
            "type",
            "title",
            "description",
            "$defs",
        ];
        !known.contains(&key.as_str())
    });
    let opened = map.get("additionalProperties").is_some_and(Value::is_object);
    if path.is_empty() && (further || opened) {
        let mut clause = Sentence::default();
        clause.say("the arguments meet a further schema");
        clauses.push(clause);
    }
}

fn argument(schema: &Value, path: &str, given: bool, depth: usize, clauses: &mut Vec<Sentence>) {
    let Some(map) = schema.as_object() else { return };
    let phrases = bounds::phrases(map);
    let inner = depth < DEEPEST && map.contains_key("properties");
    if phrases.is_empty() {
        if given {
            clauses.push(is_given(path));
        }
    } else {
        let mut clause = Sentence::default();
        clause.code(path);
        clause.say(if given { " " } else { ", if given, " });
        for (index, (keyword, value)) in phrases.iter().enumerate() {
            if index > 0 {
                clause.say(" and ");
            }
            let words = bound_words(keyword, value);
            clause.say(&words.verb);
            clause.either(&words.values, |line, value| line.strong(value.as_str()));
            clause.say(&words.unit);
        }
        clauses.push(clause);
    }
    if inner {
        walk(map, path, depth + 1, clauses);
    }
}

fn is_given(path: &str) -> Sentence {
    let mut clause = Sentence::default();
    clause.code(path);
    clause.say(" is given");
    clause
}

#[cfg(test)]
mod tests {
    use super::clauses;
    use serde_json::{Value, json};

    fn words(parameters: &Value) -> Vec<String> {
        clauses(parameters).iter().map(super::Sentence::text).collect()
    }

    #[test]
    fn bounds_read_as_words() {
        let parameters = json!({
            "properties": {
                "a": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
                "b": {"type": "string", "pattern": "^x", "maxLength": 5},
                "c": {"const": true},
                "d": {"type": "integer"},
                "e": {}
            },
            "required": ["a", "b", "c", "d", "f"],
            "additionalProperties": false
        });
        assert_eq!(
            words(&parameters),
            [
                "/a is more than 0 and is at most 100",
                "/b has at most 5 characters and matches ^x",
                "/c is true",
                "/d is of type integer",
                "/f is given",
                "nothing else is given",
            ]
        );
    }

    #[test]
    fn objects_are_described_within() {
        let parameters = json!({
            "properties": {"to": {"type": "object", "properties": {"iban/x": {"enum": ["DE"]}}, "required": ["iban/x"],
                "additionalProperties": false}},
            "required": ["to"]
        });
        assert_eq!(words(&parameters), ["/to is given", "/to/iban~1x is DE", "/to holds nothing else"]);
    }

    #[test]
    fn what_is_not_described_is_mentioned() {
        assert_eq!(words(&json!({"anyOf": [{"required": ["a"]}]})), ["the arguments meet a further schema"]);
        assert_eq!(
            words(&json!({"properties": {"a": {"type": "array", "items": {}}}, "required": ["a"]})),
            ["/a is of type array and meets its items"]
        );
        assert!(words(&json!([])).is_empty());
        let many: serde_json::Map<String, Value> =
            (0..12).map(|n| (format!("a{n:02}"), json!({"const": n}))).collect();
        let text = words(&json!({"properties": many}));
        assert_eq!((text.len(), text[7].as_str()), (8, "5 more bounds are met"));
    }
}

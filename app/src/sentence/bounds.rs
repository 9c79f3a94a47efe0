//! JSON Schema keywords in words: what a rule asks of an argument, and what a call missed.

use serde_json::{Map, Value};

/// The longest value shown, in characters.
const LONGEST: usize = 120;

/// "is one of" EUR, USD "": what stands before the values, the values, what stands behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundWords {
    pub verb: String,
    pub values: Vec<String>,
    pub unit: String,
}

fn words(verb: &str, values: Vec<String>, unit: &str) -> BoundWords {
    BoundWords { verb: verb.to_owned(), values, unit: unit.to_owned() }
}

/// The bounds of one argument's schema, in the order they are told. Its type is told where nothing else says it.
pub fn phrases(schema: &Map<String, Value>) -> Vec<(&str, &Value)> {
    const ORDER: &[&str] = &[
        "const",
        "enum",
        "minimum",
        "exclusiveMinimum",
        "maximum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "format",
        "minItems",
        "maxItems",
    ];
    const QUIET: &[&str] =
        &["type", "title", "description", "properties", "required", "x-optional", "additionalProperties"];
    let mut found: Vec<(&str, &Value)> =
        ORDER.iter().filter_map(|keyword| schema.get(*keyword).map(|value| (*keyword, value))).collect();
    let further =
        schema.iter().filter(|(key, _)| !ORDER.contains(&key.as_str()) && !QUIET.contains(&key.as_str()));
    let mut further: Vec<(&str, &Value)> = further.map(|(key, value)| (key.as_str(), value)).collect();
    if found.is_empty()
        && !schema.contains_key("properties")
        && let Some(kind) = schema.get("type")
    {
        found.push(("type", kind));
    }
    found.append(&mut further);
    found
}

/// One keyword, as it stands in a sentence about an argument.
pub fn bound_words(keyword: &str, bound: &Value) -> BoundWords {
    let one = || vec![shown(bound)];
    let several = || match bound.as_array() {
        Some(values) => values.iter().map(shown).collect(),
        None => one(),
    };
    match keyword {
        "maximum" => words("is at most ", one(), ""),
        "minimum" => words("is at least ", one(), ""),
        "exclusiveMaximum" => words("is less than ", one(), ""),
        "exclusiveMinimum" => words("is more than ", one(), ""),
        "multipleOf" => words("is a multiple of ", one(), ""),
        "enum" => words("is ", several(), ""),
        "const" => words("is ", one(), ""),
        "type" => words("is of type ", several(), ""),
        "pattern" => words("matches ", one(), ""),
        "format" => words("is a ", one(), ""),
        "maxLength" => words("has at most ", one(), " characters"),
        "minLength" => words("has at least ", one(), " characters"),
        "maxItems" => words("has at most ", one(), " elements"),
        "minItems" => words("has at least ", one(), " elements"),
        other => words(&format!("meets its {other}"), Vec::new(), ""),
    }
}

/// What a missed keyword asks for, without its subject: "at most 100".
pub fn missed(keyword: &str, bound: &Value) -> String {
    match keyword {
        "required" => return "must be sent".to_owned(),
        "additionalProperties" => return "must be left out".to_owned(),
        _ => {}
    }
    let BoundWords { verb, values, unit } = bound_words(keyword, bound);
    let verb = match keyword {
        "enum" if values.len() > 1 => "one of ",
        "const" | "enum" => "exactly ",
        "pattern" => "matching ",
        _ => ["is ", "has "].iter().find_map(|start| verb.strip_prefix(start)).unwrap_or(verb.as_str()),
    };
    let mut listed: Vec<&str> = values.iter().take(10).map(String::as_str).collect();
    if values.len() > listed.len() {
        listed.push("…");
    }
    format!("{verb}{}{unit}", listed.join(", "))
}

/// A value as it stands in a sentence.
pub fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((index, _)) => format!("{}…", text.get(..index).unwrap_or_default()),
        None => text,
    }
}

/// A list of names; what is no name is left out.
pub(super) fn names(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// RFC 6901, section 3.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_missed() {
        for (keyword, bound, expected) in [
            ("maximum", json!(100), "at most 100"),
            ("enum", json!(["EUR", "USD"]), "one of EUR, USD"),
            ("const", json!("EUR"), "exactly EUR"),
            ("type", json!("number"), "of type number"),
            ("maxLength", json!(5), "at most 5 characters"),
            ("pattern", json!("^x"), "matching ^x"),
            ("required", json!(true), "must be sent"),
            ("additionalProperties", json!(false), "must be left out"),
            ("contains", json!({}), "meets its contains"),
        ] {
            assert_eq!(missed(keyword, &bound), expected);
        }
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(shown(&json!("x".repeat(200))).chars().count(), 121);
        assert_eq!(shown(&json!("")), "\"\"");
    }
}

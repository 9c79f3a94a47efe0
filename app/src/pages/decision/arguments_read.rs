//! The recorded arguments as rows: one for each value, with what nearest misses ask of it.

use super::view::{ArgumentRow, ArgumentTable, ArgumentValue, Arguments};
use super::words;
use policy::decision::ParameterMiss;
use serde_json::Value;

/// Rows beyond these are counted, not drawn.
const MOST_ROWS: usize = 200;

/// The member that stands for a redacted value (`pdp::record`).
const REDACTED: &str = "$redacted";

/// A bound that was missed, and by which rule's measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Miss<'a> {
    pub(crate) rule: &'a str,
    pub(crate) parameter: &'a ParameterMiss,
}

pub(crate) fn read(text: Option<&str>, had_arguments: bool, misses: &[Miss<'_>]) -> Arguments {
    let Some(text) = text else {
        return if had_arguments { Arguments::Removed } else { Arguments::NotSent };
    };
    let Ok(value) = serde_json::from_str::<Value>(text) else {
        return Arguments::Unreadable;
    };
    let mut rows = Vec::new();
    let mut more = 0;
    flatten(&value, String::new(), &mut rows, &mut more);
    for row in &mut rows {
        row.bounds = bounds(&row.path, misses);
    }
    for missing in misses.iter().filter(|miss| miss.parameter.keyword == "required") {
        let path = &missing.parameter.path;
        if !rows.iter().any(|row| row.path == *path) {
            rows.push(ArgumentRow {
                path: path.clone(),
                value: ArgumentValue::Missing,
                kind: String::new(),
                bounds: bounds(path, misses),
            });
        }
    }
    let raw = serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned());
    Arguments::Known(ArgumentTable { rows, more, bytes: text.len(), raw })
}

fn bounds(path: &str, misses: &[Miss<'_>]) -> Vec<(String, String)> {
    let of_path = misses.iter().filter(|miss| miss.parameter.path == path);
    of_path
        .map(|miss| (words::bound(&miss.parameter.keyword, &miss.parameter.bound), miss.rule.to_owned()))
        .collect()
}

fn flatten(value: &Value, path: String, rows: &mut Vec<ArgumentRow>, more: &mut usize) {
    match value {
        Value::Object(map) => {
            if let (1, Some(Value::String(digest))) = (map.len(), map.get(REDACTED)) {
                return push(path, ArgumentValue::Redacted(digest.clone()), "", rows, more);
            }
            // No arguments at all need no row.
            if map.is_empty() && !path.is_empty() {
                return push_text(path, "{}", "object", rows, more);
            }
            for (name, inner) in map {
                flatten(inner, format!("{path}/{}", escape(name)), rows, more);
            }
        }
        Value::Array(items) if items.is_empty() => push_text(path, "[]", "array", rows, more),
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                flatten(inner, format!("{path}/{index}"), rows, more);
            }
        }
        Value::String(text) => push_text(path, text, "string", rows, more),
        Value::Number(number) => {
            let kind = if number.is_f64() { "number" } else { "integer" };
            push_text(path, &number.to_string(), kind, rows, more);
        }
        Value::Bool(truth) => push_text(path, if *truth { "true" } else { "false" }, "boolean", rows, more),
        Value::Null => push_text(path, "null", "null", rows, more),
    }
}

fn push_text(path: String, text: &str, kind: &str, rows: &mut Vec<ArgumentRow>, more: &mut usize) {
    push(path, ArgumentValue::Text(text.to_owned()), kind, rows, more);
}

fn push(path: String, value: ArgumentValue, kind: &str, rows: &mut Vec<ArgumentRow>, more: &mut usize) {
    if rows.len() < MOST_ROWS {
        rows.push(ArgumentRow { path, value, kind: kind.to_owned(), bounds: Vec::new() });
    } else {
        *more += 1;
    }
}

/// RFC 6901, section 3.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn miss(path: &str, keyword: &str, bound: Value) -> ParameterMiss {
        ParameterMiss { path: path.to_owned(), keyword: keyword.to_owned(), bound, value: None }
    }

    #[test]
    fn each_value_has_a_row_with_its_bound() {
        let text = r#"{"amount":700,"card":{"number":{"$redacted":"4f0c"}},"tags":[],"to":["a~/b"]}"#;
        let maximum = miss("/amount", "maximum", json!(100));
        let required = miss("/currency", "required", json!(true));
        let misses = [
            Miss { rule: "small refunds", parameter: &maximum },
            Miss { rule: "small refunds", parameter: &required },
        ];
        let Arguments::Known(table) = read(Some(text), true, &misses) else { panic!("known") };
        let rows: Vec<_> = table.rows.iter().map(|row| (row.path.as_str(), row.kind.as_str())).collect();
        assert_eq!(
            rows,
            [
                ("/amount", "integer"),
                ("/card/number", ""),
                ("/tags", "array"),
                ("/to/0", "string"),
                ("/currency", "")
            ]
        );
        assert_eq!(table.rows[0].bounds, [("at most 100".to_owned(), "small refunds".to_owned())]);
        assert_eq!(table.rows[1].value, ArgumentValue::Redacted("4f0c".to_owned()));
        assert_eq!(table.rows[4].value, ArgumentValue::Missing);
        assert_eq!(table.bytes, text.len());
    }

    #[test]
    fn names_are_escaped_in_pointers() {
        let Arguments::Known(table) = read(Some(r#"{"a/b~c":1}"#), true, &[]) else { panic!("known") };
        assert_eq!(table.rows[0].path, "/a~1b~0c");
    }

    #[test]
    fn what_is_not_there() {
        assert_eq!(read(None, false, &[]), Arguments::NotSent);
        assert_eq!(read(None, true, &[]), Arguments::Removed);
        assert_eq!(read(Some("{"), true, &[]), Arguments::Unreadable);
        let Arguments::Known(table) = read(Some("{}"), true, &[]) else { panic!("known") };
        assert!(table.rows.is_empty());
    }

    #[test]
    fn many_values_are_counted() {
        let text = serde_json::to_string(&vec![1; 250]).expect("writes");
        let Arguments::Known(table) = read(Some(&text), true, &[]) else { panic!("known") };
        assert_eq!((table.rows.len(), table.more), (MOST_ROWS, 50));
    }
}

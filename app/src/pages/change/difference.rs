//! The difference between two values, field by field, and within a field word by word or line by line.

use crate::components::diff::{DiffRow, Run};
use serde_json::Value;
use std::collections::BTreeSet;

/// Longer texts are compared line by line, then as a whole.
const MOST_TOKENS: usize = 400;

/// One row per member of either object; one row for values that are none. What changed comes first.
pub(in crate::pages) fn rows(before: Option<&Value>, after: Option<&Value>) -> Vec<DiffRow> {
    let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let is_object = |value: Option<&Value>| value.is_none_or(Value::is_object);
    if !is_object(before) || !is_object(after) {
        return vec![row("value", before, after)];
    }
    let (before, after) = (members(before), members(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut rows: Vec<DiffRow> =
        names.into_iter().map(|name| row(name, before.get(name), after.get(name))).collect();
    // Stable: within the two halves the order of names stays.
    rows.sort_by_key(|row| row.same);
    rows
}

fn row(name: &str, before: Option<&Value>, after: Option<&Value>) -> DiffRow {
    let text = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(text_of);
    let (before, after) = (text(before), text(after));
    let same = before == after;
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => {
            let (before, after) = compare(&before, &after);
            (Some(before), Some(after))
        }
        (before, after) => (before.map(whole), after.map(whole)),
    };
    DiffRow { field: field_name(name), before, after, same }
}

/// `check_arguments` reads as "Check arguments".
fn field_name(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), characters.as_str()))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            items.join(", ")
        }
        Value::Array(_) | Value::Object(_) => {
            serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
        }
        Value::Null | Value::Number(_) => value.to_string(),
    }
}

/// A side without a counterpart changed as a whole.
fn whole(text: String) -> Vec<Run> {
    vec![Run { text, same: false }]
}

/// What is the same in both texts, and what is not.
fn compare(before: &str, after: &str) -> (Vec<Run>, Vec<Run>) {
    if before == after {
        let same = vec![Run { text: before.to_owned(), same: true }];
        return (same.clone(), same);
    }
    for split in [words as fn(&str) -> Vec<&str>, lines] {
        let (one, other) = (split(before), split(after));
        if one.len() <= MOST_TOKENS && other.len() <= MOST_TOKENS {
            return common(&one, &other);
        }
    }
    (whole(before.to_owned()), whole(after.to_owned()))
}

/// Words and what stands between them.
pub(in crate::pages) fn words(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut previous = None;
    for (index, character) in text.char_indices() {
        let kind = if character.is_alphanumeric() || matches!(character, '_' | '-' | '.') { 0 } else { 1 };
        // Runs of word characters stay together; every other character stands alone.
        if previous.is_some() && (previous != Some(kind) || kind == 1) {
            tokens.push(&text[start..index]);
            start = index;
        }
        previous = Some(kind);
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// By the longest common subsequence.
pub(in crate::pages) fn common(one: &[&str], other: &[&str]) -> (Vec<Run>, Vec<Run>) {
    let width = other.len() + 1;
    let mut lengths = vec![0_usize; (one.len() + 1) * width];
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            lengths[i * width + j] = if one[i] == other[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut i, mut j) = (0, 0);
    while i < one.len() || j < other.len() {
        let matched = i < one.len() && j < other.len() && one[i] == other[j];
        if matched {
            push(&mut left, one[i], true);
            push(&mut right, other[j], true);
            i += 1;
            j += 1;
        } else if j >= other.len()
            || (i < one.len() && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
        {
            push(&mut left, one[i], false);
            i += 1;
        } else {
            push(&mut right, other[j], false);
            j += 1;
        }
    }
    (left, right)
}

fn push(runs: &mut Vec<Run>, token: &str, same: bool) {
    match runs.last_mut() {
        Some(last) if last.same == same => last.text.push_str(token),
        _ => runs.push(Run { text: token.to_owned(), same }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Changed parts stand in brackets.
    fn marked(runs: &[Run]) -> String {
        runs.iter().map(|run| if run.same { run.text.clone() } else { format!("[{}]", run.text) }).collect()
    }

    #[test]
    fn words_that_changed_are_marked() {
        let (before, after) = compare("EUR, USD, GBP", "EUR, USD");
        assert_eq!(marked(&before), "EUR, USD[, GBP]");
        assert_eq!(marked(&after), "EUR, USD");
        let (before, after) = compare("up to 250 now", "up to 100 now");
        assert_eq!(
            (marked(&before), marked(&after)),
            ("up to [250] now".to_owned(), "up to [100] now".to_owned())
        );
    }

    #[test]
    fn long_texts_are_compared_by_line() {
        let long = |line: &str| format!("{}{line}\n{}", "a b c\n".repeat(150), "d e f\n".repeat(50));
        let (before, after) = compare(&long("old"), &long("new"));
        assert!(marked(&before).contains("[old\n]"), "{}", marked(&before));
        assert!(marked(&after).contains("[new\n]"));
    }

    #[test]
    fn members_are_aligned_and_changed_ones_come_first() {
        let before = json!({ "a": 1, "name": "x", "roles": ["r"], "until": null });
        let after = json!({ "a": 1, "name": "y", "roles": ["r"], "until": "2027" });
        let rows = rows(Some(&before), Some(&after));
        let fields: Vec<_> = rows.iter().map(|row| (row.field.as_str(), row.same)).collect();
        assert_eq!(fields, [("Name", false), ("Until", false), ("A", true), ("Roles", true)]);
        assert_eq!(rows[1].before, None);
    }

    #[test]
    fn a_thing_that_is_new_has_no_before() {
        let rows = rows(None, Some(&json!({ "check_arguments": true })));
        assert_eq!(rows[0].field, "Check arguments");
        assert_eq!(rows[0].before, None);
        assert_eq!(rows[0].after.as_deref().map(marked).as_deref(), Some("[yes]"));
    }
}

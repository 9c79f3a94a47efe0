//! The arguments of a request, each beside what it was in an earlier call.

use super::view::{CheckedArguments, CheckedRow, Was};
use crate::moment::Moment;
use crate::pages::decision::arguments_read;
use crate::pages::decision::view::{ArgumentRow, ArgumentTable, ArgumentValue, Arguments};
use std::collections::BTreeMap;

/// `text` is canonical JSON; `earlier` the arguments of the call that these are held against, and when it was.
pub(super) fn check(text: &str, earlier: Option<(&str, Moment)>, hidden: bool) -> CheckedArguments {
    let Arguments::Known(table) = arguments_read::read(Some(text), true, &[]) else {
        return CheckedArguments { raw: text.to_owned(), hidden, ..CheckedArguments::default() };
    };
    let before = earlier.and_then(|(text, at)| match arguments_read::read(Some(text), true, &[]) {
        // Values without a row cannot be told from values that were not sent.
        Arguments::Known(table) if table.more == 0 => Some((table, at)),
        _ => None,
    });
    let lead = lead(&table);
    let ArgumentTable { rows, more, raw, .. } = table;
    let (rows, against) = match before {
        Some((before, at)) => (compare(rows, before.rows, more > 0), Some(at)),
        None => (rows.into_iter().map(|row| checked(row, Was::Same)).collect(), None),
    };
    CheckedArguments { rows, more, lead, raw, against, hidden }
}

fn lead(table: &ArgumentTable) -> String {
    let values = table.rows.len() + table.more;
    format!("{values} {}, {} bytes", if values == 1 { "value" } else { "values" }, table.bytes)
}

fn checked(row: ArgumentRow, was: Was) -> CheckedRow {
    CheckedRow { path: row.path, value: row.value, kind: row.kind, was }
}

/// What was sent before and is not sent now has a row as well. `cut`: some values of now have none.
fn compare(now: Vec<ArgumentRow>, before: Vec<ArgumentRow>, cut: bool) -> Vec<CheckedRow> {
    let mut before: BTreeMap<String, ArgumentRow> =
        before.into_iter().map(|row| (row.path.clone(), row)).collect();
    let mut rows: Vec<CheckedRow> = now
        .into_iter()
        .map(|row| {
            let was = match before.remove(&row.path) {
                None => Was::New,
                Some(earlier) => was(&row, &earlier),
            };
            checked(row, was)
        })
        .collect();
    if !cut {
        rows.extend(before.into_values().map(|gone| {
            let was = match gone.value {
                ArgumentValue::Text(text) => Was::Other(text),
                ArgumentValue::Redacted(_) | ArgumentValue::Missing => Was::Unknown,
            };
            CheckedRow { path: gone.path, value: ArgumentValue::Missing, kind: String::new(), was }
        }));
    }
    rows
}

fn was(now: &ArgumentRow, earlier: &ArgumentRow) -> Was {
    match (&now.value, &earlier.value) {
        // "1" is not 1.
        (ArgumentValue::Text(now_text), ArgumentValue::Text(text)) => {
            if now_text == text && now.kind == earlier.kind {
                Was::Same
            } else if now.kind == earlier.kind {
                Was::Other(text.clone())
            } else {
                Was::Other(format!("{text} ({})", earlier.kind))
            }
        }
        (ArgumentValue::Redacted(now_digest), ArgumentValue::Redacted(digest)) if now_digest == digest => {
            Was::Same
        }
        _ => Was::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;

    fn rows(now: &str, before: Option<&str>) -> Vec<(String, ArgumentValue, Was)> {
        let at = Moment::new(Timestamp::default(), Timestamp::default());
        let checked = check(now, before.map(|text| (text, at)), false);
        assert_eq!(checked.against.is_some(), before.is_some());
        checked.rows.into_iter().map(|row| (row.path, row.value, row.was)).collect()
    }

    fn text(text: &str) -> ArgumentValue {
        ArgumentValue::Text(text.to_owned())
    }

    #[test]
    fn every_change_is_marked_with_what_was() {
        let found = rows(
            r#"{"amount":700,"currency":"EUR","note":"hi","to":"a"}"#,
            Some(r#"{"amount":70,"currency":"EUR","reason":"late","to":["a"]}"#),
        );
        let found: Vec<_> = found.iter().map(|(path, value, was)| (path.as_str(), value, was)).collect();
        assert_eq!(
            found,
            [
                ("/amount", &text("700"), &Was::Other("70".to_owned())),
                ("/currency", &text("EUR"), &Was::Same),
                ("/note", &text("hi"), &Was::New),
                ("/to", &text("a"), &Was::New),
                ("/reason", &ArgumentValue::Missing, &Was::Other("late".to_owned())),
                ("/to/0", &ArgumentValue::Missing, &Was::Other("a".to_owned())),
            ]
        );
    }

    #[test]
    fn a_text_is_not_a_number_and_what_is_hidden_is_not_called_the_same() {
        let one = |now: &str, before: &str| rows(now, Some(before)).remove(0).2;
        assert_eq!(one(r#"{"a":1}"#, r#"{"a":"1"}"#), Was::Other("1 (string)".to_owned()));
        assert_eq!(one(r#"{"a":{"$redacted":"4f"}}"#, r#"{"a":{"$redacted":"4f"}}"#), Was::Same);
        assert_eq!(one(r#"{"a":{"$redacted":"4f"}}"#, r#"{"a":{"$redacted":"50"}}"#), Was::Unknown);
        assert_eq!(one(r#"{"a":"x"}"#, r#"{"a":{"$redacted":"4f"}}"#), Was::Unknown);
        // The smallest differences count: letters that look alike, and digits that a double would lose.
        assert_eq!(one(r#"{"a":"p\u0430y"}"#, r#"{"a":"pay"}"#), Was::Other("pay".to_owned()));
        assert_eq!(
            one(r#"{"a":9007199254740993}"#, r#"{"a":9007199254740992}"#),
            Was::Other("9007199254740992".to_owned())
        );
    }

    #[test]
    fn without_an_earlier_call_nothing_is_marked() {
        assert!(rows(r#"{"a":1}"#, None).iter().all(|(_, _, was)| *was == Was::Same));
        // Too many values to say what was not sent.
        let long = serde_json::to_string(&vec![1; 250]).expect("writes");
        assert_eq!(
            check("[1]", Some((&long, Moment::new(Timestamp::default(), Timestamp::default()))), false)
                .against,
            None
        );
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_is() {
        let checked = check("{", None, true);
        assert_eq!((checked.raw.as_str(), checked.rows.len(), checked.hidden), ("{", 0, true));
    }
}

//! What differs between two forms of a definition: its description word by word, its JSON line by line.

use super::parts::{Part, Sides};
use crate::components::diff::Run;
use crate::pages::change::difference::{common, words};
use crate::pages::tool::read::pretty;
use serde_json::{Map, Value};

/// Longer middles, between what both sides begin and end with, are not aligned.
const MOST_TOKENS: usize = 1_000;
/// Lines around a change that are shown.
const LINES_AROUND: usize = 6;
/// Characters around a change that are shown.
const CHARACTERS_AROUND: usize = 400;

/// Members of a definition that have a place of their own.
const OWN_PLACE: &[&str] = &["name", "description", "inputSchema"];

/// The parts of a definition, each in both forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    pub description: Sides,
    pub schema: Sides,
    /// All else that it holds.
    pub rest: Sides,
}

/// A form that is none has no part.
pub fn of_definitions(before: Option<&Value>, after: Option<&Value>) -> Parts {
    let description = |form: Option<&Value>| form.and_then(description).map(str::to_owned);
    let schema = |form: Option<&Value>| form.and_then(|form| form.get("inputSchema")).map(pretty);
    let rest = |form: Option<&Value>| form.and_then(rest).as_ref().map(pretty);
    Parts {
        description: by_words(description(before).as_deref(), description(after).as_deref()),
        schema: by_lines(schema(before).as_deref(), schema(after).as_deref()),
        rest: by_lines(rest(before).as_deref(), rest(after).as_deref()),
    }
}

/// What the server says that the tool does.
pub fn description(definition: &Value) -> Option<&str> {
    definition.get("description")?.as_str()
}

/// What has no place of its own; none where that is nothing.
fn rest(definition: &Value) -> Option<Value> {
    let members = definition.as_object()?;
    let rest: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| !OWN_PLACE.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    (!rest.is_empty()).then_some(Value::Object(rest))
}

/// Word by word; by lines where there are too many words that differ.
fn by_words(before: Option<&str>, after: Option<&str>) -> Sides {
    sides(before, after, Cut::Characters, |before, after| {
        align(&words(before), &words(after)).unwrap_or_else(|| {
            let (one, other) = (lines(before), lines(after));
            align(&one, &other).unwrap_or_else(|| unaligned(before, after))
        })
    })
}

/// Line by line.
fn by_lines(before: Option<&str>, after: Option<&str>) -> Sides {
    sides(before, after, Cut::Lines, |before, after| {
        align(&lines(before), &lines(after)).unwrap_or_else(|| unaligned(before, after))
    })
}

type Runs = (Vec<Run>, Vec<Run>);

fn sides(
    before: Option<&str>,
    after: Option<&str>,
    cut: Cut,
    compare: impl FnOnce(&str, &str) -> Runs,
) -> Sides {
    let same = before == after;
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => {
            let (before, after) = compare(before, after);
            (Some(before), Some(after))
        }
        (before, after) => (before.map(changed), after.map(changed)),
    };
    let parts = |runs: Vec<Run>| cut.parts(runs, !same);
    Sides { before: before.map(parts), after: after.map(parts), same }
}

fn changed(text: &str) -> Vec<Run> {
    vec![Run { text: text.to_owned(), same: false }]
}

fn unaligned(before: &str, after: &str) -> Runs {
    (changed(before), changed(after))
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// None where too much differs to be aligned.
fn align(one: &[&str], other: &[&str]) -> Option<Runs> {
    let equal = |(one, other): &(&&str, &&str)| one == other;
    let head = one.iter().zip(other).take_while(equal).count();
    let (one_rest, other_rest) = (&one[head..], &other[head..]);
    let tail = one_rest.iter().rev().zip(other_rest.iter().rev()).take_while(equal).count();
    let (one_middle, one_tail) = one_rest.split_at(one_rest.len() - tail);
    let (other_middle, _) = other_rest.split_at(other_rest.len() - tail);
    if one_middle.len() > MOST_TOKENS || other_middle.len() > MOST_TOKENS {
        return None;
    }
    let (one_runs, other_runs) = common(one_middle, other_middle);
    let whole = |middle: Vec<Run>| join(&one[..head], middle, one_tail);
    Some((whole(one_runs), whole(other_runs)))
}

/// What both sides begin with, the middle of one of them, and what both end with.
fn join(head: &[&str], middle: Vec<Run>, tail: &[&str]) -> Vec<Run> {
    let shared = |tokens: &[&str]| Run { text: tokens.concat(), same: true };
    let all = std::iter::once(shared(head)).chain(middle).chain(std::iter::once(shared(tail)));
    let mut runs: Vec<Run> = Vec::new();
    for run in all.filter(|run| !run.text.is_empty()) {
        match runs.last_mut() {
            Some(last) if last.same == run.same => last.text.push_str(&run.text),
            _ => runs.push(run),
        }
    }
    runs
}

/// How long stretches that both sides share are shortened.
#[derive(Debug, Clone, Copy)]
enum Cut {
    Lines,
    Characters,
}

impl Cut {
    /// Nothing is left out of a text that did not change.
    fn parts(self, runs: Vec<Run>, shorten: bool) -> Vec<Part> {
        let last = runs.len().saturating_sub(1);
        let mut parts = Vec::new();
        for (index, run) in runs.into_iter().enumerate() {
            if !run.same {
                parts.push(Part::Changed(run.text));
            } else if shorten {
                self.shorten(&run.text, index > 0, index < last, &mut parts);
            } else {
                parts.push(Part::Same(run.text));
            }
        }
        parts
    }

    /// Keeps what stands next to a change, behind one or before one; of a text without any, its beginning.
    fn shorten(self, text: &str, behind: bool, before: bool, parts: &mut Vec<Part>) {
        let (tokens, around, what): (Vec<&str>, usize, &str) = match self {
            Self::Lines => (lines(text), LINES_AROUND, "lines"),
            Self::Characters => {
                (text.split_inclusive(|_: char| true).collect(), CHARACTERS_AROUND, "characters")
            }
        };
        let head = if behind || !before { around } else { 0 };
        let tail = if before { around } else { 0 };
        // A few more are not worth a gap.
        if tokens.len() <= head + tail + around {
            parts.push(Part::Same(text.to_owned()));
            return;
        }
        let (first, rest) = tokens.split_at(head);
        let (skipped, last) = rest.split_at(rest.len() - tail);
        if !first.is_empty() {
            parts.push(Part::Same(first.concat()));
        }
        parts.push(Part::Skipped(format!("{} {what} that did not change", skipped.len())));
        if !last.is_empty() {
            parts.push(Part::Same(last.concat()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Changed parts stand in brackets, what is left out in braces.
    fn marked(parts: Option<&Vec<Part>>) -> String {
        let parts = parts.into_iter().flatten();
        parts
            .map(|part| match part {
                Part::Same(text) => text.clone(),
                Part::Changed(text) => format!("[{text}]"),
                Part::Skipped(words) => format!("{{{words}}}"),
            })
            .collect()
    }

    #[test]
    fn a_description_is_compared_word_by_word() {
        let sides = by_words(Some("Merge a request"), Some("Merge a request now"));
        assert_eq!(marked(sides.before.as_ref()), "Merge a request");
        assert_eq!(marked(sides.after.as_ref()), "Merge a request[ now]");
        assert!(!sides.same);
        let same = by_words(Some("a"), Some("a"));
        assert!(same.same);
        assert_eq!(marked(same.after.as_ref()), "a");
        let new = by_words(None, Some("a b"));
        assert_eq!((new.before, marked(new.after.as_ref())), (None, "[a b]".to_owned()));
    }

    #[test]
    fn long_stretches_that_did_not_change_are_left_out() {
        let text = |middle: &str| {
            let lines: String = (0..40).map(|n| format!("{n}\n")).collect();
            format!("{lines}{middle}\n{lines}")
        };
        let sides = by_lines(Some(&text("old")), Some(&text("new")));
        let after = marked(sides.after.as_ref());
        assert!(after.starts_with("{34 lines that did not change}34\n"), "{after}");
        assert!(after.contains("39\n[new\n]0\n"), "{after}");
        assert!(after.ends_with("5\n{34 lines that did not change}"), "{after}");
        let whole = by_lines(Some(&text("old")), Some(&text("old")));
        assert_eq!(marked(whole.after.as_ref()), text("old"));
    }

    #[test]
    fn a_change_within_a_very_long_text_is_still_found() {
        let text = |middle: &str| format!("{}{middle}{}", "a ".repeat(5_000), " b".repeat(5_000));
        let sides = by_words(Some(&text("x")), Some(&text("y")));
        assert!(marked(sides.after.as_ref()).contains("[y]"));
        let (one, other) = ("a ".repeat(3_000), "b ".repeat(3_000));
        let sides = by_words(Some(&one), Some(&other));
        assert_eq!(marked(sides.after.as_ref()), format!("[{other}]"));
    }

    #[test]
    fn what_has_no_place_of_its_own_is_the_rest() {
        let definition = json!({"name": "a", "description": "b", "inputSchema": {}, "title": "c"});
        assert_eq!(rest(&definition), Some(json!({"title": "c"})));
        assert_eq!(rest(&json!({"name": "a"})), None);
    }

    #[test]
    fn each_part_of_a_definition_is_compared_by_itself() {
        let before = json!({"name": "a", "description": "Pays", "inputSchema": {"type": "object"}});
        let after = json!({"name": "a", "description": "Pays", "inputSchema": true, "title": "c"});
        let parts = of_definitions(Some(&before), Some(&after));
        assert!(parts.description.same && !parts.schema.same && !parts.rest.same, "{parts:?}");
        assert_eq!(parts.rest.before, None);
        assert_eq!(parts.schema.after_text(), "true");
    }
}

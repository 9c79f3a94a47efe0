//! The YAML of an export, for people to read and to review: blocks, a short list on one line, a text of several
//! lines as such.
//!
//! serde-saphyr reads it. It could write it too, but leaves characters that hide or rearrange others as they are;
//! here they are escaped, as much of a policy is the words of MCP servers. What another reader could take for
//! something else (`yes`, `1.0`, `null`, a date) is quoted.

use policy::text::hides;
use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// Spaces between a thing and what is in it.
const STEP: usize = 2;
/// The longest list that stands on one line, in characters.
const LINE: usize = 80;
/// A longer key is marked as one by `?`: readers look for its `:` no further than 1,024 characters.
const LONG_KEY: usize = 512;
/// What may stand unquoted in a key or in a list on one line, beside letters and digits.
const NARROW: &str = " _-./$@+*";
/// What may stand unquoted elsewhere.
const WIDE: &str = " _-./$@+*,;:()'\"=%?!&<>[]{}|^~";

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// A number, `true`, `false` or `null`.
    Word(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<bool> for Node {
    fn from(value: bool) -> Self {
        Self::Word(value.to_string())
    }
}

impl From<Vec<Node>> for Node {
    fn from(items: Vec<Node>) -> Self {
        Self::List(items)
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Word("null".to_owned()),
            Value::Bool(value) => value.into(),
            Value::Number(value) => Self::Word(number(&value)),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => members.into(),
        }
    }
}

impl From<Map<String, Value>> for Node {
    fn from(members: Map<String, Value>) -> Self {
        Self::Map(members.into_iter().map(|(key, value)| (key, value.into())).collect())
    }
}

/// A document of these keys, each after an empty line.
pub(super) fn document(entries: &[(String, Node)]) -> String {
    let mut out = String::new();
    for entry in entries {
        out.push('\n');
        map(&mut out, std::slice::from_ref(entry), 0, false);
    }
    out
}

fn indent(out: &mut String, column: usize) {
    out.extend(std::iter::repeat_n(' ', column));
}

/// `begun`: the first key stands on a line that has begun.
fn map(out: &mut String, entries: &[(String, Node)], column: usize, begun: bool) {
    for (index, (key, node)) in entries.iter().enumerate() {
        if index > 0 || !begun {
            indent(out, column);
        }
        let key = scalar(key, NARROW);
        if key.len() > LONG_KEY {
            out.push_str("? ");
            out.push_str(&key);
            out.push('\n');
            indent(out, column);
        } else {
            out.push_str(&key);
        }
        out.push(':');
        value(out, node, column);
    }
}

fn list(out: &mut String, items: &[Node], column: usize) {
    for item in items {
        indent(out, column);
        out.push('-');
        match item {
            Node::Map(entries) if !entries.is_empty() => {
                out.push(' ');
                map(out, entries, column + STEP, true);
            }
            item => value(out, item, column),
        }
    }
}

/// What stands after a `:` or a `-`, up to the end of its last line; `column` is where that key or `-` stands.
fn value(out: &mut String, node: &Node, column: usize) {
    match node {
        Node::Text(text) if is_lines(text) => lines(out, text, column + STEP),
        Node::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            map(out, entries, column + STEP, false);
        }
        Node::List(items) if !items.is_empty() && on_one_line(items).is_none() => {
            out.push('\n');
            list(out, items, column + STEP);
        }
        node => {
            out.push(' ');
            out.push_str(&on_the_line(node, WIDE).unwrap_or_default());
            out.push('\n');
        }
    }
}

/// A list that is short and holds nothing that has lines of its own.
fn on_one_line(items: &[Node]) -> Option<String> {
    let simple = |item: &Node| match item {
        Node::List(items) => items.is_empty(),
        Node::Map(entries) => entries.is_empty(),
        Node::Text(text) => !is_lines(text),
        Node::Word(_) => true,
    };
    if items.len() > LINE || !items.iter().all(simple) {
        return None;
    }
    let items = items.iter().map(|item| on_the_line(item, NARROW)).collect::<Option<Vec<_>>>()?;
    let line = format!("[{}]", items.join(", "));
    (line.chars().count() <= LINE).then_some(line)
}

/// What needs no line of its own.
fn on_the_line(node: &Node, unquoted: &str) -> Option<String> {
    match node {
        Node::Word(word) => Some(word.clone()),
        Node::Text(text) => Some(scalar(text, unquoted)),
        Node::Map(entries) => entries.is_empty().then(|| "{}".to_owned()),
        Node::List(items) if items.is_empty() => Some("[]".to_owned()),
        Node::List(items) => on_one_line(items),
    }
}

/// Whether a text is written line by line: no line ends in a blank, and nothing in it is hidden.
fn is_lines(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let seen = |line: &str| !line.ends_with(' ') && !line.chars().any(hidden);
    text.contains('\n') && !body.is_empty() && !body.ends_with('\n') && body.split('\n').all(seen)
}

fn lines(out: &mut String, text: &str, column: usize) {
    let body = text.strip_suffix('\n').unwrap_or(text);
    out.push_str(" |");
    // Where the first line says nothing of how far the others are indented.
    if body.starts_with([' ', '\n']) {
        let _ = write!(out, "{STEP}");
    }
    out.push_str(if body.len() == text.len() { "-\n" } else { "\n" });
    for line in body.split('\n') {
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn scalar(text: &str, unquoted: &str) -> String {
    if is_plain(text, unquoted) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 2);
    quote(&mut out, text);
    out
}

fn is_plain(text: &str, unquoted: &str) -> bool {
    let allowed =
        |character: char| (character.is_alphanumeric() && !hidden(character)) || unquoted.contains(character);
    text.starts_with(|first: char| first.is_alphabetic() || matches!(first, '_' | '/' | '$'))
        && text.chars().all(allowed)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !is_word(text)
}

/// What YAML, or what was YAML once, takes for a truth value, a number or nothing.
fn is_word(text: &str) -> bool {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            character if hidden(character) => {
                let code = u32::from(character);
                let _ =
                    if code > 0xffff { write!(out, "\\U{code:08x}") } else { write!(out, "\\u{code:04x}") };
            }
            character => out.push(character),
        }
    }
    out.push('"');
}

/// A character that would not be seen, would change how others are, or that YAML does not take as it is.
fn hidden(character: char) -> bool {
    hides(character) || (character.is_whitespace() && character != ' ')
}

/// A double has a point, and its exponent a sign: so it is one for every reader, and stays apart from an integer.
fn number(number: &Number) -> String {
    let text = number.to_string();
    if !number.is_f64() {
        return text;
    }
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
        None if text.contains('.') => text,
        None => format!("{text}.0"),
    }
}

#[cfg(test)]
mod tests;

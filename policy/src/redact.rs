//! Which parts of a tool's arguments are kept only as a keyed digest.

use serde_json::Value;

/// A JSON Pointer (RFC 6901) in which `*` is each element or member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactPath(Vec<String>);

/// The text is no such pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a JSON Pointer such as /card/number or /cards/*/number")]
pub struct RedactPathError(String);

impl RedactPath {
    /// # Errors
    /// When the text does not start with `/`, or holds a `~` that escapes nothing.
    pub fn parse(text: &str) -> Result<Self, RedactPathError> {
        let refuse = || RedactPathError(text.chars().take(60).collect());
        let rest = text.strip_prefix('/').ok_or_else(refuse)?;
        rest.split('/').map(unescape).collect::<Option<_>>().map(Self).ok_or_else(refuse)
    }

    /// Whether a place in the arguments is redacted, lies within something that is, or holds something
    /// that is.
    pub fn touches(&self, pointer: &str) -> bool {
        let parts = pointer.split('/').skip(1).map(|part| unescape(part).unwrap_or_default());
        // The shorter of the two ends it: what is above or below is touched as well.
        parts.zip(&self.0).all(|(part, own)| own == "*" || part == *own)
    }

    /// Calls `hide` on each value that this names. A value of another shape than the path promises is hidden
    /// where the promise breaks.
    pub fn each(&self, arguments: &mut Value, hide: &mut impl FnMut(&mut Value)) {
        walk(&self.0, arguments, hide);
    }
}

fn walk(path: &[String], value: &mut Value, hide: &mut impl FnMut(&mut Value)) {
    let Some((first, rest)) = path.split_first() else { return hide(value) };
    match value {
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| walk(rest, item, hide)),
        Value::Array(items) => match first.parse::<usize>() {
            Ok(index) => items.get_mut(index).into_iter().for_each(|item| walk(rest, item, hide)),
            Err(_) => hide(value),
        },
        Value::Object(map) if first == "*" => map.values_mut().for_each(|item| walk(rest, item, hide)),
        Value::Object(map) => map.get_mut(first).into_iter().for_each(|item| walk(rest, item, hide)),
        Value::Null => {}
        other => hide(other),
    }
}

/// RFC 6901, section 4.
pub(crate) fn unescape(part: &str) -> Option<String> {
    let mut out = String::with_capacity(part.len());
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '~' => match characters.next() {
                Some('0') => out.push('~'),
                Some('1') => out.push('/'),
                _ => return None,
            },
            other => out.push(other),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hidden(path: &str, mut value: Value) -> Value {
        RedactPath::parse(path).expect("a path").each(&mut value, &mut |value| *value = json!("#"));
        value
    }

    #[test]
    fn what_a_path_hides() {
        for (path, given, expected) in [
            ("/pin", json!({"pin": 1, "a": 2}), json!({"pin": "#", "a": 2})),
            (
                "/cards/*/pan",
                json!({"cards": [{"pan": 1}, {"pan": 2, "x": 3}]}),
                json!({"cards": [{"pan": "#"}, {"pan": "#", "x": 3}]}),
            ),
            ("/cards/*", json!({"cards": ["a", "b"]}), json!({"cards": ["#", "#"]})),
            ("/cards/*/pan", json!({"cards": "4000"}), json!({"cards": "#"})),
            ("/cards/*/pan", json!({"cards": ["4000"]}), json!({"cards": ["#"]})),
            ("/pay/number", json!({"pay": "4000"}), json!({"pay": "#"})),
            ("/pay/number", json!({"pay": ["4000"]}), json!({"pay": "#"})),
            ("/a~1b/~0", json!({"a/b": {"~": 1}}), json!({"a/b": {"~": "#"}})),
            ("/none", json!({"a": 1}), json!({"a": 1})),
        ] {
            assert_eq!(hidden(path, given), expected, "{path}");
        }
    }

    #[test]
    fn what_a_path_touches() {
        let path = RedactPath::parse("/cards/*/pan").expect("a path");
        for touched in ["", "/cards", "/cards/0", "/cards/7/pan", "/cards/7/pan/0"] {
            assert!(path.touches(touched), "{touched}");
        }
        for untouched in ["/card", "/cards/0/name", "/x/0/pan"] {
            assert!(!path.touches(untouched), "{untouched}");
        }
    }

    #[test]
    fn what_is_no_path() {
        for bad in ["", "card", "cards/0", "/a~", "/a~2b"] {
            assert!(RedactPath::parse(bad).is_err(), "{bad}");
        }
    }
}

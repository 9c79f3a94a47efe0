//! Patterns over `server/name`. `*` is any run of characters, nothing else is special; names compare byte
//! by byte. A pattern is split at its first `/`, because MCP tool names may hold `/` and `.`.

use serde::{Deserialize, Serialize};

/// One pattern over a server's slug and the name of a thing in its catalog.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern {
    server: String,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("`{0}` is not `server/name`: it has no `/`")]
    NoSlash(String),
    #[error("`{0}` is not `server/name`: one side of the `/` is empty")]
    EmptySide(String),
    #[error("a pattern is longer than 512 bytes")]
    TooLong,
    #[error("a pattern holds a control character")]
    Control,
    #[error("a pattern is empty")]
    Empty,
    #[error("`{0}` is not `type:id`: it has no `:`")]
    NoColon(String),
    #[error("`{0}` is not `type:id`: one side of the `:` is empty")]
    EmptyPart(String),
}

impl Pattern {
    /// # Errors
    /// When the text is not `server/name`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.len() > 512 {
            return Err(PatternError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PatternError::Control);
        }
        let (server, name) = text.split_once('/').ok_or_else(|| PatternError::NoSlash(text.to_owned()))?;
        if server.is_empty() || name.is_empty() {
            return Err(PatternError::EmptySide(text.to_owned()));
        }
        Ok(Self { server: server.to_owned(), name: name.to_owned() })
    }

    /// The server this pattern names exactly, if it does.
    pub fn exact_server(&self) -> Option<&str> {
        (!self.server.contains('*')).then_some(self.server.as_str())
    }

    /// The name this pattern names exactly, if it does.
    pub fn exact_name(&self) -> Option<&str> {
        (!self.name.contains('*')).then_some(self.name.as_str())
    }

    pub fn matches(&self, server: &str, name: &str) -> bool {
        glob(self.server.as_bytes(), server.as_bytes()) && glob(self.name.as_bytes(), name.as_bytes())
    }

    /// Whether everything `other` matches is surely matched by this one too (may say no where it is so).
    pub fn covers(&self, other: &Self) -> bool {
        covers_side(&self.server, &other.server) && covers_side(&self.name, &other.name)
    }
}

pub(crate) fn covers_side(wide: &str, narrow: &str) -> bool {
    wide == "*" || wide == narrow || (!narrow.contains('*') && glob(wide.as_bytes(), narrow.as_bytes()))
}

/// Whether the whole text is what the pattern says, where `*` is any run of characters and nothing else is special.
pub fn matches_text(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

/// Linear in `pattern` times `text`: on a mismatch only the last `*` is widened.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(byte) if Some(byte) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    star = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;
    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.to_string()
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.server, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_table_of_patterns() {
        for (pattern, server, name, expected) in [
            ("crm/refund", "crm", "refund", true),
            ("crm/refund", "crm", "refunds", false),
            ("crm/refund", "crm2", "refund", false),
            ("crm/*", "crm", "anything/at.all", true),
            ("*/read_*", "files", "read_text", true),
            ("*/read_*", "files", "unread_text", false),
            ("crm/a*b*c", "crm", "axxbxxc", true),
            ("crm/a*b*c", "crm", "axxcxxb", false),
            ("crm/a.c", "crm", "abc", false),
            ("crm/ns/tool", "crm", "ns/tool", true),
            ("*/*", "x", "y", true),
        ] {
            let parsed = Pattern::parse(pattern).expect("parses");
            assert_eq!(parsed.matches(server, name), expected, "{pattern} on {server}/{name}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for bad in ["", "refund", "/x", "crm/", "a\nb/c"] {
            assert!(Pattern::parse(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_without_star_matches_itself_alone(a in "[a-z]{1,6}", b in "[a-z]{1,6}", c in "[a-z]{1,6}") {
            let pattern = Pattern::parse(&format!("{a}/{b}")).expect("parses");
            prop_assert!(pattern.matches(&a, &b));
            prop_assert_eq!(pattern.matches(&a, &c), b == c);
        }

        #[test]
        fn hostile_stars_stay_fast(stars in 1usize..200, length in 1usize..2000) {
            let pattern = Pattern::parse(&format!("s/{}b", "a*".repeat(stars))).expect("parses");
            prop_assert!(!pattern.matches("s", &"a".repeat(length)));
        }
    }
}

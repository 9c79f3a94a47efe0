//! The general form of a rule: any actions on any resources, the latter as `type:id`. `*` is any run of characters,
//! nothing else is special; names compare byte by byte. What is called through MCP has a form of its own.

use crate::binding::RESERVED_TYPES;
use crate::pattern::{PatternError, covers_side, glob};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether resources of this type are never decided by the general form.
pub fn is_reserved(kind: &str) -> bool {
    RESERVED_TYPES.contains(&kind)
}

/// A pattern over the names of actions.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionPattern(String);

impl ActionPattern {
    /// # Errors
    /// When the text is empty, too long, or holds a control character.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check(text)?;
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        Ok(Self(text.to_owned()))
    }

    /// The action that this names exactly, if it does.
    pub fn exact(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(self.0.as_str())
    }

    pub fn matches(&self, action: &str) -> bool {
        glob(self.0.as_bytes(), action.as_bytes())
    }

    /// Whether everything `other` matches is surely matched by this one too (may say no where it is so).
    pub fn covers(&self, other: &Self) -> bool {
        covers_side(&self.0, &other.0)
    }
}

/// A pattern over resources: `type:id`, split at its first `:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourcePattern {
    kind: String,
    id: String,
}

impl ResourcePattern {
    /// # Errors
    /// When the text is not `type:id`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check(text)?;
        let (kind, id) = text.split_once(':').ok_or_else(|| PatternError::NoColon(text.to_owned()))?;
        if kind.is_empty() || id.is_empty() {
            return Err(PatternError::EmptyPart(text.to_owned()));
        }
        Ok(Self { kind: kind.to_owned(), id: id.to_owned() })
    }

    /// The type that this names exactly, if it does.
    pub fn exact_kind(&self) -> Option<&str> {
        (!self.kind.contains('*')).then_some(self.kind.as_str())
    }

    /// The id that this names exactly, if it does.
    pub fn exact_id(&self) -> Option<&str> {
        (!self.id.contains('*')).then_some(self.id.as_str())
    }

    pub fn matches(&self, kind: &str, id: &str) -> bool {
        glob(self.kind.as_bytes(), kind.as_bytes()) && glob(self.id.as_bytes(), id.as_bytes())
    }

    /// Whether everything `other` matches is surely matched by this one too (may say no where it is so).
    pub fn covers(&self, other: &Self) -> bool {
        covers_side(&self.kind, &other.kind) && covers_side(&self.id, &other.id)
    }
}

fn check(text: &str) -> Result<(), PatternError> {
    if text.len() > 512 {
        return Err(PatternError::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(PatternError::Control);
    }
    Ok(())
}

impl TryFrom<String> for ActionPattern {
    type Error = PatternError;
    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<ActionPattern> for String {
    fn from(pattern: ActionPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for ActionPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ResourcePattern {
    type Error = PatternError;
    fn try_from(text: String) -> Result<Self, PatternError> {
        Self::parse(&text)
    }
}

impl From<ResourcePattern> for String {
    fn from(pattern: ResourcePattern) -> Self {
        pattern.to_string()
    }
}

impl fmt::Display for ResourcePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_patterns() {
        for (pattern, kind, id, expected) in [
            ("record:*", "record", "1", true),
            ("record:1", "record", "1", true),
            ("record:1", "record", "10", false),
            ("record:a:b", "record", "a:b", true),
            ("re*:x/*", "region", "x/y", true),
            ("*:*", "anything", "at all", true),
            ("record:1", "Record", "1", false),
        ] {
            let parsed = ResourcePattern::parse(pattern).expect("parses");
            assert_eq!(parsed.matches(kind, id), expected, "{pattern} on {kind}:{id}");
            assert_eq!(parsed.to_string(), pattern);
        }
        for bad in ["", "record", ":1", "record:", "a\nb:c", &"x:".repeat(300)] {
            assert!(ResourcePattern::parse(bad).is_err(), "{bad:?}");
        }
        for (pattern, action, expected) in
            [("read", "read", true), ("read", "reads", false), ("re*", "read", true), ("*", "x", true)]
        {
            assert_eq!(ActionPattern::parse(pattern).expect("parses").matches(action), expected, "{pattern}");
        }
        assert!(ActionPattern::parse("").is_err() && ActionPattern::parse("a\0").is_err());
    }
}

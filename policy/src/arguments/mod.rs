//! Arguments are parsed once, exactly: what is decided on, hashed, recorded and forwarded is one value.

mod canonical;
mod exact;

pub use canonical::canonical;
pub use exact::{JsonError, MAX_DEPTH, parse_exact};

use serde_json::{Map, Value};

/// The largest arguments that are decided on, in bytes of their canonical form.
pub const MAX_BYTES: usize = 256 * 1024;

/// What is known of a call's arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum Arguments {
    /// The PEP did not send them.
    NotSent,
    /// Always a JSON object.
    Known(Value),
    /// Sent, but no JSON object.
    NotAnObject,
    /// Sent, but beyond [`MAX_BYTES`] or [`MAX_DEPTH`].
    TooLarge,
}

impl Arguments {
    /// Takes a parsed value; `null` counts as an empty object, as MCP clients send it for tools without any.
    pub fn from_value(value: Value) -> Self {
        match value {
            Value::Object(map) => {
                let value = Value::Object(map);
                if depth(&value) > MAX_DEPTH || canonical(&value).len() > MAX_BYTES {
                    return Self::TooLarge;
                }
                Self::Known(value)
            }
            Value::Null => Self::Known(Value::Object(Map::new())),
            _ => Self::NotAnObject,
        }
    }

    /// The arguments as a JSON object.
    pub fn known(&self) -> Option<&Value> {
        match self {
            Self::Known(object) => Some(object),
            _ => None,
        }
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_counts_as_arguments() {
        assert_eq!(Arguments::from_value(json!(null)), Arguments::Known(json!({})));
        assert_eq!(Arguments::from_value(json!([1])), Arguments::NotAnObject);
        assert_eq!(Arguments::from_value(json!("x")), Arguments::NotAnObject);
        assert!(matches!(Arguments::from_value(json!({"a": 1})), Arguments::Known(_)));
        assert_eq!(Arguments::from_value(json!({"a": "x".repeat(MAX_BYTES)})), Arguments::TooLarge);
        let nested = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(Arguments::from_value(json!({ "a": nested })), Arguments::TooLarge);
    }
}

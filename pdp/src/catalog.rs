//! What a tool's definition is, and the hash that tells whether it is still the reviewed one.

use policy::arguments::canonical;
use policy::compile::{DeclaredMapping, MAPPING_MEMBER, MappingError, ToolSchema};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why the mapping of a tool cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingRefused {
    #[error("the tool declares no mapping (`{MAPPING_MEMBER}` in its input schema)")]
    None,
    #[error("{0}; it can only be ignored")]
    Error(#[from] MappingError),
    #[error("the mapping cannot be read; it can only be ignored")]
    Panicked,
}

/// Whether a tool object declares a mapping, readable or not.
pub fn declares_mapping(definition: &Value) -> bool {
    schema(definition).is_some_and(|schema| schema.get(MAPPING_MEMBER).is_some())
}

fn schema(definition: &Value) -> Option<&Value> {
    definition.get("inputSchema")
}

/// The mapping that a tool object declares, whole and usable.
///
/// # Errors
/// Where it declares none, or one that cannot be accepted.
pub fn read_mapping(definition: Option<&Value>) -> Result<DeclaredMapping, MappingRefused> {
    let schema = definition.and_then(schema).ok_or(MappingRefused::None)?;
    // What a server wrote must not take down who looks at it.
    let read = catch_unwind(AssertUnwindSafe(|| -> Result<DeclaredMapping, MappingRefused> {
        let mapping = DeclaredMapping::of_schema(schema).ok_or(MappingRefused::None)??;
        // Arguments of a schema that is not usable cannot be told.
        if let Ok(schema) = ToolSchema::compile(schema) {
            mapping.check_against(&schema)?;
        }
        Ok(mapping)
    }));
    read.unwrap_or(Err(MappingRefused::Panicked))
}

/// As [`read_mapping`], for who only asks whether it could be accepted.
///
/// # Errors
/// As [`read_mapping`].
pub fn check_mapping(definition: Option<&Value>) -> Result<(), MappingRefused> {
    read_mapping(definition).map(|_| ())
}

/// SHA-256, lower-case hex, of the canonical form (RFC 8785) of a tool object as listed, without `_meta`.
pub fn definition_hash(definition: &Value) -> String {
    let text = match definition.as_object() {
        Some(object) if object.contains_key("_meta") => {
            let mut without = object.clone();
            without.remove("_meta");
            canonical(&Value::Object(without))
        }
        _ => canonical(definition),
    };
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn order_and_meta_change_nothing_and_all_else_does() {
        let listed = json!({"name": "refund", "description": "Pay back", "inputSchema": {"type": "object"}});
        let again = json!({"inputSchema": {"type": "object"}, "_meta": {"a": 1}, "description": "Pay back", "name": "refund"});
        assert_eq!(definition_hash(&listed), definition_hash(&again));
        let changed =
            json!({"name": "refund", "description": "Pay back ", "inputSchema": {"type": "object"}});
        assert_ne!(definition_hash(&listed), definition_hash(&changed));
    }
}

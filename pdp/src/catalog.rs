//! What a tool's definition is, and the hash that tells whether it is still the reviewed one.

use policy::arguments::canonical;
use serde_json::Value;
use sha2::{Digest, Sha256};

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

//! A rule: as its own text has it, in the order in which people read one.

use super::keys::Keys;
use crate::bundle::format::BundleError;
use crate::bundle::yaml::Node;
use policy::Rule;
use serde_json::Value;

/// The keys of a rule that come first, in this order.
const RULE_KEYS: [&str; 16] = [
    "name",
    "tenant",
    "effect",
    "status",
    "roles",
    "subjects",
    "kinds",
    "tools",
    "actions",
    "resources",
    "risk_at_least",
    "sensitivity",
    "parameters",
    "when",
    "approval",
    "valid",
];

pub(super) fn rule(rule: &Rule) -> Result<Node, BundleError> {
    let mut members = match serde_json::to_value(rule) {
        Ok(Value::Object(members)) => members,
        _ => return Err(BundleError::new(format!("rule `{}` cannot be written", rule.name))),
    };
    let mut keys = Keys::default();
    for key in RULE_KEYS {
        keys = keys.with_any(key, members.remove(key));
    }
    for (key, value) in members {
        keys = keys.with(&key, value);
    }
    Ok(keys.node())
}

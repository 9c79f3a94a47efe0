//! The words for administrative changes: what kind of thing, what happened to it, through which door.

use serde_json::Value;

/// The kinds that the store records, and their words.
pub const KINDS: &[(&str, &str)] = &[
    ("tenant", "Tenant"),
    ("role", "Role"),
    ("issuer", "Issuer"),
    ("subject", "Subject"),
    ("membership", "Membership"),
    ("api_key", "API key"),
    ("token", "Revoked token"),
    ("blocked_identity", "Blocked identity"),
    ("server", "Server"),
    ("tool", "Tool"),
    ("resource", "Resource"),
    ("resource_import", "Import of resources"),
    ("rule", "Rule"),
    ("credential", "Enforcement key"),
    ("credential_key", "Secret of an enforcement key"),
    ("account", "Account"),
    ("secret", "Kept secret"),
    ("vault_key", "Key of the vault"),
    ("signing_key", "Signing key"),
    ("stop_switch", "Stop"),
    ("break_glass", "Break-glass"),
    ("administrator_token", "Administrator token"),
    ("task", "Task"),
    ("approval", "Approval request"),
    ("substitute", "Substitute"),
    ("retention", "Retention"),
    ("sign_in_provider", "Sign-in provider"),
    ("webhook", "Webhook"),
    ("delivery", "Message to a webhook or by mail"),
    ("mail_settings", "Mail server"),
    ("mail_address", "Address for mail"),
];

/// The word of a kind; the stored word where a later version wrote it.
pub fn kind_label(kind: &str) -> String {
    KINDS
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or_else(|| kind.to_owned(), |(_, label)| (*label).to_owned())
}

/// "Created", "Changed", "Deleted".
pub fn verb(action: &str) -> &'static str {
    match action {
        "create" => "Created",
        "delete" => "Deleted",
        _ => "Changed",
    }
}

/// The name of a thing, from how it was or is; its id where it has none.
pub fn object_name(object: &str, before: Option<&Value>, after: Option<&Value>) -> String {
    // A rule is written down within its version.
    let name = |value: &Value| value.get("name").or_else(|| value.pointer("/rule/name")).cloned();
    let named = after.or(before).and_then(name);
    let named = named.as_ref().and_then(Value::as_str);
    named.unwrap_or(object).to_owned()
}

/// "Changed membership of alice in acme".
pub fn title(action: &str, kind: &str, name: &str, object: &str, tenant: Option<&str>) -> String {
    let verb = verb(action);
    let label = kind_label(kind);
    let label = if kind == "api_key" { label } else { label.to_lowercase() };
    match (kind, tenant) {
        ("membership", Some(tenant)) => format!("{verb} membership of {object} in {tenant}"),
        ("api_key", _) => format!("{verb} {label} {name} of {object}"),
        ("token", _) => format!("Revoked token {object}"),
        ("blocked_identity", _) if action == "delete" => format!("Unblocked identity {object}"),
        ("blocked_identity", _) => format!("Blocked identity {object}"),
        ("stop_switch", _) if action == "create" => format!("Stopped {object}"),
        ("stop_switch", _) => format!("Lifted the stop of {object}"),
        ("break_glass", _) if action == "create" => format!("Asked for break-glass for {object}"),
        ("credential_key", _) => format!("{verb} {label}"),
        ("secret", _) => format!("{verb} {label} of {object}"),
        _ => format!("{verb} {label} {name}"),
    }
}

/// Through which door a change came.
pub fn via_label(via: &str) -> &'static str {
    match via {
        "console" => "Console",
        "api" => "API",
        "system" => "Countersign",
        _ => "Command line",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn titles_say_what_happened_to_what() {
        assert_eq!(title("update", "rule", "small refunds", "r1", None), "Changed rule small refunds");
        assert_eq!(title("create", "api_key", "laptop", "alice", None), "Created API key laptop of alice");
        assert_eq!(
            title("delete", "membership", "alice", "alice", Some("acme")),
            "Deleted membership of alice in acme"
        );
        assert_eq!(title("create", "token", "j-1", "j-1", None), "Revoked token j-1");
        assert_eq!(title("create", "blocked_identity", "a-17", "a-17", None), "Blocked identity a-17");
        assert_eq!(title("delete", "blocked_identity", "a-17", "a-17", None), "Unblocked identity a-17");
        assert_eq!(title("update", "account", "Ada", "ada@example.org", None), "Changed account Ada");
        assert_eq!(title("create", "secret", "client_secret", "u", None), "Created kept secret of u");
        assert_eq!(title("create", "stop_switch", "x", "tool crm/refund", None), "Stopped tool crm/refund");
        assert_eq!(title("update", "stop_switch", "x", "everything", None), "Lifted the stop of everything");
        assert_eq!(title("update", "break_glass", "x", "x", None), "Changed break-glass x");
        assert_eq!(title("update", "gadget", "x", "x", None), "Changed gadget x");
    }

    #[test]
    fn each_door_has_its_name() {
        for (via, label) in
            [("cli", "Command line"), ("console", "Console"), ("api", "API"), ("system", "Countersign")]
        {
            assert_eq!(via_label(via), label);
        }
    }

    #[test]
    fn a_thing_is_named_as_it_is_now() {
        let (before, after) = (json!({ "name": "old" }), json!({ "name": "new" }));
        assert_eq!(object_name("id", Some(&before), Some(&after)), "new");
        assert_eq!(object_name("id", Some(&before), None), "old");
        assert_eq!(
            object_name("id", None, Some(&json!({ "version": 1, "rule": { "name": "small" } }))),
            "small"
        );
        assert_eq!(object_name("id", None, None), "id");
    }
}

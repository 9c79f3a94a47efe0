//! Random names, texts and JSON, with what YAML could take for something else.

use policy::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

const NAMES: &[&str] = &[
    "yes",
    "No",
    "~",
    "null",
    "1.0",
    "1e3",
    "0x10",
    "- a",
    "a: b",
    "a #b",
    " lead",
    "trail ",
    "'q'",
    "\"q\"",
    "#c",
    "*a",
    "&a",
    "!t",
    "%d",
    "@x",
    "`x",
    "[a]",
    "{a}",
    "|",
    ">",
    "?",
    "<<",
    "ü",
    "\u{202e}x",
    "\u{feff}",
    "2026-01-01",
    "12:30",
    "a\\b",
    "…",
    "NaN",
    ".inf",
    "-",
    "a, b",
    "y",
    "=",
    "---",
];

const TEXTS: &[&str] = &[
    "",
    "a\nb",
    "a\nb\n",
    "\n  x\n",
    "a\n\nb",
    "  a\nb",
    "a\n ",
    "\t",
    "a\n\tb",
    "\n",
    "a\r\nb",
    "Two: lines.\n\n- one\n- two",
];

/// Rules but for their names and tenants.
pub(crate) const RULES: &[&str] = &[
    r#"{"effect": "allow", "tools": ["*/*"]}"#,
    r#"{"effect": "deny", "actions": ["*", "yes: no"], "resources": ["record:1", "a/b:~ #"], "when": "action.soft"}"#,
    r#"{"effect": "deny", "status": "shadow", "tools": ["s0/refund", "*/a: b"], "kinds": ["agent"]}"#,
    r#"{"effect": "allow", "roles": ["yes", "~"], "tools": ["s0/*"], "parameters": {"properties": {
        "amount": {"type": "number", "maximum": 1e20, "minimum": 1e-7}, "yes: no": {"enum": ["y", "1.0", 1.5]}},
        "required": ["amount", "yes: no"]}}"#,
    r#"{"effect": "require_approval", "tools": ["*/*"], "risk_at_least": "high", "sensitivity": ["regulated"],
        "approval": {"approvers": ["a: b"], "quorum": 2, "expires_in": "30m", "uses": 3}, "explain": false}"#,
    r#"{"effect": "allow", "status": "disabled", "subjects": ["null", "1.0"], "tools": ["*/*"],
        "when": "args.amount < 100.0\n  && subject.kind == 'agent'",
        "valid": {"from": "2026-11-01T00:00:00Z", "until": "2027-01-01T00:00:00.000001Z"}}"#,
];

pub(crate) fn name() -> impl Strategy<Value = String> {
    let any =
        prop_oneof![select(NAMES).prop_map(str::to_owned), "[a-z]{1,8}", "[^\\x00-\\x1f\\x7f-\\x9f]{1,12}"];
    any.prop_filter("not reserved", |name| name != "new" && name != "self")
}

pub(crate) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![name(), select(TEXTS).prop_map(str::to_owned), "[^\\x00]{0,40}"]
}

pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |double| double.is_finite()).prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any_text(), inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

pub(crate) fn moment() -> impl Strategy<Value = Timestamp> {
    (0..4_000_000_000_000_000_i64).prop_map(Timestamp::from_micros)
}

//! Rules of every kind, in words.

use super::{Piece, Tone, sentence};
use policy::Rule;
use serde_json::{Value, json};

fn rule(more: Value) -> Rule {
    let mut rule = json!({"name": "x", "tenant": "acme", "effect": "allow", "tools": ["crm/refund"]});
    rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    serde_json::from_value(rule).expect("a rule")
}

fn words(more: Value) -> String {
    sentence(&rule(more)).text()
}

#[test]
fn the_rule_of_the_readme() {
    let text = words(json!({
        "roles": ["support-agent"],
        "parameters": {
            "properties": {"amount": {"type": "number", "maximum": 100}, "currency": {"enum": ["EUR", "USD"]}},
            "required": ["amount", "currency"]
        },
        "valid": {"until": "2027-01-01T00:00:00Z"}
    }));
    assert_eq!(
        text,
        "Allow support-agent in acme to call crm / refund if /amount is at most 100 and /currency is EUR or USD, \
         until 1 Jan 2027."
    );
}

#[test]
fn actions_on_resources() {
    for (more, expected) in [
        (
            json!({"actions": ["read", "write"], "resources": ["record:*"]}),
            "Allow anyone in acme to read or write record:*.",
        ),
        (
            json!({"effect": "deny", "actions": ["*"], "resources": ["record:1"], "sensitivity": ["regulated"]}),
            "Deny anyone in acme to do anything with record:1 on regulated data.",
        ),
        (
            json!({"effect": "require_approval", "approval": {"approvers": ["finance"]}, "actions": ["delete"],
                "resources": ["record:*"]}),
            "Always ask finance before anyone in acme may delete record:*.",
        ),
    ] {
        let mut more = more;
        more["tools"] = json!([]);
        assert_eq!(words(more), expected);
    }
}

#[test]
fn each_effect() {
    let terms = json!({"approvers": ["finance", "cfo"], "quorum": 2});
    for (more, expected) in [
        (json!({}), "Allow anyone in acme to call crm / refund."),
        (json!({"status": "shadow"}), "Would allow anyone in acme to call crm / refund."),
        (
            json!({"approval": terms}),
            "Allow anyone in acme to call crm / refund, once 2 of finance or cfo approved.",
        ),
        (
            json!({"effect": "require_approval", "approval": {"approvers": ["finance"]}}),
            "Always ask finance before anyone in acme calls crm / refund.",
        ),
        (
            json!({"effect": "require_approval", "approval": {"approvers": ["finance"]}, "roles": ["a", "b"]}),
            "Always ask finance before a or b in acme call crm / refund.",
        ),
        (
            json!({"effect": "require_approval"}),
            "Always ask nobody yet before anyone in acme calls crm / refund.",
        ),
        (json!({"effect": "deny"}), "Deny anyone in acme every call of crm / refund."),
        (
            json!({"effect": "deny", "status": "shadow"}),
            "Would deny anyone in acme every call of crm / refund.",
        ),
    ] {
        assert_eq!(words(more.clone()), expected, "{more}");
    }
}

#[test]
fn who_is_asked_later_and_who_may_not_approve() {
    let later = json!({"approvers": ["finance"], "escalate_to": "ops", "escalate_after": "30m"});
    let without =
        json!({"approver_subjects": ["zoe"], "exclude_roles": ["interns"], "exclude_subjects": ["ada"]});
    let mut both = later.clone();
    both["exclude_roles"] = json!(["interns"]);
    let mut unsound = later.clone();
    unsound["escalate_after"] = json!("soon");
    let half = json!({"approvers": ["finance"], "escalate_after": "2d"});
    for (terms, once, before) in [
        (&later, "once finance approved, by ops as well after 30 min.", "finance, ops as well after 30 min,"),
        (&without, "once zoe approved, not by interns or ada.", "zoe, not interns or ada,"),
        (
            &both,
            "once finance approved, by ops as well after 30 min, not by interns.",
            "finance, ops as well after 30 min, not interns,",
        ),
        (&unsound, "once finance approved, by ops as well after soon.", "finance, ops as well after soon,"),
        (&half, "once finance approved.", "finance"),
    ] {
        let told = words(json!({"approval": terms}));
        assert_eq!(told, format!("Allow anyone in acme to call crm / refund, {once}"), "{terms}");
        let told = words(json!({"effect": "require_approval", "approval": terms}));
        assert_eq!(told, format!("Always ask {before} before anyone in acme calls crm / refund."), "{terms}");
    }
    assert_eq!(super::span("2d"), "2 d");
    assert_eq!(super::span("1ü"), "1ü");
}

#[test]
fn who_and_which_tools() {
    for (more, expected) in [
        (
            json!({"tenant": null, "kinds": ["agent"]}),
            "Allow any agent in every tenant to call crm / refund.",
        ),
        (
            json!({"roles": ["a"], "subjects": ["alice"], "kinds": ["user", "agent"]}),
            "Allow a or alice (if a person or agent) in acme to call crm / refund.",
        ),
        (json!({"tools": ["*/*"]}), "Allow anyone in acme to call any tool."),
        (
            json!({"tools": ["crm/*", "files/read_*"]}),
            "Allow anyone in acme to call any tool of crm or files / read_*.",
        ),
        (
            json!({"tools": ["a/1", "a/2", "a/3", "a/4", "a/5", "a/6"]}),
            "Allow anyone in acme to call a / 1, a / 2, a / 3, a / 4 or one of 2 more.",
        ),
        (json!({"tools": []}), "Allow anyone in acme to call no tool yet."),
        (
            json!({"risk_at_least": "high", "sensitivity": ["confidential", "regulated"]}),
            "Allow anyone in acme to call crm / refund of high risk or more on confidential or regulated data.",
        ),
    ] {
        assert_eq!(words(more.clone()), expected, "{more}");
    }
}

#[test]
fn conditions_come_after_arguments() {
    let text = words(json!({
        "parameters": {"properties": {"note": {"type": "string", "maxLength": 20}}, "x-optional": ["note"]},
        "when": "args.amount < 5"
    }));
    assert_eq!(
        text,
        "Allow anyone in acme to call crm / refund if /note, if given, has at most 20 characters and \
         args.amount < 5 holds."
    );
}

#[test]
fn moments_are_days_where_they_can_be() {
    assert_eq!(super::day("2027-01-01T00:00:00Z"), "1 Jan 2027");
    assert_eq!(super::day("2027-01-09T12:30:05.5Z"), "9 Jan 2027, 12:30 UTC");
    assert_eq!(super::day("never"), "never");
}

#[test]
fn effects_have_their_colour() {
    let tone = |more| match sentence(&rule(more)).0.first() {
        Some(Piece::Effect { tone, .. }) => *tone,
        other => panic!("no effect: {other:?}"),
    };
    assert_eq!(tone(json!({})), Tone::Allow);
    assert_eq!(tone(json!({"approval": {"approvers": ["a"]}})), Tone::Approval);
    assert_eq!(tone(json!({"effect": "deny"})), Tone::Deny);
    assert_eq!(tone(json!({"effect": "deny", "status": "shadow"})), Tone::Shadow);
}

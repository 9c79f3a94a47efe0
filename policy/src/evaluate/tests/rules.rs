//! How rules combine, and what is told about the nearest of them.

use super::*;
use crate::decision::{Part, Truth};
use crate::reason::Reason;

fn with(base: Value, more: Value) -> Value {
    let (mut base, more) = (base, more);
    base.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    base
}

#[test]
fn combining() {
    let deny = || json!({"name": "no", "effect": "deny", "tools": ["crm/refund"]});
    let deny_large = || {
        with(
            deny(),
            json!({"parameters": {"properties": {"amount": {"type": "number", "minimum": 500}}, "required": ["amount"]}}),
        )
    };
    let ask = || json!({"name": "ask", "effect": "require_approval", "tools": ["crm/refund"], "approval": {"approvers": ["finance"]}});
    let grant = || {
        with(allow_refund(), json!({"name": "granted once approved", "approval": {"approvers": ["finance"]}}))
    };
    let other = || with(allow_refund(), json!({"name": "other role", "roles": ["finance"]}));
    let table: Vec<(Vec<Value>, Reason)> = vec![
        (vec![], Reason::NoMatchingRule),
        (vec![allow_refund()], Reason::Allowed),
        (vec![other()], Reason::NoMatchingRule),
        (vec![deny()], Reason::DeniedByRule),
        (vec![allow_refund(), deny()], Reason::DeniedByRule),
        (vec![allow_refund(), deny_large()], Reason::Allowed),
        (vec![ask()], Reason::NoMatchingRule),
        (vec![allow_refund(), ask()], Reason::ApprovalRequired),
        (vec![grant()], Reason::ApprovalRequired),
        (vec![allow_refund(), grant()], Reason::Allowed),
        (vec![ask(), deny()], Reason::DeniedByRule),
        (vec![with(allow_refund(), json!({"status": "disabled"}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"status": "shadow"}))], Reason::NoMatchingRule),
        (vec![allow_refund(), with(deny(), json!({"status": "shadow"}))], Reason::Allowed),
        (vec![allow_refund(), with(deny(), json!({"status": "disabled"}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"kinds": ["agent"]}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"roles": [], "subjects": ["alice"]}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"roles": ["finance"], "subjects": ["alice"]}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"roles": []}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"risk_at_least": "critical"}))], Reason::NoMatchingRule),
        (vec![with(allow_refund(), json!({"risk_at_least": "medium"}))], Reason::Allowed),
        (vec![with(allow_refund(), json!({"sensitivity": ["public"]}))], Reason::NoMatchingRule),
        (
            vec![with(allow_refund(), json!({"valid": {"until": "2026-11-23T12:00:00Z"}}))],
            Reason::NoMatchingRule,
        ),
        (vec![with(allow_refund(), json!({"valid": {"from": "2026-11-23T12:00:00Z"}}))], Reason::Allowed),
    ];
    for (rules, reason) in table {
        let decision = World::new(rules.clone()).decide();
        assert_eq!(decision.reason, reason, "{rules:#?}");
        assert_eq!(decision.is_allow(), reason == Reason::Allowed);
    }
}

#[test]
fn approvals_meet_requirements_and_nothing_else() {
    let ask = json!({"name": "ask", "effect": "require_approval", "tools": ["crm/*"], "approval": {"approvers": ["finance"]}});
    let grant = with(allow_refund(), json!({"approval": {"approvers": ["finance"]}}));
    let second = with(grant.clone(), json!({"name": "second"}));
    for (rules, approved, reason) in [
        (vec![allow_refund(), ask.clone()], vec!["r1"], Reason::Allowed),
        (vec![allow_refund(), ask.clone()], vec!["r0"], Reason::ApprovalRequired),
        (vec![ask.clone()], vec!["r0"], Reason::NoMatchingRule),
        (vec![grant.clone()], vec!["r0"], Reason::Allowed),
        (vec![grant.clone(), second], vec!["r1"], Reason::Allowed),
        (vec![grant.clone(), ask.clone()], vec!["r0"], Reason::ApprovalRequired),
        (vec![grant, ask], vec!["r0", "r1"], Reason::Allowed),
    ] {
        let mut world = World::new(rules);
        world.approved = approved.into_iter().map(RuleId::from).collect();
        assert_eq!(world.decide().reason, reason);
    }
}

#[test]
fn a_stored_rule_that_does_not_compile_forbids_but_never_grants() {
    let broken = json!({"properties": {"amount": {"maxmum": 1}}});
    let deny = json!({"name": "no", "effect": "deny", "tools": ["crm/refund"], "parameters": broken});
    let decision = World::new(vec![allow_refund(), deny]).decide();
    assert_eq!(decision.reason, Reason::DeniedByRule);
    assert_eq!(decision.rules[0].truth, Truth::Unknown);
    assert!(decision.rules[0].note.as_ref().is_some_and(|note| note.contains("maxmum")));
    let allow = with(allow_refund(), json!({"parameters": broken}));
    assert_eq!(World::new(vec![allow]).decide().reason, Reason::ConditionError);
}

#[test]
fn the_miss_names_path_bound_and_value() {
    let decision =
        World::new(vec![small_refunds()]).arguments(json!({"amount": 700, "currency": "EUR"})).decide();
    assert_eq!(decision.reason, Reason::ParametersOutOfScope);
    assert_eq!(decision.caller_text, "The call would be allowed if /amount <= 100; it was 700.");
    assert_eq!(decision.reviewer_text, "`small refunds` would allow if /amount <= 100; it was 700");
    let miss = &decision.nearest[0];
    assert_eq!((miss.part, miss.parameters[0].keyword.as_str()), (Part::Parameters, "maximum"));
    assert_eq!((&miss.parameters[0].bound, &miss.parameters[0].value), (&json!(100), &Some(json!(700))));
}

#[test]
fn what_the_caller_is_not_told() {
    let silent = with(small_refunds(), json!({"explain": false}));
    let decision = World::new(vec![silent]).arguments(json!({"amount": 700})).decide();
    assert_eq!(decision.reason, Reason::ParametersOutOfScope);
    assert_eq!(decision.caller_text, Reason::ParametersOutOfScope.caller_text());
    assert!(decision.reviewer_text.contains("/amount <= 100"));

    let mut redacted = World::new(vec![small_refunds()]).arguments(json!({"amount": 700}));
    redacted.tool.redact = vec!["/amount".into()];
    let decision = redacted.decide();
    assert!(!serde_json::to_string(&decision).expect("writes").contains("700"), "{decision:?}");
}

#[test]
fn misses_in_their_order_at_most_five() {
    let mut rules = vec![
        with(small_refunds(), json!({"name": "who", "roles": ["finance"], "parameters": null})),
        with(allow_refund(), json!({"name": "label", "risk_at_least": "critical"})),
        with(allow_refund(), json!({"name": "validity", "valid": {"from": "2027-01-01T00:00:00Z"}})),
        with(
            small_refunds(),
            json!({"name": "two keywords", "parameters": {"properties": {"amount": {"type": "number", "maximum": 1, "multipleOf": 7}}, "required": ["amount"]}}),
        ),
        with(small_refunds(), json!({"name": "two parts", "roles": ["finance"]})),
        small_refunds(),
    ];
    let named = |rules: &[Value]| -> Vec<String> {
        let decision = World::new(rules.to_vec()).arguments(json!({"amount": 701})).decide();
        decision.nearest.iter().map(|miss| miss.name.clone()).collect()
    };
    assert_eq!(named(&rules), ["small refunds", "two keywords", "validity", "label", "who"]);
    rules.push(with(small_refunds(), json!({"name": "a sixth"})));
    assert_eq!(named(&rules), ["a sixth", "small refunds", "two keywords", "validity", "label"]);
}

#[test]
fn hostile_text_stays_short_in_sentences() {
    let mut world = World::new(vec![allow_refund()]);
    world.call.resource.id = format!("\u{202e}\u{1b}[2J{}", "x".repeat(5_000));
    let decision = world.decide();
    assert_eq!(decision.reason, Reason::UnknownTool);
    assert!(decision.reviewer_text.len() < 600);
    assert!(!decision.reviewer_text.contains('\u{1b}'));
}

//! The order of checks: each fails alone, and the first of several failures is the reason.

use super::*;
use crate::reason::Reason;

/// What breaks an allowed call, and the reason that is expected then.
type Failure = (Reason, fn(&mut World));

/// In the order of the design; each turns an allowed call into a denial.
fn failures() -> Vec<Failure> {
    vec![
        (Reason::SubjectDisabled, |w| w.subject().active = false),
        (Reason::NoMembership, |w| w.facts.memberships.clear()),
        (Reason::TenantSuspended, |w| w.tenant_active = false),
        (Reason::ServerDisabled, |w| w.server_enabled = false),
        (Reason::ToolDefinitionChanged, |w| w.tool.review = ReviewState::Changed),
        (Reason::TaskRequired, |w| w.tool.task = TaskNeed::Required),
        (Reason::ArgumentsInvalid, |w| {
            w.call.arguments = Arguments::Known(json!({"amount": "80", "currency": "EUR"}));
        }),
        (Reason::DeniedByRule, |w| {
            w.rules.push(rule(json!({"name": "never", "effect": "deny", "tools": ["*/*"]})));
        }),
    ]
}

#[test]
fn the_call_is_allowed_without_them() {
    let decision = World::new(vec![allow_refund()]).decide();
    assert_eq!((decision.is_allow(), decision.reason), (true, Reason::Allowed));
    assert_eq!(decision.tenant, Some(TenantSlug::from("acme")));
    assert_eq!(decision.revision, REVISION);
}

#[test]
fn each_fails_alone_and_the_first_is_the_reason() {
    let failures = failures();
    for (first, (reason, break_it)) in failures.iter().enumerate() {
        let mut world = World::new(vec![allow_refund()]);
        break_it(&mut world);
        let alone = world.decide();
        assert_eq!((alone.is_allow(), alone.reason), (false, *reason));
        for (_, break_too) in &failures[first + 1..] {
            let mut world = World::new(vec![allow_refund()]);
            break_too(&mut world);
            break_it(&mut world);
            assert_eq!(world.decide().reason, *reason);
        }
    }
}

#[test]
fn every_way_of_not_being_known() {
    let cases: Vec<(Identity, Reason)> = vec![
        (Identity::TokenMissing, Reason::TokenMissing),
        (Identity::TokenInvalid, Reason::TokenInvalid),
        (Identity::TokenExpired, Reason::TokenExpired),
        (Identity::TokenRevoked, Reason::TokenRevoked),
        (Identity::SubjectDiffers, Reason::TokenInvalid),
        (Identity::UnknownSubject { id: "mallory".into() }, Reason::UnknownSubject),
    ];
    for (identity, reason) in cases {
        let mut world = World::new(vec![allow_refund()]);
        world.facts.identity = identity;
        let decision = world.decide();
        assert_eq!((decision.is_allow(), decision.reason), (false, reason));
    }
}

#[test]
fn the_tenant_is_fixed_chosen_or_refused() {
    let several = || vec![membership("acme", &["support-agent"]), membership("globex", &["support-agent"])];
    for (fixed, chosen, memberships, reason) in [
        (None, None, several(), Reason::TenantRequired),
        (None, Some("acme"), several(), Reason::Allowed),
        (Some("acme"), None, several(), Reason::Allowed),
        (Some("acme"), Some("acme"), several(), Reason::Allowed),
        (Some("globex"), Some("acme"), several(), Reason::TenantMismatch),
        (None, Some("initech"), several(), Reason::NoMembership),
        (Some("initech"), None, several(), Reason::NoMembership),
        (None, None, vec![], Reason::NoMembership),
    ] {
        let mut world = World::new(vec![allow_refund()]);
        world.facts.credential.tenant = fixed.map(TenantSlug::from);
        world.call.tenant = chosen.map(TenantSlug::from);
        world.facts.memberships = memberships;
        assert_eq!(world.decide().reason, reason, "{fixed:?} {chosen:?}");
    }
}

/// Whom only other tenants have, a key of one tenant that vouches cannot tell from whom nobody has.
#[test]
fn whom_others_have_is_unknown_to_a_key_of_one_tenant_that_vouches() {
    let decide = |memberships: Vec<MembershipFacts>, active: bool, bound: bool, vouched: bool| {
        let mut world = World::new(vec![allow_refund()]);
        world.subject().active = active;
        let subject = world.subject().clone();
        if vouched {
            world.facts.credential.trust = Trust::AssertSubject;
            world.facts.identity = Identity::Asserted { subject };
        }
        world.facts.credential.tenant = bound.then(|| TenantSlug::from("acme"));
        world.facts.memberships = memberships;
        world.decide().reason
    };
    let here = || vec![membership("acme", &["support-agent"])];
    let elsewhere = || vec![membership("globex", &["support-agent"])];
    for (memberships, active, bound, vouched, reason) in [
        (here(), true, true, true, Reason::Allowed),
        (here(), false, true, true, Reason::SubjectDisabled),
        (elsewhere(), true, true, true, Reason::UnknownSubject),
        (elsewhere(), false, true, true, Reason::UnknownSubject),
        (vec![], true, true, true, Reason::UnknownSubject),
        // A key of every tenant, and whoever shows a key of their own, are told what is so.
        (elsewhere(), false, false, true, Reason::SubjectDisabled),
        (vec![], true, false, true, Reason::NoMembership),
        (elsewhere(), true, true, false, Reason::NoMembership),
        // Nor is a key of one tenant that is shown theirs told whether they are active.
        (here(), false, true, false, Reason::SubjectDisabled),
        (elsewhere(), false, true, false, Reason::NoMembership),
        (vec![], false, true, false, Reason::NoMembership),
        (elsewhere(), false, false, false, Reason::SubjectDisabled),
    ] {
        let told = decide(memberships.clone(), active, bound, vouched);
        assert_eq!(told, reason, "{memberships:?} {active} {bound} {vouched}");
    }
}

#[test]
fn a_membership_ends_at_its_moment() {
    for (until, allowed) in [("2026-11-23T12:00:00.000001Z", true), ("2026-11-23T12:00:00Z", false)] {
        let mut world = World::new(vec![allow_refund()]);
        world.facts.memberships[0].until = Some(at(until));
        let decision = world.decide();
        assert_eq!(decision.is_allow(), allowed, "{until}");
        if !allowed {
            assert_eq!(decision.reason, Reason::NoMembership);
            assert!(decision.reviewer_text.contains("ended"), "{}", decision.reviewer_text);
        }
    }
}

#[test]
fn facts_and_rules_of_different_moments_never_decide_together() {
    for (global, tenant) in [(6, 3), (8, 3), (7, 2), (7, 4)] {
        let mut world = World::new(vec![allow_refund()]);
        world.facts.global_revision = global;
        world.facts.memberships[0].tenant_revision = tenant;
        assert_eq!(world.decide().reason, Reason::PolicyUnavailable);
    }
    let world = World::new(vec![allow_refund()]);
    let request = EvaluationRequest { facts: &world.facts, call: &world.call, approved: &[] };
    assert_eq!(evaluate(None, &request).reason, Reason::PolicyUnavailable);
}

#[test]
fn only_reviewed_tools_can_be_called() {
    for (review, reason) in [
        (ReviewState::Reviewed, Reason::Allowed),
        (ReviewState::New, Reason::ToolNotReviewed),
        (ReviewState::Changed, Reason::ToolDefinitionChanged),
        (ReviewState::Gone, Reason::UnknownTool),
    ] {
        let mut world = World::new(vec![allow_refund()]);
        world.tool.review = review;
        assert_eq!(world.decide().reason, reason, "{review}");
    }
}

#[test]
fn what_is_called() {
    for (kind, action, id, bound, reason) in [
        ("tool", "tools/call", "refund", true, Reason::Allowed),
        ("tool", "tools/call", "crm/refund", true, Reason::UnknownTool),
        ("tool", "tools/call", "crm/refund", false, Reason::Allowed),
        ("tool", "tools/call", "refund", false, Reason::UnknownTool),
        ("tool", "tools/call", "erp/refund", false, Reason::UnknownServer),
        ("tool", "tools/call", "Refund", true, Reason::UnknownTool),
        ("tool", "tools/delete", "refund", true, Reason::UnknownMethod),
        ("record", "read", "1", true, Reason::UnknownMethod),
        ("mcp_server", "tools/list", "crm", true, Reason::Allowed),
        ("mcp_server", "initialize", "https://crm.example/mcp", true, Reason::Allowed),
        ("mcp_server", "tools/list", "erp", true, Reason::UnknownServer),
        ("mcp_server", "server/shutdown", "crm", true, Reason::UnknownMethod),
    ] {
        let mut world = World::new(vec![allow_refund()]);
        world.call.resource = ResourceRef { kind: kind.into(), id: id.into() };
        world.call.action = action.into();
        if !bound {
            world.facts.credential.server = None;
        }
        assert_eq!(world.decide().reason, reason, "{kind} {action} {id} bound: {bound}");
    }
}

#[test]
fn arguments_are_needed_bounded_and_held_against_the_schema() {
    let oversized = json!({"note": "x".repeat(300_000)});
    for (arguments, reason) in [
        (Arguments::NotSent, Reason::ArgumentsMissing),
        (Arguments::from_value(json!([1])), Reason::ArgumentsInvalid),
        (Arguments::from_value(oversized), Reason::ArgumentsTooLarge),
        (Arguments::from_value(json!({"amount": 1, "invented": true})), Reason::ArgumentsInvalid),
        (Arguments::from_value(json!({"amount": true})), Reason::ArgumentsInvalid),
        (Arguments::from_value(json!({"amount": 1})), Reason::Allowed),
        (Arguments::from_value(json!(null)), Reason::Allowed),
    ] {
        let mut world = World::new(vec![allow_refund()]);
        world.call.arguments = arguments;
        assert_eq!(world.decide().reason, reason);
    }
}

#[test]
fn a_check_that_is_off_is_said_and_one_that_cannot_be_made_denies() {
    let mut world = World::new(vec![allow_refund()]).arguments(json!({"invented": 1}));
    world.check_arguments = false;
    assert!(world.decide().is_allow());
    assert_eq!(world.decide().notes.len(), 1);

    let mut world = World::new(vec![allow_refund()]);
    world.tool.input_schema = Some(json!({"$ref": "https://evil.example/schema.json"}));
    assert_eq!(world.decide().reason, Reason::ArgumentsInvalid);
    world.tool.check_schema = false;
    assert!(world.decide().is_allow());
    assert_eq!(world.decide().notes.len(), 1);
}

#[test]
fn by_name_decides_without_arguments_only_where_no_rule_needs_them() {
    let ask = |rules: Vec<Value>| {
        let mut world = World::new(rules);
        world.facts.credential.arguments = ArgumentsMode::ByName;
        world.call.arguments = Arguments::NotSent;
        world.decide().reason
    };
    assert_eq!(ask(vec![allow_refund()]), Reason::Allowed);
    assert_eq!(ask(vec![small_refunds()]), Reason::ArgumentsMissing);
    let deny_large = json!({"name": "large", "effect": "deny", "tools": ["crm/*"],
        "parameters": {"properties": {"amount": {"type": "number", "minimum": 1000}}, "required": ["amount"]}});
    assert_eq!(ask(vec![allow_refund(), deny_large]), Reason::DeniedByRule);
}

//! Stop switches and break-glass grants: which calls they reach, and what they never do.

use super::*;
use crate::compile::{BreakGlass, Emergency, StopSwitch};
use crate::labels::StopScope;
use crate::pattern::Pattern;
use crate::reason::Reason;

pub(super) fn switch(scope: StopScope, target: &str) -> StopSwitch {
    StopSwitch {
        scope,
        target: target.to_owned(),
        reason: "the agent runs wild".to_owned(),
        by: "ada".to_owned(),
        at: at("2026-11-23T11:00:00Z"),
    }
}

pub(super) fn grant(subject: &str, tools: &str, from: &str, until: &str) -> BreakGlass {
    BreakGlass {
        id: "b1".to_owned(),
        subject: SubjectId::from(subject),
        tools: Pattern::parse(tools).expect("a pattern"),
        reason: "customers wait".to_owned(),
        asked_by: "ada".to_owned(),
        confirmed_by: "ben".to_owned(),
        from: at(from),
        until: at(until),
    }
}

/// Holds at the moment of every test's call.
pub(super) fn held(subject: &str, tools: &str) -> BreakGlass {
    grant(subject, tools, "2026-11-23T11:55:00Z", "2026-11-23T12:10:00Z")
}

pub(super) fn decide(world: &World, switches: Vec<StopSwitch>, grants: Vec<BreakGlass>) -> Decision {
    let set = world.set().with_emergency(Emergency::new(switches, grants));
    let request = EvaluationRequest { facts: &world.facts, call: &world.call, approved: &world.approved };
    evaluate(Some(&set), &request)
}

#[test]
fn a_switch_stops_what_it_names_and_nothing_else() {
    for (scope, target, stops) in [
        (StopScope::Everything, "", true),
        (StopScope::Tenant, "", true),
        (StopScope::Subject, "alice", true),
        (StopScope::Agent, "alice", true),
        (StopScope::Subject, "bob", false),
        (StopScope::Server, "crm", true),
        (StopScope::Server, "erp", false),
        (StopScope::Tool, "crm/refund", true),
        (StopScope::Tool, "crm/refunds", false),
        (StopScope::Tool, "erp/refund", false),
    ] {
        let decision = decide(&World::new(vec![allow_refund()]), vec![switch(scope, target)], Vec::new());
        let expected = if stops { Reason::KillSwitch } else { Reason::Allowed };
        assert_eq!(decision.reason, expected, "{scope} {target}");
        if stops {
            for told in ["the agent runs wild", "ada", "2026-11-23T11:00:00Z", target] {
                assert!(decision.reviewer_text.contains(told), "{}", decision.reviewer_text);
            }
            // Neither who nor why is the caller's business.
            assert_eq!(decision.caller_text, Reason::KillSwitch.caller_text());
            assert_eq!(decision.tenant, Some(TenantSlug::from("acme")));
        }
    }
}

#[test]
fn methods_about_a_server_are_stopped_too_but_not_by_a_tool() {
    for (scope, target, stops) in [
        (StopScope::Everything, "", true),
        (StopScope::Tenant, "", true),
        (StopScope::Subject, "alice", true),
        (StopScope::Server, "crm", true),
        (StopScope::Tool, "crm/refund", false),
    ] {
        for id in ["crm", "https://crm.example/mcp"] {
            let mut world = World::new(vec![]);
            world.call.action = "tools/list".into();
            world.call.resource = ResourceRef { kind: "mcp_server".into(), id: id.into() };
            let decision = decide(&world, vec![switch(scope, target)], Vec::new());
            let expected = if stops { Reason::KillSwitch } else { Reason::Allowed };
            assert_eq!(decision.reason, expected, "{scope} {target} by {id}");
        }
    }
}

#[test]
fn a_switch_comes_after_the_tenant_and_before_the_server() {
    type Failure = (Reason, fn(&mut World));
    let failures: [Failure; 8] = [
        (Reason::SubjectDisabled, |w| w.subject().active = false),
        (Reason::NoMembership, |w| w.facts.memberships.clear()),
        (Reason::TenantSuspended, |w| w.tenant_active = false),
        (Reason::KillSwitch, |w| w.server_enabled = false),
        (Reason::KillSwitch, |w| w.tool.review = ReviewState::Changed),
        (Reason::KillSwitch, |w| w.call.arguments = Arguments::NotSent),
        (Reason::KillSwitch, |w| w.call.action = "tools/unheard-of".into()),
        (Reason::KillSwitch, |w| {
            w.rules.push(rule(json!({"name": "never", "effect": "deny", "tools": ["*/*"]})));
        }),
    ];
    for (reason, break_it) in failures {
        let mut world = World::new(vec![allow_refund()]);
        break_it(&mut world);
        for scope in [StopScope::Everything, StopScope::Server] {
            let target = if scope == StopScope::Server { "crm" } else { "" };
            assert_eq!(decide(&world, vec![switch(scope, target)], Vec::new()).reason, reason, "{scope}");
        }
    }
}

#[test]
fn of_a_server_that_the_tenant_may_not_use_nothing_is_told() {
    let mut world = World::new(vec![allow_refund()]);
    world.facts.credential.server = None;
    world.call.resource.id = "erp/pay".into();
    for scope in [(StopScope::Server, "erp"), (StopScope::Tool, "erp/pay")] {
        let decision = decide(&world, vec![switch(scope.0, scope.1)], Vec::new());
        assert_eq!(decision.reason, Reason::UnknownServer);
    }
}

#[test]
fn the_widest_switch_is_told_and_of_those_the_oldest() {
    let older =
        StopSwitch { at: at("2026-11-23T10:00:00Z"), by: "ben".into(), ..switch(StopScope::Tenant, "") };
    let switches = vec![switch(StopScope::Tool, "crm/refund"), switch(StopScope::Tenant, ""), older];
    let decision = decide(&World::new(vec![allow_refund()]), switches, Vec::new());
    assert!(decision.reviewer_text.starts_with("this tenant is stopped since 2026-11-23T10:00:00Z by `ben`"));
}

#[test]
fn a_grant_allows_its_subject_its_tools_and_says_so() {
    for (subject, tools, allows) in [
        ("alice", "crm/refund", true),
        ("alice", "crm/*", true),
        ("alice", "*/*", true),
        ("alice", "crm/other", false),
        ("alice", "erp/*", false),
        ("bob", "crm/*", false),
    ] {
        let decision = decide(&World::new(vec![]), Vec::new(), vec![held(subject, tools)]);
        assert_eq!(decision.is_allow(), allows, "{subject} {tools}");
        if allows {
            assert_eq!(decision.reason, Reason::Allowed);
            let used = decision.break_glass.expect("names the grant");
            assert_eq!((used.id.as_str(), used.reason.as_str()), ("b1", "customers wait"));
            assert_eq!((used.asked_by.as_str(), used.confirmed_by.as_str()), ("ada", "ben"));
            assert!(decision.reviewer_text.contains("break-glass"), "{}", decision.reviewer_text);
        } else {
            assert_eq!((decision.reason, decision.break_glass), (Reason::NoMatchingRule, None));
        }
    }
}

#[test]
fn a_grant_that_was_not_needed_was_not_used() {
    let decision = decide(&World::new(vec![allow_refund()]), Vec::new(), vec![held("alice", "crm/*")]);
    assert_eq!((decision.is_allow(), decision.break_glass), (true, None));
}

#[test]
fn a_grant_holds_from_one_moment_up_to_another() {
    for (from, until, allows) in [
        ("2026-11-23T12:00:00Z", "2026-11-23T12:15:00Z", true),
        ("2026-11-23T12:00:00.000001Z", "2026-11-23T12:15:00Z", false),
        ("2026-11-23T11:45:00Z", "2026-11-23T12:00:00.000001Z", true),
        ("2026-11-23T11:45:00Z", "2026-11-23T12:00:00Z", false),
    ] {
        let decision = decide(&World::new(vec![]), Vec::new(), vec![grant("alice", "crm/*", from, until)]);
        assert_eq!(decision.is_allow(), allows, "{from} to {until}");
    }
}

#[test]
fn a_grant_stands_in_for_approval_alone() {
    let asks = json!({"name": "ask", "effect": "require_approval", "tools": ["crm/*"],
        "approval": {"approvers": ["finance"]}});
    let waiting = World::new(vec![allow_refund(), asks]);
    assert_eq!(waiting.decide().reason, Reason::ApprovalRequired);
    let allowed = decide(&waiting, Vec::new(), vec![held("alice", "crm/*")]);
    assert!(allowed.is_allow());
    // The rule that asked is recorded as one that applied.
    assert!(allowed.rules.iter().any(|rule| rule.name == "ask"));
}

#[test]
fn a_grant_beats_nothing_that_denies() {
    type Failure = (Reason, fn(&mut World));
    let failures: [Failure; 9] = [
        (Reason::SubjectDisabled, |w| w.subject().active = false),
        (Reason::NoMembership, |w| w.facts.memberships.clear()),
        (Reason::TenantSuspended, |w| w.tenant_active = false),
        (Reason::ServerDisabled, |w| w.server_enabled = false),
        (Reason::ToolNotReviewed, |w| w.tool.review = ReviewState::New),
        (Reason::ToolDefinitionChanged, |w| w.tool.review = ReviewState::Changed),
        (Reason::ArgumentsMissing, |w| w.call.arguments = Arguments::NotSent),
        (Reason::ArgumentsInvalid, |w| w.call.arguments = Arguments::from_value(json!({"amount": "80"}))),
        (Reason::DeniedByRule, |w| {
            w.rules.push(rule(json!({"name": "never", "effect": "deny", "tools": ["*/*"]})));
        }),
    ];
    for (reason, break_it) in failures {
        let mut world = World::new(vec![]);
        break_it(&mut world);
        let decision = decide(&world, Vec::new(), vec![held("alice", "*/*")]);
        assert_eq!((decision.is_allow(), decision.reason, decision.break_glass), (false, reason, None));
    }
}

#[test]
fn a_switch_beats_a_grant() {
    for (scope, target) in [
        (StopScope::Everything, ""),
        (StopScope::Tenant, ""),
        (StopScope::Subject, "alice"),
        (StopScope::Server, "crm"),
        (StopScope::Tool, "crm/refund"),
    ] {
        let switches = vec![switch(scope, target)];
        let decision = decide(&World::new(vec![]), switches, vec![held("alice", "*/*")]);
        assert_eq!(decision.reason, Reason::KillSwitch);
    }
}

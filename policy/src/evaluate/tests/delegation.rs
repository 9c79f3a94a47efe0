//! Calls through somebody who acts: both are evaluated, and the stricter result stands.

use super::emergency::{decide, held, switch};
use super::*;
use crate::facts::{ActorFacts, ActorIdentity};
use crate::labels::StopScope;
use crate::reason::Reason;

/// `bot`, an agent with these roles in `acme`.
pub(super) fn bot(roles: &[&str]) -> ActorFacts {
    let subject = SubjectFacts {
        id: SubjectId::from("bot"),
        kind: SubjectKind::Agent,
        name: "Refund bot".into(),
        active: true,
        attributes: Map::new(),
    };
    ActorFacts {
        identity: ActorIdentity::Token { claim: "act.sub".into(), sub: "bot-1".into(), subject },
        memberships: vec![membership("acme", roles)],
        chain: Vec::new(),
    }
}

fn world(rules: Vec<Value>, actor: ActorFacts) -> World {
    let mut world = World::new(rules);
    world.facts.actor = Some(Box::new(actor));
    world
}

fn actor(world: &mut World) -> &mut ActorFacts {
    world.facts.actor.as_deref_mut().expect("somebody acts")
}

fn bots_may() -> Value {
    json!({"name": "bots may refund", "effect": "allow", "roles": ["bots"], "tools": ["crm/refund"]})
}

#[test]
fn both_need_a_rule_that_allows() {
    let rules = || vec![allow_refund(), bots_may()];
    let allowed = world(rules(), bot(&["bots"])).decide();
    assert_eq!(allowed.reason, Reason::Allowed);
    assert_eq!(
        allowed.reviewer_text,
        "for `alice`: `refunds` allows it; for `bot`, who acts: `bots may refund` allows it"
    );
    assert_eq!(allowed.rules.len(), 2);
    let no_bot = world(rules(), bot(&[])).decide();
    assert_eq!(no_bot.reason, Reason::NoMatchingRule);
    assert!(no_bot.reviewer_text.starts_with("for `bot`, who acts: "), "{}", no_bot.reviewer_text);
    let mut no_subject = world(rules(), bot(&["bots"]));
    no_subject.facts.memberships = vec![membership("acme", &[])];
    let no_subject = no_subject.decide();
    assert_eq!(no_subject.reason, Reason::NoMatchingRule);
    assert!(no_subject.reviewer_text.starts_with("for `alice`: "), "{}", no_subject.reviewer_text);
    // One rule for both is as good.
    assert_eq!(world(vec![allow_refund()], bot(&["support-agent"])).decide().reason, Reason::Allowed);
    let anybody = json!({"name": "anybody", "effect": "allow", "tools": ["crm/refund"]});
    let once = world(vec![anybody], bot(&[])).decide();
    assert_eq!((once.reason, once.rules.len()), (Reason::Allowed, 1));
}

#[test]
fn each_failure_of_the_actor_alone_and_in_the_order_of_the_checks() {
    type Failure = (Reason, fn(&mut World));
    let failures: Vec<Failure> = vec![
        (Reason::SubjectDisabled, |w| w.subject().active = false),
        (Reason::ActorDisabled, |w| match &mut actor(w).identity {
            ActorIdentity::Token { subject, .. } => subject.active = false,
            other => panic!("{other:?}"),
        }),
        (Reason::NoMembership, |w| actor(w).memberships.clear()),
        (Reason::TenantSuspended, |w| w.tenant_active = false),
        (Reason::ServerDisabled, |w| w.server_enabled = false),
        (Reason::NoMatchingRule, |w| {
            actor(w).memberships = vec![membership("acme", &[])];
        }),
    ];
    for (first, (reason, break_it)) in failures.iter().enumerate() {
        let fresh = || world(vec![allow_refund()], bot(&["support-agent"]));
        let mut broken = fresh();
        break_it(&mut broken);
        assert_eq!(broken.decide().reason, *reason);
        for (_, break_too) in &failures[first + 1..] {
            let mut broken = fresh();
            break_too(&mut broken);
            break_it(&mut broken);
            assert_eq!(broken.decide().reason, *reason);
        }
    }
}

#[test]
fn who_acts_must_be_known() {
    for (identity, text) in [
        (ActorIdentity::Unknown { why: "why".into() }, "why"),
        (
            ActorIdentity::UnknownIdentity { issuer: "https://idp.example".into(), sub: "b\u{202e}".into() },
            "the token names an actor, and no subject has the identity `b\u{fffd}` of issuer `https://idp.example`",
        ),
    ] {
        let mut world = world(vec![allow_refund()], ActorFacts::new(identity));
        let decision = world.decide();
        assert_eq!((decision.reason, decision.tenant.clone()), (Reason::UnknownActor, None));
        assert_eq!(decision.reviewer_text, text);
        // Whoever is not known has no memberships that could help.
        actor(&mut world).memberships = vec![membership("acme", &["support-agent"])];
        assert_eq!(world.decide().reason, Reason::UnknownActor);
    }
}

#[test]
fn the_actor_needs_a_live_membership_in_the_same_tenant() {
    let mut ended = bot(&["support-agent"]);
    ended.memberships[0].until = Some(at("2026-11-23T12:00:00Z"));
    let ended = world(vec![allow_refund()], ended).decide();
    assert_eq!(ended.reason, Reason::NoMembership);
    assert!(ended.reviewer_text.contains("ended"), "{}", ended.reviewer_text);
    let mut elsewhere = bot(&[]);
    elsewhere.memberships = vec![membership("globex", &["support-agent"])];
    assert_eq!(world(vec![allow_refund()], elsewhere).decide().reason, Reason::NoMembership);
    // Nor does it choose the tenant of a subject who is in several.
    let mut several = world(vec![allow_refund()], bot(&["support-agent"]));
    several.facts.memberships.push(membership("globex", &[]));
    assert_eq!(several.decide().reason, Reason::TenantRequired);
}

#[test]
fn whom_others_have_may_not_even_be_known_to_act() {
    let asserted = |subject: SubjectFacts| ActorIdentity::Asserted { subject };
    let by_token = |subject: SubjectFacts| ActorIdentity::Token {
        claim: "act.sub".into(),
        sub: "bot-1".into(),
        subject,
    };
    for named in [asserted as fn(SubjectFacts) -> ActorIdentity, by_token] {
        let told = |memberships: Vec<MembershipFacts>, active: bool| {
            let mut acting = bot(&[]);
            let mut subject = acting.subject().expect("somebody").clone();
            subject.active = active;
            acting.identity = named(subject);
            acting.memberships = memberships;
            let mut world = world(vec![allow_refund()], acting);
            world.facts.credential.tenant = Some(TenantSlug::from("acme"));
            world.decide().reason
        };
        assert_eq!(told(vec![membership("acme", &["support-agent"])], true), Reason::Allowed);
        assert_eq!(told(vec![membership("acme", &[])], false), Reason::ActorDisabled);
        for elsewhere in [vec![membership("globex", &["support-agent"])], Vec::new()] {
            for active in [true, false] {
                assert_eq!(told(elsewhere.clone(), active), Reason::UnknownActor);
            }
        }
        // Who was a member there is known there.
        let mut ended = membership("acme", &["support-agent"]);
        ended.until = Some(at("2026-11-23T12:00:00Z"));
        assert_eq!(told(vec![ended], true), Reason::NoMembership);
    }
}

#[test]
fn who_is_held_against_each_and_conditions_keep_their_meaning() {
    let agents = json!({"name": "agents", "effect": "allow", "kinds": ["agent"], "tools": ["crm/refund"],
        "when": "actor.id == 'bot' && subject.id == 'alice' && 'bots' in actor.roles"});
    let people = json!({"name": "people", "effect": "allow", "kinds": ["user"], "tools": ["crm/refund"],
        "when": "actor != null && subject.kind == 'user'"});
    assert_eq!(world(vec![agents.clone(), people.clone()], bot(&["bots"])).decide().reason, Reason::Allowed);
    assert_eq!(world(vec![agents], bot(&["bots"])).decide().reason, Reason::NoMatchingRule);
    // Without an actor it is null.
    assert_eq!(World::new(vec![people]).decide().reason, Reason::NoMatchingRule);
    let alone = json!({"name": "alone", "effect": "allow", "tools": ["crm/refund"], "when": "actor == null"});
    assert_eq!(World::new(vec![alone.clone()]).decide().reason, Reason::Allowed);
    assert_eq!(world(vec![alone], bot(&["bots"])).decide().reason, Reason::NoMatchingRule);
}

#[test]
fn approvals_that_are_asked_for_add_up() {
    let approval = json!({"approvers": ["finance"]});
    let for_people = json!({"name": "ask for people", "effect": "require_approval", "kinds": ["user"],
        "tools": ["crm/refund"], "approval": approval});
    let for_agents = json!({"name": "ask for agents", "effect": "require_approval", "kinds": ["agent"],
        "tools": ["crm/refund"], "approval": approval});
    let mut world = world(vec![allow_refund(), for_people, for_agents], bot(&["support-agent"]));
    let asked = world.decide();
    assert_eq!(asked.reason, Reason::ApprovalRequired);
    for name in ["`ask for people`", "`ask for agents`"] {
        assert!(asked.reviewer_text.contains(name), "{}", asked.reviewer_text);
    }
    world.approved = vec![RuleId::from("r1")];
    assert_eq!(world.decide().reason, Reason::ApprovalRequired);
    world.approved = vec![RuleId::from("r1"), RuleId::from("r2")];
    assert_eq!(world.decide().reason, Reason::Allowed);
}

#[test]
fn the_stricter_of_two_denials_is_told_first() {
    let deny_agents = json!({"name": "no agents", "effect": "deny", "kinds": ["agent"], "tools": ["*/*"]});
    let denied = world(vec![small_refunds(), deny_agents], bot(&["support-agent"]))
        .arguments(json!({"amount": 700, "currency": "EUR"}))
        .decide();
    assert_eq!(denied.reason, Reason::DeniedByRule);
    assert!(denied.reviewer_text.starts_with("for `bot`"), "{}", denied.reviewer_text);
    let smaller = json!({"name": "bots refund less", "effect": "allow", "roles": ["bots"], "tools": ["crm/refund"],
        "parameters": {"properties": {"amount": {"type": "number", "maximum": 50}}, "required": ["amount"]}});
    let both = world(vec![small_refunds(), smaller], bot(&["bots"]))
        .arguments(json!({"amount": 700, "currency": "EUR"}))
        .decide();
    assert_eq!((both.reason, both.nearest.len()), (Reason::ParametersOutOfScope, 2));
    assert!(
        both.caller_text.contains("<= 100") && both.caller_text.contains("<= 50"),
        "{}",
        both.caller_text
    );
}

#[test]
fn a_stop_reaches_who_acts_and_break_glass_only_one_of_the_two() {
    let through = world(vec![allow_refund()], bot(&["support-agent"]));
    for scope in [StopScope::Agent, StopScope::Subject] {
        let stopped = decide(&through, vec![switch(scope, "bot")], Vec::new());
        assert_eq!(stopped.reason, Reason::KillSwitch, "{scope}");
        let alone = decide(&World::new(vec![allow_refund()]), vec![switch(scope, "bot")], Vec::new());
        assert_eq!(alone.reason, Reason::Allowed, "{scope}");
    }
    let nobody_may = world(Vec::new(), bot(&[]));
    let (alice, bot) = (held("alice", "crm/refund"), held("bot", "crm/refund"));
    for grants in [vec![alice.clone()], vec![bot.clone()]] {
        let decision = decide(&nobody_may, Vec::new(), grants);
        assert_eq!((decision.reason, decision.break_glass), (Reason::NoMatchingRule, None));
    }
    let both = decide(&nobody_may, Vec::new(), vec![alice, bot]);
    assert!(both.is_allow() && both.break_glass.is_some());
}

#[test]
fn a_server_is_open_to_both_or_to_none() {
    let mut world = world(Vec::new(), bot(&[]));
    world.call.action = "tools/list".into();
    world.call.resource = ResourceRef { kind: "mcp_server".into(), id: "crm".into() };
    assert_eq!(world.decide().reason, Reason::Allowed);
    actor(&mut world).memberships.clear();
    assert_eq!(world.decide().reason, Reason::NoMembership);
}

#[test]
fn an_actor_is_recorded_and_read_back() {
    let mut facts = bot(&["bots"]);
    facts.chain = vec!["planner".into()];
    for facts in [
        facts,
        ActorFacts::new(ActorIdentity::Unknown { why: "why".into() }),
        ActorFacts::new(ActorIdentity::UnknownIdentity { issuer: "i".into(), sub: "s".into() }),
    ] {
        let text = serde_json::to_string(&facts).expect("writes");
        assert_eq!(serde_json::from_str::<ActorFacts>(&text).expect("reads back"), facts, "{text}");
    }
    // What was recorded before there were actors still reads.
    let mut old = serde_json::to_value(World::new(Vec::new()).facts).expect("writes");
    assert_eq!(old.as_object_mut().expect("an object").remove("actor"), None);
    assert_eq!(serde_json::from_value::<Facts>(old).expect("reads").actor, None);
}

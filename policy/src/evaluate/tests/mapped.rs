//! Declared mappings: the tool's own rules first, then one decision for each evaluation, and one denial denies all.

use super::properties::{any_arguments, rules};
use super::*;
use crate::compile::MappedCall;
use crate::decision::Outcome;
use crate::evaluate::{Open, Verdict, could, mapped_of, requirements, resources_of};
use crate::facts::{BoundFact, ResourceFacts, TokenFacts};
use crate::reason::Reason;
use proptest::prelude::*;

const HASH: &str = "h";

/// `c-1` and `c-2` are of `acme`, `g-1` is of `globex`, nothing else is registered.
fn registered(id: &str) -> Option<ResourceFacts> {
    let (tenant, level) = match id {
        "c-1" => ("acme", 1),
        "c-2" => ("acme", 2),
        "g-1" => ("globex", 1),
        _ => return None,
    };
    let attributes = json!({ "level": level });
    Some(ResourceFacts {
        tenant: TenantSlug::from(tenant),
        sensitivity: Sensitivity::Confidential,
        attributes: attributes.as_object().expect("an object").clone(),
    })
}

/// Reads what the call names, as it stands.
fn read(mut world: World) -> World {
    let named = resources_of(&world.set(), &world.facts, &world.call);
    world.facts.bound = named
        .into_iter()
        .map(|named| BoundFact {
            at: named.at,
            resource: registered(&named.resource.id),
            kind: named.resource.kind,
            id: named.resource.id,
        })
        .collect();
    world
}

/// A world whose tool declares a mapping, which was accepted.
fn world(rules: Vec<Value>, mapping: &Value, arguments: Value) -> World {
    let mut world = World::new(rules).arguments(arguments);
    world.tool.input_schema =
        Some(json!({"type": "object", "additionalProperties": true, "x-authzen-mapping": mapping}));
    world.tool.definition_hash = Some(HASH.to_owned());
    world.tool.mapping = Some(HASH.to_owned());
    read(world)
}

fn copy() -> Value {
    json!({"evaluations": {
        "context": {"case": "$params.arguments.?case"},
        "evaluations": [
            {"action": {"name": "read"}, "resource": {"type": "customer", "id": "$params.arguments.from", "properties": {"level": 9, "said": 9}}},
            {"action": {"name": "write"}, "resource": {"type": "customer", "id": "$params.arguments.to"}},
        ],
    }})
}

fn on(effect: &str, action: &str, more: &Value) -> Value {
    let mut rule = json!({"name": format!("{effect} {action}"), "effect": effect, "actions": [action], "resources": ["customer:*"]});
    rule.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    rule
}

fn both() -> Vec<Value> {
    vec![allow_refund(), on("allow", "read", &json!({})), on("allow", "write", &json!({}))]
}

fn arguments() -> Value {
    json!({"from": "c-1", "to": "c-2"})
}

#[test]
fn each_evaluation_has_to_pass_and_so_has_the_call_itself() {
    let with = |more: Value| both().into_iter().chain([more]).collect::<Vec<_>>();
    let without = |left: usize| {
        let mut rules = both();
        rules.remove(left);
        rules
    };
    let ask = on("require_approval", "write", &json!({"approval": {"approvers": ["finance"]}}));
    for (rules, reason, outcomes) in [
        (both(), Reason::Allowed, [true, true]),
        (without(0), Reason::NoMatchingRule, [true, true]),
        (without(1), Reason::NoMatchingRule, [false, true]),
        (without(2), Reason::NoMatchingRule, [true, false]),
        (with(on("deny", "write", &json!({}))), Reason::DeniedByRule, [true, false]),
        (with(ask.clone()), Reason::ApprovalRequired, [true, false]),
        (
            with(json!({"name": "no", "effect": "deny", "tools": ["crm/*"]})),
            Reason::DeniedByRule,
            [true, true],
        ),
        // The strictest stands: no approval would help.
        (without(1).into_iter().chain([ask]).collect(), Reason::NoMatchingRule, [false, false]),
    ] {
        let decision = world(rules.clone(), &copy(), arguments()).decide();
        let told: Vec<bool> = decision.evaluations.iter().map(|one| one.outcome == Outcome::Allow).collect();
        assert_eq!((decision.reason, told.as_slice()), (reason, outcomes.as_slice()), "{rules:?}");
        assert_eq!(decision.is_allow(), reason == Reason::Allowed);
    }
    let decision = world(both(), &copy(), arguments()).decide();
    assert_eq!(decision.rules.len(), 3, "all that applied is told");
    let told: Vec<_> =
        decision.evaluations.iter().map(|one| (one.action.as_deref(), one.id.as_deref())).collect();
    assert_eq!(told, [(Some("read"), Some("c-1")), (Some("write"), Some("c-2"))]);
}

#[test]
fn a_server_cannot_say_more_than_what_is_registered_or_sent() {
    for (when, allowed) in [
        ("resource.level == 1", true),
        ("resource.level == 9", false),
        ("resource.said == 9", true),
        ("context.case == 'x'", true),
        ("context.agent == 'bot'", true),
        ("resource.tenant == tenant.slug && resource.id == 'c-1'", true),
        ("size(args) == 0 && subject.id == 'alice'", true),
    ] {
        let rules = vec![
            allow_refund(),
            on("allow", "read", &json!({"when": when})),
            on("allow", "write", &json!({})),
        ];
        let mut mapping = copy();
        mapping["evaluations"]["context"]["agent"] = json!("somebody else");
        let mut world = world(rules, &mapping, json!({"from": "c-1", "to": "c-2", "case": "x"}));
        world.call.context.insert("agent".to_owned(), json!("bot"));
        let decision = world.decide();
        assert_eq!(decision.is_allow(), allowed, "{when}: {}", decision.reviewer_text);
    }
}

#[test]
fn whose_the_resources_are_decides_before_any_rule() {
    for (arguments, expected) in [
        (json!({"from": "c-1", "to": "g-1"}), Reason::ResourceTenantMismatch),
        (json!({"from": "c-1"}), Reason::ConditionError),
        (json!({"from": "c-1", "to": 7}), Reason::ConditionError),
        // What is not registered, the rules decide on alone.
        (json!({"from": "c-1", "to": "c-9"}), Reason::Allowed),
    ] {
        let decision = world(both(), &copy(), arguments.clone()).decide();
        assert_eq!(decision.reason, expected, "{arguments}: {}", decision.reviewer_text);
        assert!(!decision.reviewer_text.contains("g-1"));
    }
    let mut unread = world(both(), &copy(), arguments());
    unread.facts.bound.pop();
    assert_eq!(unread.decide().reason, Reason::PolicyUnavailable);
    let mut by_name = world(both(), &copy(), arguments());
    by_name.facts.credential.arguments = ArgumentsMode::ByName;
    by_name.call.arguments = Arguments::NotSent;
    assert_eq!(by_name.decide().reason, Reason::ArgumentsMissing);
    let many: Vec<u32> = (0..1_100).collect();
    let large = world(both(), &copy(), json!({"from": "c-1", "to": "c-2", "more": many}));
    assert_eq!(large.decide().reason, Reason::ArgumentsTooLarge);
}

#[test]
fn only_what_was_accepted_is_used_and_what_cannot_be_denies() {
    let mut aside = world(vec![allow_refund()], &copy(), arguments());
    aside.tool.mapping = None;
    let decision = read(aside).decide();
    assert!(decision.is_allow() && decision.evaluations.is_empty());
    assert!(decision.notes.iter().any(|note| note.contains("nobody accepted")), "{:?}", decision.notes);

    let mut stale = world(both(), &copy(), arguments());
    stale.tool.definition_hash = Some("another".to_owned());
    assert_eq!(read(stale).decide().reason, Reason::ToolDefinitionChanged);

    let broken = world(both(), &json!({"evaluation": {}}), arguments());
    assert_eq!(broken.decide().reason, Reason::EvaluationFailed);

    let mut gone = world(both(), &copy(), arguments());
    gone.tool.input_schema = None;
    assert_eq!(read(gone).decide().reason, Reason::EvaluationFailed);
}

#[test]
fn of_a_tool_that_redacts_nothing_of_the_arguments_is_repeated() {
    let mut mapping = copy();
    mapping["evaluations"]["evaluations"][0]["action"]["name"] = json!("$params.arguments.verb");
    let mut world = world(vec![], &mapping, json!({"from": "c-1", "to": "c-2", "verb": "peek"}));
    world.tool.redact = vec!["/from".to_owned()];
    let decision = read(world).decide();
    let told = serde_json::to_string(&decision).expect("writes");
    assert!(!told.contains("c-1") && !told.contains("c-2") && !told.contains("peek"), "{told}");
    assert_eq!(
        decision.evaluations[1].action.as_deref(),
        Some("write"),
        "what stands in the mapping is no secret"
    );
}

#[test]
fn break_glass_covers_what_the_call_comes_down_to() {
    let asked = world(vec![], &copy(), arguments());
    let grants = vec![super::emergency::held("alice", "crm/*")];
    let decision = super::emergency::decide(&asked, Vec::new(), grants.clone());
    assert!(decision.is_allow() && decision.break_glass.is_some(), "{decision:?}");
    let denied = world(vec![on("deny", "write", &json!({}))], &copy(), arguments());
    assert_eq!(super::emergency::decide(&denied, Vec::new(), grants).reason, Reason::DeniedByRule);
}

#[test]
fn each_evaluation_asks_for_its_own_approval() {
    let grant = |action: &str| on("allow", action, &json!({"approval": {"approvers": ["finance"]}}));
    let own =
        json!({"name": "own", "effect": "allow", "tools": ["crm/*"], "approval": {"approvers": ["finance"]}});
    for (rules, expected) in [
        // The tool's own rules allow it without; that makes nothing needless that an evaluation asks for.
        (vec![allow_refund(), on("allow", "read", &json!({})), grant("write")], vec!["allow write"]),
        // Nor does one of them stand for another.
        (vec![own, grant("read"), grant("write")], vec!["own", "allow read", "allow write"]),
    ] {
        let decision = world(rules, &copy(), arguments()).decide();
        assert_eq!(decision.reason, Reason::ApprovalRequired, "{decision:?}");
        let asked = requirements(&decision, false);
        assert!(asked.iter().all(|asked| !asked.any), "{asked:?}");
        let mut names: Vec<&str> = asked.iter().map(|asked| asked.name.as_str()).collect();
        let mut expected = expected;
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
    }
}

#[test]
fn an_approval_is_for_what_the_mapping_comes_out_as() {
    // Nothing of it comes from the arguments: whose customer it is, the token says.
    let mapping = json!({"evaluation": {
        "action": {"name": "write"},
        "resource": {"type": "customer", "id": "$token.customer"},
        "context": {"case": "$token.case", "session": "$token.session"},
    }});
    let came_out = |customer: &str, session: &str| -> Vec<MappedCall> {
        let more = json!({"when": "context.case == 'x'", "approval": {"approvers": ["finance"]}});
        let mut world = world(vec![allow_refund(), on("allow", "write", &more)], &mapping, json!({}));
        let claims = json!({"customer": customer, "case": "x", "session": session});
        let claims = claims.as_object().expect("an object").clone();
        let subject = world.subject().clone();
        let token = TokenFacts { claims, ..super::tokens::token() };
        world.facts.identity = Identity::Token { token: Box::new(token), subject };
        let world = read(world);
        let decision = world.decide();
        assert_eq!(decision.reason, Reason::ApprovalRequired, "{decision:?}");
        let request = EvaluationRequest { facts: &world.facts, call: &world.call, approved: &[] };
        mapped_of(&world.set(), &decision, &request).expect("comes out")
    };
    let first = came_out("c-1", "one");
    assert_eq!((first.len(), first[0].resource.id.as_str()), (1, "c-1"));
    assert_eq!(came_out("c-1", "two"), first, "what no rule reads is no part of it");
    assert_ne!(came_out("c-2", "one"), first);
}

#[test]
fn what_could_be_says_what_the_mapping_asks() {
    let world = world(both(), &copy(), arguments());
    let request = EvaluationRequest { facts: &world.facts, call: &world.call, approved: &[] };
    let found = could(Some(&world.set()), &request, Open::ARGUMENTS);
    assert_eq!(found.verdict, Verdict::Conditional);
    let asked = "the caller may `write` the `customer` that `params.arguments.to` names".to_owned();
    assert!(found.needed.contains(&asked), "{:?}", found.needed);
}

fn any_general() -> impl Strategy<Value = Value> {
    let effect = prop::sample::select(vec!["allow", "deny", "require_approval"]);
    let action = prop::sample::select(vec!["read", "write", "*"]);
    let of = prop::sample::select(vec!["customer:*", "customer:c-1", "customer:c-2", "*:*", "order:*"]);
    (effect, action, of).prop_map(|(effect, action, of)| {
        let mut rule = json!({"name": "g", "effect": effect, "actions": [action], "resources": [of]});
        if effect == "require_approval" {
            rule["approval"] = json!({"approvers": ["finance"]});
        }
        rule
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_mapping_only_takes_away_and_one_denial_denies_all(
        own in rules(),
        general in prop::collection::vec(any_general(), 0..5),
        arguments in any_arguments(),
        from in prop::sample::select(vec!["c-1", "c-2", "g-1", "c-9"]),
        to in prop::sample::select(vec!["c-1", "c-2", "c-9"]),
    ) {
        let mut arguments = arguments;
        arguments["from"] = json!(from);
        arguments["to"] = json!(to);
        let rules: Vec<Value> = own.into_iter().chain(general).enumerate().map(|(index, mut rule)| {
            rule["name"] = json!(format!("rule {index}"));
            rule
        }).collect();
        let with = world(rules, &copy(), arguments);
        let decision = with.decide();
        let mut alone = with;
        alone.tool.mapping = None;
        let alone = read(alone).decide();
        prop_assert!(alone.is_allow() || !decision.is_allow());
        let all = decision.evaluations.iter().all(|one| one.outcome == Outcome::Allow);
        if decision.evaluations.is_empty() {
            prop_assert!(!decision.is_allow(), "where nothing of it was evaluated, nothing is allowed");
        } else {
            prop_assert_eq!(decision.is_allow(), alone.is_allow() && all);
        }
    }
}

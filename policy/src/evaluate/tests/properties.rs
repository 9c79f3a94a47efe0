//! What holds whatever the rules and the call are.

use super::emergency::{decide, grant, held, switch};
use super::*;
use crate::labels::{Effect, StopScope};
use crate::reason::Reason;
use proptest::prelude::*;

fn parameters() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        (0i64..10).prop_map(|max| Some(
            json!({"properties": {"amount": {"type": "number", "maximum": max}}, "required": ["amount"]})
        )),
        Just(Some(json!({"properties": {"currency": {"enum": ["EUR"]}}, "required": ["currency"]}))),
        Just(Some(
            json!({"properties": {"currency": {"type": "string", "not": {"enum": ["USD"]}}}, "required": ["currency"]})
        )),
    ]
}

fn any_rule() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(vec!["allow", "allow", "deny", "require_approval"]),
        prop::sample::select(vec!["enforced", "enforced", "enforced", "shadow", "disabled"]),
        prop::sample::select(vec![vec![], vec!["support-agent"], vec!["finance"]]),
        prop::sample::select(vec!["crm/refund", "crm/*", "*/*", "crm/other", "erp/*"]),
        prop::option::of(prop::sample::select(vec!["low", "critical"])),
        parameters(),
        any::<bool>(),
        prop::option::of(prop::sample::select(vec![
            "args.amount < 5",
            "args.currency == 'EUR'",
            "has(args.amount)",
            "true",
        ])),
    )
        .prop_map(|(effect, status, roles, tool, risk, parameters, approval, when)| {
            let mut rule =
                json!({"name": "x", "effect": effect, "status": status, "roles": roles, "tools": [tool]});
            if let Some(risk) = risk {
                rule["risk_at_least"] = json!(risk);
            }
            if let Some(when) = when {
                rule["when"] = json!(when);
            }
            if let Some(parameters) = parameters {
                rule["parameters"] = parameters;
            }
            if effect == "require_approval" || (effect == "allow" && approval) {
                rule["approval"] = json!({"approvers": ["finance"]});
            }
            rule
        })
}

pub(super) fn any_arguments() -> impl Strategy<Value = Value> {
    let amount =
        prop_oneof![(0i64..12).prop_map(Value::from), Just(json!("7")), Just(json!(null)), Just(json!([1]))];
    let currency = prop_oneof![Just(json!("EUR")), Just(json!("USD")), Just(json!(3))];
    (prop::option::of(amount), prop::option::of(currency)).prop_map(|(amount, currency)| {
        let mut map = Map::new();
        map.extend(amount.map(|amount| ("amount".to_owned(), amount)));
        map.extend(currency.map(|currency| ("currency".to_owned(), currency)));
        Value::Object(map)
    })
}

/// A world whose tool takes any arguments, so that the rules alone decide.
pub(super) fn world(rules: Vec<Value>, arguments: Value) -> World {
    let mut world = World::new(rules).arguments(arguments);
    world.tool.input_schema = None;
    world.facts.credential.arguments = ArgumentsMode::ByName;
    world
}

pub(super) fn rules() -> impl Strategy<Value = Vec<Value>> {
    // A name is one of a kind, as in the store, and stays with its rule.
    prop::collection::vec(any_rule(), 0..6).prop_map(|rules| {
        let named = rules.into_iter().enumerate().map(|(index, mut rule)| {
            rule["name"] = json!(format!("rule {index}"));
            rule
        });
        named.collect()
    })
}

pub(super) fn actor_roles() -> impl Strategy<Value = Vec<&'static str>> {
    prop::sample::select(vec![
        vec![],
        vec!["support-agent"],
        vec!["finance"],
        vec!["finance", "support-agent"],
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_deny_rule_never_turns_a_deny_into_an_allow(rules in rules(), mut more in any_rule(), arguments in any_arguments()) {
        let before = world(rules.clone(), arguments.clone()).decide();
        more["effect"] = json!("deny");
        more.as_object_mut().expect("object").remove("approval");
        let after = world(rules.into_iter().chain([more]).collect(), arguments).decide();
        prop_assert!(before.is_allow() || !after.is_allow());
    }

    #[test]
    fn an_actor_never_turns_a_deny_into_an_allow(rules in rules(), arguments in any_arguments(), roles in actor_roles()) {
        let alone = world(rules.clone(), arguments.clone()).decide();
        let mut through = world(rules, arguments);
        through.facts.actor = Some(Box::new(super::delegation::bot(&roles)));
        prop_assert!(alone.is_allow() || !through.decide().is_allow());
    }

    #[test]
    fn through_an_actor_a_call_is_allowed_exactly_if_each_of_the_two_is(
        rules in rules(), arguments in any_arguments(), roles in actor_roles(), approved in any::<bool>(),
    ) {
        let approve = |mut world: World| {
            if approved {
                world.approved = (0..world.rules.len()).map(|index| RuleId::new(format!("r{index}"))).collect();
            }
            world
        };
        let subject = approve(world(rules.clone(), arguments.clone()));
        let mut actor = approve(world(rules.clone(), arguments.clone()));
        actor.facts.memberships = vec![membership("acme", &roles)];
        let mut through = approve(world(rules, arguments));
        through.facts.actor = Some(Box::new(super::delegation::bot(&roles)));
        let (subject, actor, through) = (subject.decide(), actor.decide(), through.decide());
        prop_assert_eq!(through.is_allow(), subject.is_allow() && actor.is_allow());
        // A denial is one that one of the two has; what is asked of either is asked of both.
        prop_assert!([subject.reason, actor.reason].contains(&through.reason));
        let waits = |reason: Reason| reason == Reason::ApprovalRequired;
        let neither_denied =
            [subject.reason, actor.reason].iter().all(|reason| waits(*reason) || *reason == Reason::Allowed);
        prop_assert!(!waits(through.reason) || neither_denied);
    }

    #[test]
    fn hiding_the_arguments_never_turns_a_deny_into_an_allow(rules in rules(), arguments in any_arguments()) {
        let shown = world(rules.clone(), arguments.clone());
        let mut hidden = world(rules, arguments);
        hidden.call.arguments = Arguments::NotSent;
        prop_assert!(shown.decide().is_allow() || !hidden.decide().is_allow());
    }

    #[test]
    fn no_approvals_turn_a_call_without_a_true_allow_rule_into_an_allow(rules in rules(), arguments in any_arguments()) {
        let mut asked = world(rules.clone(), arguments.clone());
        asked.approved = (0..rules.len()).map(|index| RuleId::new(format!("r{index}"))).collect();
        let grants: Vec<Value> = rules.into_iter().filter(|rule| rule["effect"] == "allow").map(|mut rule| {
            rule.as_object_mut().expect("object").remove("approval");
            rule
        }).collect();
        let some_allow_rule_is_true = world(grants, arguments).decide().is_allow();
        prop_assert!(some_allow_rule_is_true || !asked.decide().is_allow());
    }

    #[test]
    fn the_order_of_rules_changes_nothing(rules in rules(), arguments in any_arguments(), turn in 0usize..6) {
        let forward = world(rules.clone(), arguments.clone()).decide();
        let mut turned = rules;
        if !turned.is_empty() {
            let by = turn % turned.len();
            turned.rotate_left(by);
        }
        let turned = world(turned, arguments).decide();
        prop_assert_eq!((forward.outcome, forward.reason, forward.caller_text), (turned.outcome, turned.reason, turned.caller_text));
        prop_assert_eq!(forward.rules.len(), turned.rules.len());
        prop_assert_eq!(forward.nearest.len(), turned.nearest.len());
    }

    #[test]
    fn evaluation_is_deterministic_and_shadow_rules_change_nothing(rules in rules(), arguments in any_arguments()) {
        let once = world(rules.clone(), arguments.clone()).decide();
        prop_assert_eq!(&once, &world(rules.clone(), arguments.clone()).decide());
        let enforced: Vec<Value> = rules.into_iter().filter(|rule| rule["status"] == "enforced").collect();
        let without = world(enforced, arguments).decide();
        prop_assert_eq!((once.outcome, once.reason, once.caller_text), (without.outcome, without.reason, without.caller_text));
    }

    #[test]
    fn a_restricting_rule_counts_as_true_or_unknown_or_not_at_all(rules in rules(), arguments in any_arguments()) {
        let decision = world(rules, arguments).decide();
        for rule in &decision.rules {
            prop_assert!(rule.truth.bites());
            prop_assert!(rule.effect != Effect::Allow || rule.truth == crate::decision::Truth::True);
        }
        prop_assert_eq!(decision.is_allow(), decision.reason == Reason::Allowed);
    }

    #[test]
    fn a_switch_never_turns_a_deny_into_an_allow(
        rules in rules(),
        arguments in any_arguments(),
        scope in prop::sample::select(StopScope::ALL),
        target in prop::sample::select(vec!["", "alice", "bob", "crm", "erp", "crm/refund", "erp/refund"]),
        glass in any::<bool>(),
    ) {
        let world = world(rules, arguments);
        let grants: Vec<_> = glass.then(|| held("alice", "crm/*")).into_iter().collect();
        let before = decide(&world, Vec::new(), grants.clone());
        let after = decide(&world, vec![switch(scope, target)], grants);
        prop_assert!(after == before || after.reason == Reason::KillSwitch);
        prop_assert!(before.is_allow() || !after.is_allow());
    }

    #[test]
    fn a_grant_never_beats_a_deny_rule_and_is_named_where_it_counts(rules in rules(), arguments in any_arguments()) {
        let world = world(rules, arguments);
        let before = world.decide();
        let after = decide(&world, Vec::new(), vec![held("alice", "crm/*")]);
        if before.reason == Reason::DeniedByRule || before.is_allow() {
            prop_assert_eq!(after, before);
        } else {
            prop_assert!(after.is_allow() && after.break_glass.is_some());
            prop_assert_eq!(after.rules, before.rules);
        }
    }

    #[test]
    fn a_grant_that_is_over_or_somebody_elses_changes_nothing(rules in rules(), arguments in any_arguments()) {
        let world = world(rules, arguments);
        let over = grant("alice", "*/*", "2026-11-23T11:45:00Z", "2026-11-23T12:00:00Z");
        let grants = vec![over, held("bob", "*/*"), held("alice", "erp/*")];
        prop_assert_eq!(decide(&world, Vec::new(), grants), world.decide());
    }
}

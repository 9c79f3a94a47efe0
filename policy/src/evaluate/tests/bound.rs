//! Registered resources that arguments name: whose they are, what is unknown, and what conditions see of them.

use super::*;
use crate::evaluate::{called_tool, named_resources};
use crate::facts::{BoundFact, ResourceFacts};
use crate::reason::Reason;
use proptest::prelude::*;

fn fact(at: &str, id: &str, resource: Option<(&str, Value)>) -> BoundFact {
    BoundFact {
        at: at.into(),
        kind: "customer".into(),
        id: id.into(),
        resource: resource.map(|(tenant, attributes)| ResourceFacts {
            tenant: TenantSlug::from(tenant),
            sensitivity: Sensitivity::Confidential,
            attributes: attributes.as_object().expect("an object").clone(),
        }),
    }
}

/// `c-1` and `c-2` are of `acme`, `g-1` is of `globex`, nothing else is registered.
fn registered(id: &str) -> Option<(&'static str, Value)> {
    match id {
        "c-1" => Some(("acme", json!({"region": "eu"}))),
        "c-2" => Some(("acme", json!({"region": "us", "id": "a lie"}))),
        "g-1" => Some(("globex", json!({"region": "eu"}))),
        _ => None,
    }
}

/// A world whose tool takes any arguments and binds some of them; what they name has been read.
fn world(rules: Vec<Value>, bindings: &[Value], arguments: Value) -> World {
    let mut world = World::new(rules).arguments(arguments);
    world.tool.input_schema = None;
    world.tool.bindings =
        bindings.iter().map(|binding| serde_json::from_value(binding.clone()).expect("a binding")).collect();
    let set = world.set();
    let tool = called_tool(&set, &world.facts, &world.call).expect("the tool");
    world.facts.bound = named_resources(tool, &world.call)
        .into_iter()
        .map(|named| fact(&named.at, &named.resource.id, registered(&named.resource.id)))
        .collect();
    world
}

fn one() -> Value {
    json!({"pointer": "/customer_id", "type": "customer"})
}

fn list() -> Value {
    json!({"pointer": "/ids/*", "type": "customer"})
}

#[test]
fn whose_the_resources_are_decides_before_any_rule() {
    let with = |more: Value| {
        let mut binding = one();
        binding.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
        binding
    };
    for (bindings, arguments, expected) in [
        (vec![one()], json!({"customer_id": "c-1"}), Reason::Allowed),
        (vec![one()], json!({"customer_id": "g-1"}), Reason::ResourceTenantMismatch),
        (vec![one()], json!({"customer_id": "c-9"}), Reason::ResourceUnknown),
        (vec![one()], json!({"customer_id": ""}), Reason::ResourceUnknown),
        (vec![one()], json!({"customer_id": "C-1"}), Reason::ResourceUnknown),
        (vec![one()], json!({"customer_id": 1}), Reason::ArgumentsInvalid),
        (vec![one()], json!({}), Reason::ArgumentsMissing),
        (vec![one()], json!({"customer_id": null}), Reason::ArgumentsMissing),
        (vec![with(json!({"optional": true}))], json!({}), Reason::Allowed),
        (
            vec![with(json!({"optional": true}))],
            json!({"customer_id": "g-1"}),
            Reason::ResourceTenantMismatch,
        ),
        (vec![with(json!({"unknown": "allow"}))], json!({"customer_id": "c-9"}), Reason::Allowed),
        (
            vec![with(json!({"unknown": "allow"}))],
            json!({"customer_id": "g-1"}),
            Reason::ResourceTenantMismatch,
        ),
        (vec![list()], json!({"ids": ["c-1", "c-2"]}), Reason::Allowed),
        (vec![list()], json!({"ids": ["c-1", "c-9", "g-1"]}), Reason::ResourceTenantMismatch),
        (vec![list()], json!({"ids": ["c-1", "c-9"]}), Reason::ResourceUnknown),
        (vec![list()], json!({"ids": []}), Reason::ArgumentsMissing),
        (vec![list()], json!({"ids": "c-1"}), Reason::ArgumentsInvalid),
        (vec![list()], json!({"ids": vec!["c-1"; 101]}), Reason::ArgumentsInvalid),
        (vec![one(), list()], json!({"customer_id": "c-1", "ids": ["g-1"]}), Reason::ResourceTenantMismatch),
    ] {
        let decision = world(vec![allow_refund()], &bindings, arguments.clone()).decide();
        assert_eq!(decision.reason, expected, "{bindings:?} {arguments}: {}", decision.reviewer_text);
        assert_eq!(decision.is_allow(), expected == Reason::Allowed);
        if !decision.is_allow() {
            assert!(decision.rules.is_empty() && decision.nearest.is_empty());
            assert!(!decision.reviewer_text.contains("g-1"), "{}", decision.reviewer_text);
        }
    }
}

#[test]
fn facts_that_were_not_read_never_decide() {
    let mut world = world(vec![allow_refund()], &[list()], json!({"ids": ["c-1", "c-2"]}));
    world.facts.bound.pop();
    assert_eq!(world.decide().reason, Reason::PolicyUnavailable);
    // Neither does one of another type.
    world.facts.bound.push(BoundFact { kind: "order".into(), ..fact("/ids/1", "c-2", registered("c-2")) });
    assert_eq!(world.decide().reason, Reason::PolicyUnavailable);
}

#[test]
fn a_tool_with_bindings_needs_its_arguments_and_a_broken_one_forbids() {
    let mut asked = world(vec![allow_refund()], &[one()], json!({"customer_id": "c-1"}));
    asked.facts.credential.arguments = ArgumentsMode::ByName;
    asked.call.arguments = Arguments::NotSent;
    assert_eq!(asked.decide().reason, Reason::ArgumentsMissing);
    let mut broken = world(vec![allow_refund()], &[one()], json!({"customer_id": "c-1"}));
    for binding in &mut broken.tool.bindings {
        binding.pointer = "customer_id".into();
    }
    assert_eq!(broken.decide().reason, Reason::EvaluationFailed);
}

#[test]
fn what_conditions_see() {
    let allow_when =
        |when: &str| vec![json!({"name": "r", "effect": "allow", "tools": ["crm/refund"], "when": when})];
    let arguments = json!({"customer_id": "c-2", "ids": ["c-1", "c-2"], "other": "c-9"});
    let other = json!({"pointer": "/other", "type": "customer", "unknown": "allow"});
    let absent = json!({"pointer": "/absent", "type": "customer", "optional": true});
    let bindings = [one(), list(), other, absent];
    for (when, expected) in [
        ("bound['/customer_id'].region == 'us'", Reason::Allowed),
        ("bound['/customer_id'].region == 'eu'", Reason::NoMatchingRule),
        // What we know ourselves lies over the attributes.
        ("bound['/customer_id'].id == 'c-2' && bound['/customer_id'].tenant == tenant.slug", Reason::Allowed),
        ("bound['/customer_id'].sensitivity == 'confidential'", Reason::Allowed),
        ("bound['/ids/*'].exists(c, c.region == 'us')", Reason::Allowed),
        ("bound['/ids/*'].all(c, c.region == 'eu')", Reason::NoMatchingRule),
        ("size(bound['/ids/*']) == 2", Reason::Allowed),
        ("'/other' in bound || '/absent' in bound", Reason::NoMatchingRule),
        ("bound['/other'].region == 'eu'", Reason::ConditionError),
        ("bound['/absent'].region == 'eu'", Reason::ConditionError),
        ("bound['/nothing'].region == 'eu'", Reason::ConditionError),
        ("!resource.read_only", Reason::Allowed),
    ] {
        let decision = world(allow_when(when), &bindings, arguments.clone()).decide();
        assert_eq!(decision.reason, expected, "{when}: {}", decision.reviewer_text);
    }
    let unknown = json!({"pointer": "/ids/*", "type": "customer", "unknown": "allow"});
    let rules = allow_when("bound['/ids/*'].all(c, c.region == 'eu')");
    let decision = world(rules, &[unknown], json!({"ids": ["c-1", "c-9"]})).decide();
    assert_eq!(decision.reason, Reason::ConditionError, "what is unknown is not left out of a list");
}

#[test]
fn networks_and_times_of_day() {
    for (when, ip, expected) in [
        ("ip_in(context.ip, '10.0.0.0/8')", Some("10.1.2.3"), Reason::Allowed),
        ("ip_in(context.ip, '10.0.0.0/8')", Some("192.0.2.1"), Reason::NoMatchingRule),
        ("ip_in(context.ip, '10.0.0.0/8')", Some("somewhere"), Reason::ConditionError),
        ("ip_in(context.ip, '10.0.0.0/8')", None, Reason::ConditionError),
        ("!ip_in(context.ip, '10.0.0.0/8')", None, Reason::ConditionError),
        // It is 12:00 in UTC on a Monday.
        (
            "now.getHours('Europe/Berlin') == 13 && now.getDayOfWeek('Europe/Berlin') == 1",
            None,
            Reason::Allowed,
        ),
        ("now.getHours('+05:30') == 17 && now.getMinutes('+05:30') == 30", None, Reason::Allowed),
    ] {
        let rules = vec![json!({"name": "r", "effect": "allow", "tools": ["crm/refund"], "when": when})];
        let mut world = World::new(rules);
        world.call.context.extend(ip.map(|ip| ("ip".to_owned(), json!(ip))));
        assert_eq!(world.decide().reason, expected, "{when} {ip:?}");
    }
}

fn any_binding() -> impl Strategy<Value = Value> {
    (
        prop::sample::select(vec!["/customer_id", "/ids/*", "/ids/0", "/order/customer", "/orders/*/customer"]),
        any::<bool>(),
        prop::sample::select(vec!["deny", "allow"]),
    )
        .prop_map(|(pointer, optional, unknown)| {
            json!({"pointer": pointer, "type": "customer", "optional": optional, "unknown": unknown})
        })
}

fn any_id() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![json!("c-1"), json!("c-2"), json!("g-1"), json!("c-9"), json!(null), json!(7)])
}

fn any_arguments() -> impl Strategy<Value = Value> {
    let ids = prop::collection::vec(any_id(), 0..4);
    (prop::option::of(any_id()), prop::option::of(ids), prop::option::of(any_id())).prop_map(
        |(customer, ids, order)| {
            let mut map = Map::new();
            map.extend(customer.map(|id| ("customer_id".to_owned(), id)));
            map.extend(ids.map(|ids| ("ids".to_owned(), Value::Array(ids))));
            map.extend(order.clone().map(|id| ("order".to_owned(), json!({"customer": id}))));
            map.extend(order.map(|id| ("orders".to_owned(), json!([{"customer": id}, {}]))));
            Value::Object(map)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_binding_never_turns_a_deny_into_an_allow(
        mut bindings in prop::collection::vec(any_binding(), 0..3),
        more in any_binding(),
        arguments in any_arguments(),
        allowed in any::<bool>(),
    ) {
        bindings.dedup_by(|one, other| one["pointer"] == other["pointer"]);
        let rules = if allowed { vec![allow_refund()] } else { vec![small_refunds()] };
        let before = world(rules.clone(), &bindings, arguments.clone()).decide();
        bindings.push(more);
        let after = world(rules, &bindings, arguments).decide();
        prop_assert!(before.is_allow() || !after.is_allow());
    }

    #[test]
    fn nothing_of_another_tenant_is_ever_touched(binding in any_binding(), arguments in any_arguments()) {
        let world = world(vec![allow_refund()], &[binding], arguments);
        let foreign = world.facts.bound.iter().any(|fact| fact.id == "g-1");
        prop_assert!(!(foreign && world.decide().is_allow()));
    }
}

//! Rules of the general form: actions on resources that are no part of a server.

use super::*;
use crate::facts::{BoundFact, ResourceFacts};
use crate::reason::Reason;

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A call of `action` on `record:1`, which is registered with these attributes or not at all.
fn asked(rules: Vec<Value>, action: &str, registered: Option<Value>) -> World {
    let mut world = World::new(rules);
    world.facts.credential.server = None;
    world.call.action = action.into();
    world.call.resource = ResourceRef { kind: "record".into(), id: "1".into() };
    world.call.arguments = Arguments::NotSent;
    let resource = registered.map(|attributes| ResourceFacts {
        tenant: TenantSlug::from("acme"),
        sensitivity: Sensitivity::Confidential,
        attributes: object(&attributes),
    });
    world.facts.bound =
        vec![BoundFact { at: String::new(), kind: "record".into(), id: "1".into(), resource }];
    world
}

fn general(more: &Value) -> Value {
    let mut rule = json!({"name": "r", "effect": "allow", "actions": ["read"], "resources": ["record:*"]});
    rule.as_object_mut().expect("object").extend(object(more));
    rule
}

#[test]
fn rules_decide_alone_on_what_is_not_registered() {
    let deny = || general(&json!({"name": "no", "effect": "deny"}));
    let ask =
        || general(&json!({"name": "ask", "effect": "require_approval", "approval": {"approvers": ["x"]}}));
    for (rules, reason) in [
        (vec![], Reason::NoMatchingRule),
        (vec![general(&json!({}))], Reason::Allowed),
        (vec![general(&json!({"actions": ["re*", "write"]}))], Reason::Allowed),
        (vec![general(&json!({"resources": ["*:*"]}))], Reason::Allowed),
        (vec![general(&json!({"actions": ["write"]}))], Reason::NoMatchingRule),
        (vec![general(&json!({"resources": ["record:2", "other:1"]}))], Reason::NoMatchingRule),
        (vec![general(&json!({"roles": ["finance"]}))], Reason::NoMatchingRule),
        (vec![general(&json!({})), deny()], Reason::DeniedByRule),
        (vec![general(&json!({})), ask()], Reason::ApprovalRequired),
        // No argument ever came, and none was wanting.
        (vec![general(&json!({"when": "size(args) == 0"}))], Reason::Allowed),
        (vec![general(&json!({"when": "args.x == 1"}))], Reason::ConditionError),
        // Unknown is never permission, and it bites where a rule restricts.
        (vec![general(&json!({"when": "resource.status == 'active'"}))], Reason::ConditionError),
        (vec![general(&json!({"sensitivity": ["confidential"]}))], Reason::NoMatchingRule),
        (
            vec![
                general(&json!({})),
                general(&json!({"name": "no", "effect": "deny", "sensitivity": ["public"]})),
            ],
            Reason::DeniedByRule,
        ),
        // Rules about tools say nothing of other things.
        (vec![json!({"name": "r", "effect": "allow", "tools": ["*/*"]})], Reason::NoMatchingRule),
    ] {
        assert_eq!(asked(rules.clone(), "read", None).decide().reason, reason, "{rules:?}");
    }
}

#[test]
fn what_is_registered_has_its_attributes_and_the_asking_side_lies_over_them() {
    let active = || vec![general(&json!({"when": "resource.status == 'active' && resource.id == '1'"}))];
    let stored = |status: &str| asked(active(), "read", Some(json!({"status": status, "id": "9"})));
    assert!(stored("active").decide().is_allow());
    assert_eq!(stored("archived").decide().reason, Reason::NoMatchingRule);
    let mut told = stored("active");
    told.facts.asserted.resource = object(&json!({"status": "archived"}));
    assert_eq!(told.decide().reason, Reason::NoMatchingRule);
    let labelled = |sensitivity: &str| {
        asked(vec![general(&json!({"sensitivity": [sensitivity]}))], "read", Some(json!({}))).decide()
    };
    assert!(labelled("confidential").is_allow());
    assert_eq!(labelled("public").reason, Reason::NoMatchingRule);
    let mut soft = asked(vec![general(&json!({"when": "action.soft"}))], "read", None);
    assert_eq!(soft.decide().reason, Reason::ConditionError);
    soft.facts.asserted.action = object(&json!({"soft": true}));
    assert!(soft.decide().is_allow());
}

#[test]
fn another_tenants_resource_and_one_that_was_not_read_deny() {
    let mut world = asked(vec![general(&json!({}))], "read", Some(json!({})));
    assert!(world.decide().is_allow());
    let resource = world.facts.bound[0].resource.as_mut().expect("registered");
    resource.tenant = TenantSlug::from("globex");
    assert_eq!(world.decide().reason, Reason::ResourceTenantMismatch);
    world.facts.bound.clear();
    assert_eq!(world.decide().reason, Reason::PolicyUnavailable);
}

#[test]
fn a_key_of_a_server_asks_about_nothing_else_and_reserved_types_have_their_own_methods() {
    let rules = || vec![general(&json!({"resources": ["*:*"], "actions": ["*"]}))];
    let mut bound = asked(rules(), "read", None);
    bound.facts.credential.server = Some(ServerSlug::from("crm"));
    assert_eq!(bound.decide().reason, Reason::UnknownMethod);
    for kind in ["prompt", "resource", "task", "mcp_server", "tool"] {
        let mut world = asked(rules(), "read", None);
        world.call.resource.kind = kind.into();
        assert_eq!(world.decide().reason, Reason::UnknownMethod, "{kind}");
    }
}

#[test]
fn the_reviewer_reads_what_the_resource_is() {
    let decision = asked(vec![], "read", None).decide();
    assert!(decision.reviewer_text.contains("no rule allows `record:1` for `alice`"), "{decision:?}");
}

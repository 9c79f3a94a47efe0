//! What a decision asks approval for.

use super::*;
use crate::evaluate::{claims_of, context_of, requirements};
use crate::facts::TokenFacts;
use crate::reason::Reason;

fn ask(name: &str) -> Value {
    json!({"name": name, "effect": "require_approval", "tools": ["crm/*"], "approval": {"approvers": ["finance"]}})
}

fn grant(name: &str) -> Value {
    json!({"name": name, "effect": "allow", "tools": ["crm/*"], "approval": {"approvers": ["finance"]}})
}

/// The rules that ask, and whether any one of such is enough.
fn asked(world: &World, delegated: bool) -> Vec<(String, bool)> {
    let decision = world.decide();
    assert_eq!(decision.reason, Reason::ApprovalRequired, "{decision:?}");
    requirements(&decision, delegated).into_iter().map(|asked| (asked.name, asked.any)).collect()
}

#[test]
fn each_rule_that_asks_and_any_that_grants() {
    let named = |names: &[(&str, bool)]| {
        names.iter().map(|(name, any)| ((*name).to_owned(), *any)).collect::<Vec<_>>()
    };
    let both = World::new(vec![allow_refund(), ask("a"), ask("b")]);
    assert_eq!(asked(&both, false), named(&[("a", false), ("b", false)]));
    let either = World::new(vec![grant("x"), grant("y"), ask("a")]);
    assert_eq!(asked(&either, false), named(&[("a", false), ("x", true), ("y", true)]));
    // A rule that allows without makes those needless that would with.
    let free = World::new(vec![allow_refund(), grant("x"), ask("a")]);
    assert_eq!(asked(&free, false), named(&[("a", false)]));
    // Whose it is that allows without cannot be told of two.
    assert_eq!(asked(&free, true), named(&[("a", false), ("x", false)]));
}

#[test]
fn what_the_applying_rules_read_of_the_context() {
    let mut world = World::new(vec![
        json!({"name": "by day", "effect": "allow", "tools": ["crm/*"], "when": "context.hour > 8"}),
        json!({"name": "elsewhere", "effect": "deny", "tools": ["crm/*"], "when": "context.site == 'x'"}),
        ask("a"),
    ]);
    for (name, value) in [("hour", json!(9)), ("site", json!("y")), ("weather", json!("fine"))] {
        world.call.context.insert(name.to_owned(), value);
    }
    let bound = |world: &World| Value::Object(context_of(&world.set(), &world.decide(), &world.call));
    // A deny rule that does not apply is read live; nothing of it is bound.
    assert_eq!(bound(&world), json!({"hour": 9}));
    world.rules[0].when = Some("size(context) > 1".to_owned());
    assert_eq!(bound(&world), json!({"hour": 9, "site": "y", "weather": "fine"}));
}

#[test]
fn what_the_applying_rules_read_of_the_token() {
    let mut world = World::new(vec![
        json!({"name": "strong", "effect": "allow", "tools": ["crm/*"], "when": "token.acr == 'gold' && token.exp > 1"}),
        json!({"name": "staff", "effect": "deny", "tools": ["crm/*"], "when": "token.department == 'y'"}),
        ask("a"),
    ]);
    let claims = json!({"acr": "gold", "exp": 9, "jti": "j-1", "department": "x"});
    let claims = claims.as_object().expect("an object").clone();
    let subject = world.subject().clone();
    let token = TokenFacts { claims, ..super::tokens::token() };
    world.facts.identity = Identity::Token { token: Box::new(token), subject };
    let bound = |world: &World| {
        let decision = world.decide();
        assert_eq!(decision.reason, Reason::ApprovalRequired, "{decision:?}");
        Value::Object(claims_of(&world.set(), &decision, &world.facts))
    };
    // Neither what a rule reads that does not apply, nor what is another in each token.
    assert_eq!(bound(&world), json!({"acr": "gold"}));
    world.rules[0].when = Some("token != null && token.acr == 'gold'".to_owned());
    assert_eq!(bound(&world), json!({"acr": "gold", "department": "x"}));
    // Without a token there is nothing that could be another.
    let subject = world.subject().clone();
    world.facts.identity = Identity::ApiKey { key: "laptop".into(), subject };
    world.rules[0].when = Some("token == null".to_owned());
    world.rules.remove(1);
    assert_eq!(bound(&world), json!({}));
}

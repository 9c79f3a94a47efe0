//! Scopes that a tool asks for: a limit, never a grant.

use super::*;
use crate::facts::TokenFacts;
use crate::reason::Reason;

fn token(scopes: &[&str]) -> TokenFacts {
    TokenFacts {
        issuer: "https://idp.example".into(),
        sub: "a-17".into(),
        jti: None,
        issued_at: None,
        expires_at: at("2026-11-23T12:05:00Z"),
        audiences: vec!["https://crm.example/mcp".into()],
        listed: None,
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        weaker: Vec::new(),
        claims: Map::new(),
        tenants: vec![TenantSlug::from("acme")],
    }
}

fn world(asked: &[&str], held: Option<&[&str]>) -> World {
    let mut world = World::new(vec![allow_refund()]);
    world.tool.scopes = asked.iter().map(|scope| (*scope).to_owned()).collect();
    if let Some(held) = held {
        let subject = world.subject().clone();
        world.facts.identity = Identity::Token { token: Box::new(token(held)), subject };
    }
    world
}

#[test]
fn the_token_needs_every_scope_and_the_one_it_lacks_is_named() {
    type Row = (&'static [&'static str], Option<&'static [&'static str]>, Option<&'static str>);
    let table: &[Row] = &[
        (&[], Some(&[]), None),
        (&[], None, None),
        (&["crm:refund"], Some(&["crm:refund", "crm:read"]), None),
        (&["crm:refund"], Some(&["crm:read"]), Some("crm:refund")),
        (&["crm:refund", "crm:write"], Some(&["crm:refund"]), Some("crm:write")),
        (&["crm:refund"], Some(&["crm:*"]), Some("crm:refund")),
        (&["crm:refund"], Some(&["CRM:refund"]), Some("crm:refund")),
        // An API key has no scopes.
        (&["crm:refund"], None, Some("crm:refund")),
    ];
    for (asked, held, missing) in table {
        let decision = world(asked, *held).decide();
        match missing {
            None => assert_eq!(decision.reason, Reason::Allowed, "{asked:?} {held:?}"),
            Some(missing) => {
                assert_eq!(decision.reason, Reason::TokenScopeInsufficient, "{asked:?} {held:?}");
                let named = format!("`{missing}`");
                assert!(decision.caller_text.contains(&named), "{}", decision.caller_text);
                assert!(decision.reviewer_text.contains(&named), "{}", decision.reviewer_text);
            }
        }
    }
}

#[test]
fn a_scope_grants_nothing() {
    let mut world = world(&["crm:refund"], Some(&["crm:refund"]));
    world.rules.clear();
    assert_eq!(world.decide().reason, Reason::NoMatchingRule);
}

#[test]
fn scopes_are_asked_after_the_tool_and_before_the_arguments() {
    let mut world = world(&["crm:refund"], Some(&[]));
    world.call.arguments = Arguments::NotSent;
    assert_eq!(world.decide().reason, Reason::TokenScopeInsufficient);
    world.tool.review = ReviewState::Changed;
    assert_eq!(world.decide().reason, Reason::ToolDefinitionChanged);
}

//! Roles that stand for claims: where they count, and that the record can tell them apart.

use super::*;
use crate::facts::TokenFacts;
use crate::issuer::RoleMapping;
use crate::reason::Reason;

fn mapping(claim: &str, value: &str, role: &str, tenant: &str) -> RoleMapping {
    RoleMapping {
        claim: claim.into(),
        value: Some(value.into()),
        pattern: None,
        role: role.into(),
        tenant: tenant.into(),
    }
}

/// `alice`, without any role of her own, with a token that says `groups: [crm]`, of an issuer that counts in `acme`.
fn world() -> World {
    let mut world = World::new(vec![allow_refund()]);
    let subject = world.subject().clone();
    let claims = json!({"groups": ["crm"]});
    let token = TokenFacts {
        issuer: "https://idp.example".into(),
        sub: "a-17".into(),
        jti: None,
        issued_at: None,
        expires_at: at("2026-11-23T12:05:00Z"),
        audiences: vec!["https://crm.example/mcp".into()],
        listed: None,
        scopes: Vec::new(),
        weaker: Vec::new(),
        claims: claims.as_object().expect("an object").clone(),
        tenants: vec![TenantSlug::from("acme")],
    };
    world.facts.identity = Identity::Token { token: Box::new(token), subject };
    world.facts.memberships = vec![membership("acme", &[])];
    world
}

fn names(facts: &Facts) -> Vec<&str> {
    facts.memberships.iter().flat_map(|m| &m.roles).map(|grant| grant.name.as_str()).collect()
}

#[test]
fn a_mapped_role_counts_and_says_where_it_comes_from() {
    let mut world = world();
    assert_eq!(world.decide().reason, Reason::NoMatchingRule);
    world.facts.map_roles(&[mapping("groups", "crm", "support-agent", "acme")]);
    world.facts.keep_roles(|name| (name == "support-agent").then_some(true));
    assert_eq!(world.decide().reason, Reason::Allowed);
    let grant = &world.facts.memberships[0].roles[0];
    let origin = RoleOrigin::Mapped { issuer: "https://idp.example".into(), claim: "groups".into() };
    assert_eq!((grant.global, &grant.origin), (true, &origin));
    let text = serde_json::to_value(grant).expect("writes");
    assert_eq!(text["origin"]["mapped"]["claim"], "groups");
    assert_eq!(serde_json::from_value::<RoleGrant>(text).expect("reads back"), *grant);
    // A role that was recorded before there were mappings is an assigned one.
    let old = json!({"name": "a", "global": false});
    assert!(serde_json::from_value::<RoleGrant>(old).expect("reads").origin.is_assigned());
}

#[test]
fn where_a_mapping_does_not_count() {
    let right = || mapping("groups", "crm", "support-agent", "acme");
    let mut other_value = world();
    other_value.facts.map_roles(&[mapping("groups", "erp", "support-agent", "acme")]);
    assert!(names(&other_value.facts).is_empty());
    let mut other_tenant = world();
    other_tenant.facts.map_roles(&[mapping("groups", "crm", "support-agent", "globex")]);
    assert!(names(&other_tenant.facts).is_empty());
    let mut not_the_issuers = world();
    not_the_issuers.facts.memberships.push(membership("globex", &[]));
    not_the_issuers.facts.map_roles(&[mapping("groups", "crm", "support-agent", "globex")]);
    assert!(names(&not_the_issuers.facts).is_empty());
    let mut ended = world();
    ended.facts.memberships[0].until = Some(at("2026-11-23T12:00:00Z"));
    ended.facts.map_roles(&[right()]);
    assert!(names(&ended.facts).is_empty());
    let mut no_member = world();
    no_member.facts.memberships.clear();
    no_member.facts.map_roles(&[right()]);
    assert_eq!(no_member.decide().reason, Reason::NoMembership);
    let mut no_token = World::new(vec![allow_refund()]);
    no_token.facts.memberships = vec![membership("acme", &[])];
    no_token.facts.map_roles(&[right()]);
    assert!(names(&no_token.facts).is_empty());
}

#[test]
fn a_role_that_is_not_there_is_dropped_and_an_assigned_one_never() {
    let mut world = world();
    world.facts.memberships = vec![membership("acme", &["clerk"])];
    world.facts.map_roles(&[
        mapping("groups", "crm", "support-agent", "acme"),
        mapping("groups", "crm", "clerk", "acme"),
        mapping("groups", "crm", "support-agent", "acme"),
    ]);
    assert_eq!(names(&world.facts), ["clerk", "support-agent"]);
    world.facts.keep_roles(|_| None);
    assert_eq!(names(&world.facts), ["clerk"]);
}

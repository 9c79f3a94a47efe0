//! Callers who are recognised by a token of an outside issuer: what is refused, where it counts, whom it is for, and what
//! conditions see of it.

use super::*;
use crate::facts::{BoundFact, TokenFacts};
use crate::reason::Reason;

const ISSUER: &str = "https://idp.example";
/// The audience of the server `crm`.
const CRM: &str = "https://crm.example/mcp";

/// A token for the server `crm`, of an issuer that counts in `acme`.
pub(super) fn token() -> TokenFacts {
    TokenFacts {
        issuer: ISSUER.into(),
        sub: "a-17".into(),
        jti: Some("t-1".into()),
        issued_at: Some(at("2026-11-23T11:59:00Z")),
        expires_at: at("2026-11-23T12:05:00Z"),
        audiences: vec![CRM.into()],
        listed: None,
        scopes: vec!["crm:refund".into()],
        weaker: Vec::new(),
        claims: Map::new(),
        tenants: vec![TenantSlug::from("acme")],
    }
}

/// An allowed call of `alice`, who shows this token.
fn world_with(token: TokenFacts) -> World {
    let mut world = World::new(vec![allow_refund()]);
    let subject = world.subject().clone();
    world.facts.identity = Identity::Token { token: Box::new(token), subject };
    world
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn refused(reason: Reason) -> Identity {
    Identity::TokenRefused { reason, why: "why".into(), issuer: Some(ISSUER.into()) }
}

#[test]
fn what_became_of_a_token_is_told_where_its_subject_is_a_member() {
    let acme = || TenantSlug::from("acme");
    let lapsed = |world: &mut World, reason: Reason| {
        let subject = world.subject().clone();
        world.facts.identity = Identity::Lapsed { reason, why: "it is over".into(), subject };
    };
    for reason in [Reason::TokenRevoked, Reason::TokenExpired] {
        // A member, or asked for by a key of every tenant: the very reason, whatever else is wrong.
        for (tenant, member) in [(Some(acme()), true), (None, true), (None, false)] {
            let mut world = World::new(vec![allow_refund()]);
            world.subject().active = false;
            world.facts.credential.tenant = tenant;
            world.facts.memberships.retain(|_| member);
            lapsed(&mut world, reason);
            let told = world.decide();
            assert_eq!((told.is_allow(), told.reason), (false, reason), "{member}");
            assert_eq!(told.reviewer_text, "it is over");
        }
        // Of whom only others have, the same as while it counts; who sees everything reads more in the record.
        for memberships in [vec![], vec![membership("globex", &["support-agent"])]] {
            let mut world = World::new(vec![allow_refund()]);
            world.facts.credential.tenant = Some(acme());
            world.facts.memberships = memberships;
            let counts = world.decide();
            lapsed(&mut world, reason);
            let over = world.decide();
            assert_eq!((over.reason, &over.caller_text), (Reason::NoMembership, &counts.caller_text));
            assert_eq!((counts.reason, over.tenant.clone()), (Reason::NoMembership, None));
            assert_eq!(over.reviewer_text, format!("{}; it is over", counts.reviewer_text));
            world.call.tenant = Some(TenantSlug::from("globex"));
            assert_eq!(world.decide().reason, Reason::TenantMismatch);
        }
    }
}

#[test]
fn a_token_that_is_not_taken_is_the_reason_whatever_else_is_wrong() {
    let unknown = Identity::UnknownIdentity { issuer: ISSUER.into(), sub: "b-99\u{202e}".into() };
    let table: Vec<(Identity, Reason, &str)> = vec![
        (refused(Reason::TokenInvalid), Reason::TokenInvalid, "token of `https://idp.example`: why"),
        (refused(Reason::TokenExpired), Reason::TokenExpired, "token of `https://idp.example`: why"),
        (refused(Reason::TokenRevoked), Reason::TokenRevoked, "token of `https://idp.example`: why"),
        (
            refused(Reason::PolicyUnavailable),
            Reason::PolicyUnavailable,
            "token of `https://idp.example`: why",
        ),
        (
            Identity::TokenRefused { reason: Reason::TokenInvalid, why: "why".into(), issuer: None },
            Reason::TokenInvalid,
            "why",
        ),
        (
            unknown,
            Reason::UnknownSubject,
            "no subject has the identity `b-99\u{fffd}` of issuer `https://idp.example`",
        ),
    ];
    for (identity, reason, text) in table {
        let mut world = World::new(vec![allow_refund()]);
        world.facts.identity = identity;
        // None of this is looked at.
        world.facts.memberships.clear();
        world.tenant_active = false;
        world.server_enabled = false;
        let decision = world.decide();
        assert_eq!((decision.is_allow(), decision.reason), (false, reason));
        assert_eq!(decision.reviewer_text, text);
        assert_eq!(decision.tenant, None);
    }
}

/// Each breaks an allowed call of somebody with a token; in the order of the checks.
#[test]
fn each_fails_alone_and_the_first_is_the_reason() {
    type Failure = (Reason, fn(&mut World));
    let failures: Vec<Failure> = vec![
        (Reason::SubjectDisabled, |w| w.subject().active = false),
        (Reason::NoMembership, |w| token_of(w).tenants.clear()),
        (Reason::TenantSuspended, |w| w.tenant_active = false),
        (Reason::ServerDisabled, |w| w.server_enabled = false),
        (Reason::TokenWrongAudience, |w| token_of(w).audiences = texts(&["https://erp.example/mcp"])),
        (Reason::ToolDefinitionChanged, |w| w.tool.review = ReviewState::Changed),
        (Reason::ArgumentsInvalid, |w| w.call.arguments = Arguments::Known(json!({"amount": "80"}))),
        (Reason::DeniedByRule, |w| {
            w.rules.push(rule(json!({"name": "never", "effect": "deny", "tools": ["*/*"]})));
        }),
    ];
    assert_eq!(world_with(token()).decide().reason, Reason::Allowed);
    for (first, (reason, break_it)) in failures.iter().enumerate() {
        let mut world = world_with(token());
        break_it(&mut world);
        assert_eq!(world.decide().reason, *reason);
        for (_, break_too) in &failures[first + 1..] {
            let mut world = world_with(token());
            break_too(&mut world);
            break_it(&mut world);
            assert_eq!(world.decide().reason, *reason);
        }
    }
}

fn token_of(world: &mut World) -> &mut TokenFacts {
    match &mut world.facts.identity {
        Identity::Token { token, .. } => token,
        other => panic!("no token in {other:?}"),
    }
}

#[test]
fn a_membership_outside_the_issuers_tenants_is_as_if_it_were_not_there() {
    let held = |tenants: &[&str]| -> Vec<MembershipFacts> {
        tenants.iter().map(|tenant| membership(tenant, &["support-agent"])).collect()
    };
    for (issuers, memberships, chosen, reason) in [
        (&["acme"][..], &["acme"][..], None, Reason::Allowed),
        (&["acme", "globex"], &["acme"], None, Reason::Allowed),
        // With one that counts, nothing needs to be chosen.
        (&["acme"], &["acme", "globex"], None, Reason::Allowed),
        (&["acme", "globex"], &["acme", "globex"], None, Reason::TenantRequired),
        (&["acme", "globex"], &["acme", "globex"], Some("acme"), Reason::Allowed),
        (&["acme"], &["acme", "globex"], Some("globex"), Reason::NoMembership),
        (&["globex"], &["acme"], None, Reason::NoMembership),
        (&["globex"], &["acme"], Some("acme"), Reason::NoMembership),
        (&[], &["acme"], None, Reason::NoMembership),
    ] {
        let mut world = world_with(token());
        token_of(&mut world).tenants = issuers.iter().map(|tenant| TenantSlug::from(*tenant)).collect();
        world.facts.memberships = held(memberships);
        world.call.tenant = chosen.map(TenantSlug::from);
        assert_eq!(world.decide().reason, reason, "{issuers:?} {memberships:?} {chosen:?}");
        // The enforcement key chooses as well.
        if let Some(chosen) = chosen {
            world.facts.credential.tenant = Some(TenantSlug::from(chosen));
            world.call.tenant = None;
            assert_eq!(world.decide().reason, reason, "{issuers:?} {memberships:?} {chosen:?}");
        }
    }
}

#[test]
fn why_no_membership_counts_is_said() {
    let text = |change: fn(&mut World)| {
        let mut world = world_with(token());
        change(&mut world);
        let decision = world.decide();
        assert_eq!(decision.reason, Reason::NoMembership);
        decision.reviewer_text
    };
    assert_eq!(
        text(|w| token_of(w).tenants.clear()),
        "`alice` is a member of tenant `acme`, in which issuer `https://idp.example` does not count"
    );
    // What ended is told first: no issuer would help.
    let ended = text(|w| {
        token_of(w).tenants.clear();
        w.facts.memberships[0].until = Some(at("2026-11-23T12:00:00Z"));
    });
    assert_eq!(ended, "the membership of `alice` in tenant `acme` ended 2026-11-23T12:00:00Z");
    // One that has yet to end did not.
    let later = text(|w| {
        token_of(w).tenants.clear();
        w.facts.memberships[0].until = Some(at("2026-11-24T12:00:00Z"));
    });
    assert!(later.ends_with("does not count"), "{later}");
    assert_eq!(text(|w| w.facts.memberships.clear()), "`alice` is not a member of any tenant");
    assert_eq!(text(|w| w.call.tenant = Some("globex".into())), "`alice` is not a member of tenant `globex`");
}

#[test]
fn a_token_is_for_the_called_server_and_for_what_its_issuer_lists() {
    let other = "https://erp.example/mcp";
    for (audiences, listed, reason) in [
        (vec![CRM], None, Reason::Allowed),
        (vec![other, CRM], None, Reason::Allowed),
        (vec![CRM], Some(vec![CRM]), Reason::Allowed),
        (vec![CRM, other], Some(vec![CRM]), Reason::Allowed),
        (vec![other], None, Reason::TokenWrongAudience),
        (vec![], None, Reason::TokenWrongAudience),
        (vec![CRM], Some(vec![]), Reason::TokenWrongAudience),
        // It names the server, and the issuer lists something else that it names.
        (vec![CRM, other], Some(vec![other]), Reason::TokenWrongAudience),
        // The slug names a server, and is no audience; audiences are compared byte by byte.
        (vec!["crm"], None, Reason::TokenWrongAudience),
        (vec!["https://crm.example/mcp/"], None, Reason::TokenWrongAudience),
        (vec!["https://CRM.example/mcp"], None, Reason::TokenWrongAudience),
        (vec!["https://crm.example"], None, Reason::TokenWrongAudience),
    ] {
        let mut world = world_with(token());
        token_of(&mut world).audiences = texts(&audiences);
        token_of(&mut world).listed = listed.as_deref().map(texts);
        assert_eq!(world.decide().reason, reason, "{audiences:?} {listed:?}");
        // A method about the server is no other call.
        world.call.action = "tools/list".into();
        for id in ["crm", CRM] {
            world.call.resource = ResourceRef { kind: "mcp_server".into(), id: id.into() };
            assert_eq!(world.decide().reason, reason, "{audiences:?} {listed:?} {id}");
        }
    }
}

#[test]
fn the_reviewer_is_told_whom_a_token_is_for() {
    let text = |change: fn(&mut World)| {
        let mut world = world_with(token());
        change(&mut world);
        let decision = world.decide();
        assert_eq!(decision.reason, Reason::TokenWrongAudience);
        assert!(!decision.caller_text.contains("crm"), "{}", decision.caller_text);
        decision.reviewer_text
    };
    assert_eq!(
        text(|w| token_of(w).audiences = texts(&["a", "b", "c", "d"])),
        "the token is for `a`, `b`, `c`, …; server `crm` is `https://crm.example/mcp`"
    );
    assert_eq!(
        text(|w| token_of(w).listed = Some(Vec::new())),
        "issuer `https://idp.example` does not list `https://crm.example/mcp`, by which the token names server `crm`"
    );
    assert_eq!(
        text(|w| {
            w.facts.credential.server = None;
            w.call.action = "tools/delete".into();
        }),
        "the call names no server, and the token no audience that issuer `https://idp.example` lists"
    );
}

#[test]
fn a_call_that_names_no_server_goes_by_the_enforcement_keys_or_by_the_issuers_list() {
    let other = "https://erp.example/mcp";
    for (bound, audience, listed, reason) in [
        (Some("crm"), CRM, None, Reason::UnknownMethod),
        (Some("crm"), other, None, Reason::TokenWrongAudience),
        (Some("crm"), CRM, Some(vec![]), Reason::TokenWrongAudience),
        // A server that the tenant may not use says nothing of tokens.
        (Some("erp"), other, None, Reason::TokenWrongAudience),
        (Some("erp"), other, Some(vec![other]), Reason::UnknownMethod),
        (None, CRM, None, Reason::TokenWrongAudience),
        (None, other, Some(vec![]), Reason::TokenWrongAudience),
        (None, other, Some(vec![other]), Reason::NoMatchingRule),
    ] {
        let mut world = world_with(token());
        token_of(&mut world).audiences = texts(&[audience]);
        token_of(&mut world).listed = listed.as_deref().map(texts);
        world.facts.credential.server = bound.map(ServerSlug::from);
        world.call.resource = ResourceRef { kind: "record".into(), id: "1".into() };
        world.call.action = "read".into();
        let at = String::new();
        world.facts.bound = vec![BoundFact { at, kind: "record".into(), id: "1".into(), resource: None }];
        assert_eq!(world.decide().reason, reason, "{bound:?} {audience} {listed:?}");
    }
    // So does a tool of which nobody says whose it is.
    let mut world = world_with(token());
    world.facts.credential.server = None;
    assert_eq!(world.decide().reason, Reason::TokenWrongAudience);
    token_of(&mut world).listed = Some(texts(&[CRM]));
    assert_eq!(world.decide().reason, Reason::UnknownTool);
}

#[test]
fn conditions_see_the_claims_and_null_where_there_is_no_token() {
    let claims =
        json!({"acr": "gold", "amr": ["pwd", "otp"], "level": 3, "limit": 2.5, "address": {"country": "DE"}});
    let Value::Object(claims) = claims else { panic!("an object") };
    for (when, with_token, without) in [
        ("token.acr == 'gold'", Reason::Allowed, Reason::ConditionError),
        ("token.acr == 'silver'", Reason::NoMatchingRule, Reason::ConditionError),
        ("'otp' in token.amr", Reason::Allowed, Reason::ConditionError),
        ("token.amr.exists(m, m == 'hwk')", Reason::NoMatchingRule, Reason::ConditionError),
        ("token.level >= 3 && token.limit < 2.6", Reason::Allowed, Reason::ConditionError),
        ("token.address.country == 'DE'", Reason::Allowed, Reason::ConditionError),
        ("token.missing == 1", Reason::ConditionError, Reason::ConditionError),
        ("token == null", Reason::NoMatchingRule, Reason::Allowed),
        ("token != null && token.acr == 'gold'", Reason::Allowed, Reason::NoMatchingRule),
    ] {
        let mut rule = allow_refund();
        rule["when"] = json!(when);
        let mut world = World::new(vec![rule]);
        assert_eq!(world.decide().reason, without, "{when}");
        let subject = world.subject().clone();
        let token = Box::new(TokenFacts { claims: claims.clone(), ..token() });
        world.facts.identity = Identity::Token { token, subject };
        assert_eq!(world.decide().reason, with_token, "{when}");
    }
    // What restricts counts where it cannot be told.
    let gold_only =
        json!({"name": "gold only", "effect": "deny", "tools": ["crm/*"], "when": "token.acr != 'gold'"});
    let world = World::new(vec![allow_refund(), gold_only.clone()]);
    assert_eq!(world.decide().reason, Reason::DeniedByRule);
    let mut world = world_with(TokenFacts { claims, ..token() });
    world.rules.push(rule(gold_only));
    assert_eq!(world.decide().reason, Reason::Allowed);
}

#[test]
fn a_long_list_among_the_claims_makes_a_macro_unknown() {
    let claims = json!({"groups": (0..1_001).collect::<Vec<_>>()});
    let Value::Object(claims) = claims else { panic!("an object") };
    let mut rule = allow_refund();
    rule["when"] = json!("token.groups.exists(g, g == 1)");
    let mut world = World::new(vec![rule]);
    let subject = world.subject().clone();
    let token = Box::new(TokenFacts { claims, ..token() });
    world.facts.identity = Identity::Token { token, subject };
    assert_eq!(world.decide().reason, Reason::ConditionError);
}

#[test]
fn the_facts_of_a_token_are_read_back_as_they_were_written() {
    let full = TokenFacts {
        listed: Some(texts(&[CRM])),
        weaker: texts(&["`jti` is not required"]),
        claims: Map::from_iter([("n".to_owned(), json!(18_446_744_073_709_551_615_u64))]),
        ..token()
    };
    let bare = TokenFacts { jti: None, issued_at: None, scopes: Vec::new(), ..token() };
    for facts in [full, bare] {
        let facts = world_with(facts).facts;
        let text = serde_json::to_string(&facts).expect("JSON");
        assert_eq!(serde_json::from_str::<Facts>(&text).expect("reads"), facts);
    }
    let subject = World::new(Vec::new()).subject().clone();
    for identity in [
        refused(Reason::TokenExpired),
        Identity::UnknownIdentity { issuer: ISSUER.into(), sub: "a".into() },
        Identity::Lapsed { reason: Reason::TokenRevoked, why: "why".into(), subject },
    ] {
        let text = serde_json::to_string(&identity).expect("JSON");
        assert_eq!(serde_json::from_str::<Identity>(&text).expect("reads"), identity);
    }
}

//! What denies: something about the token, about what is registered, or that it was revoked.

use crate::tokens::issuer::{
    CRM, Signer, URL, and, claims, issuer, ivy, now, reason, refund, registered, unmapped, with, writer,
};
use policy::{SubjectId, Timestamp};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::UnmappedState;
use tests::pep::call_body;
use tests::{Backend, World};

const ELSEWHERE: &str = "https://elsewhere.example/mcp";

/// The three parts of a token.
fn parts(token: &str) -> Vec<String> {
    token.split('.').map(str::to_owned).collect()
}

pub(crate) async fn a_token_is_taken_where_everything_about_it_holds(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let signer = Signer::new();
    let good = signer.token(&claims());
    assert_eq!(reason(&crm, &good).await, "token_invalid", "nobody knows the issuer");
    world.apply(&registered()).await;

    let seconds = now() / 1_000_000;
    for (claims, wanted) in [
        (claims(), "allowed"),
        (with("aud", json!([ELSEWHERE, CRM])), "allowed"),
        (with("iat", json!(null)), "allowed"),
        (with("scope", json!(null)), "allowed"),
        (with("aud", json!(ELSEWHERE)), "token_wrong_audience"),
        (with("aud", json!("crm")), "token_wrong_audience"),
        (with("aud", json!(format!("{CRM}/"))), "token_wrong_audience"),
        (with("aud", json!(null)), "token_invalid"),
        (with("sub", json!("b-99")), "unknown_subject"),
        (with("sub", json!("A-17")), "unknown_subject"),
        // An id of ours is nobody's `sub`.
        (with("sub", json!("alice")), "unknown_subject"),
        (with("sub", json!(null)), "token_invalid"),
        (with("exp", json!(seconds - 1)), "token_expired"),
        (with("exp", json!(null)), "token_invalid"),
        (with("nbf", json!(seconds + 60)), "token_invalid"),
        (with("iat", json!(seconds + 60)), "token_invalid"),
        (with("jti", json!(null)), "token_invalid"),
        (with("cnf", json!({"jkt": "x"})), "token_invalid"),
        (with("act", json!({"sub": "bot"})), "unknown_actor"),
        (with("padding", json!("x".repeat(9_000))), "token_invalid"),
        // The same `sub` of an issuer that is not registered; another spelling is another issuer.
        (with("iss", json!("https://other.example")), "token_invalid"),
        (with("iss", json!("https://idp.example/")), "token_invalid"),
        (with("iss", json!(null)), "token_invalid"),
    ] {
        assert_eq!(reason(&crm, &signer.token(&claims)).await, wanted, "{claims}");
    }

    // Other signatures, other kinds of tokens, and what is none.
    let (own, other) = (parts(&good), parts(&signer.token(&with("sub", json!("b-99")))));
    let joined = |header: &str, payload: &str, signature: &str| format!("{header}.{payload}.{signature}");
    for (what, token) in [
        ("forged", Signer::forger().token(&claims())),
        ("an ID token", signer.typed("JWT", &claims())),
        ("an ID-JAG", signer.typed("oauth-id-jag+jwt", &claims())),
        ("unsigned", joined(&own[0], &own[1], "")),
        ("somebody else's claims", joined(&own[0], &other[1], &own[2])),
        ("longer than a token", joined(&own[0], &"A".repeat(20_000), &own[2])),
        ("two parts", format!("{}.{}", own[0], own[1])),
        ("opaque", "2YotnFZFEjr1zCsicMWpAA".to_owned()),
        ("dots", "a.b.c".to_owned()),
    ] {
        assert_eq!(reason(&crm, &token).await, "token_invalid", "{what}");
    }

    // A PEP that names the subject names the token's.
    for (id, wanted) in
        [("self", "allowed"), ("ivy", "allowed"), ("alice", "token_invalid"), ("a-17", "token_invalid")]
    {
        let mut body = call_body(&good, "refund", refund());
        body["subject"]["id"] = json!(id);
        assert_eq!(crm.ask(&body).await.reason(), wanted, "{id}");
    }
    // The policy is the same as for everybody else.
    let told = crm.call(&good, "refund", and(refund(), "amount", json!(700))).await;
    assert_eq!(told.reason(), "parameters_out_of_scope");
    let told = crm.call(&signer.token(&with("aud", json!(ELSEWHERE))), "refund", refund()).await;
    assert_eq!(told.text(), "The token was issued for another server.");
    // An API key still is one.
    assert_eq!(reason(&crm, world.secret("ALICE_KEY")).await, "allowed");
    replica.stop().await;
}

pub(crate) async fn whatever_is_taken_away_denies_on_the_other_replica(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let token = Signer::new().token(&claims());
    let ended = json!([{"tenant": "acme", "roles": ["support-agent"], "until": "2020-01-01T00:00:00Z"}]);
    for (taken, wanted) in [
        (issuer("active", &json!(false)), "token_invalid"),
        (issuer("keys", &Signer::forger().jwks()), "token_invalid"),
        (issuer("algorithms", &json!(["RS256"])), "token_invalid"),
        (issuer("subject_claim", &json!("oid")), "token_invalid"),
        (issuer("audiences", &json!([ELSEWHERE])), "token_wrong_audience"),
        (issuer("tenants", &json!([])), "no_membership"),
        (issuer("tenants", &json!(["globex"])), "no_membership"),
        (ivy("identities", &json!([])), "unknown_subject"),
        (ivy("active", &json!(false)), "subject_disabled"),
        (ivy("memberships", &json!([])), "no_membership"),
        (ivy("memberships", &ended), "no_membership"),
        (ivy("memberships", &json!([{"tenant": "acme"}])), "no_matching_rule"),
    ] {
        world.apply(&registered()).await;
        for pep in [&here, &there] {
            assert_eq!(reason(pep, &token).await, "allowed", "before {taken}");
        }
        world.apply(&taken).await;
        for pep in [&there, &here] {
            assert_eq!(reason(pep, &token).await, wanted, "{taken}");
        }
    }

    // The audiences of the server are live as well.
    let crm = |audiences: Value| json!({"servers": [{"slug": "crm", "audiences": audiences}]}).to_string();
    world.apply(&registered()).await;
    world.apply(&crm(json!(["https://crm.example/mcp"]))).await;
    assert_eq!(reason(&there, &token).await, "token_wrong_audience");
    world.apply(&crm(json!([]))).await;
    assert_eq!(reason(&there, &token).await, "allowed");
    // So is what is changed by hand.
    world.database.by_hand("DELETE FROM issuer_tenants").await;
    assert_eq!(reason(&there, &token).await, "no_membership");
    world.database.by_hand("DELETE FROM identities").await;
    assert_eq!(reason(&there, &token).await, "unknown_subject");
    let mut deleting = writer(&world).await;
    assert!(deleting.delete_issuer(URL).await.expect("deletes"));
    deleting.commit().await.expect("commits");
    assert_eq!(reason(&there, &token).await, "token_invalid");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn what_is_revoked_denies_on_the_other_replica(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    let member = json!([{"tenant": "acme", "roles": ["support-agent"]}]);
    let jon = json!({"id": "jon", "identities": [{"issuer": URL, "sub": "j-1"}], "memberships": member});
    world.apply(&json!({"subjects": [jon]}).to_string()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let signer = Signer::new();
    let first = signer.token(&claims());
    let second = signer.token(&with("jti", json!("t-2")));
    // It does not say when it was issued.
    let undated = signer.token(&and(with("jti", json!("t-3")), "iat", json!(null)));
    let jons = signer.token(&and(with("jti", json!("t-4")), "sub", json!("j-1")));
    for pep in [&here, &there] {
        for token in [&first, &second, &undated, &jons] {
            assert_eq!(reason(pep, token).await, "allowed");
        }
    }

    // One token.
    let mut revoking = writer(&world).await;
    let until = Timestamp::parse("2100-01-01T00:00:00Z").expect("a moment");
    revoking.revoke_token(URL, "t-1", until).await.expect("revoked");
    revoking.commit().await.expect("commits");
    for pep in [&there, &here] {
        assert_eq!(reason(pep, &first).await, "token_revoked");
        assert_eq!(reason(pep, &second).await, "allowed");
    }

    // Everything that a subject has until now.
    let mut revoking = writer(&world).await;
    revoking.sign_out_everywhere(&SubjectId::from("ivy")).await.expect("signed out");
    revoking.commit().await.expect("commits");
    for pep in [&there, &here] {
        assert_eq!(reason(pep, &second).await, "token_revoked");
        assert_eq!(reason(pep, &undated).await, "token_revoked");
        assert_eq!(reason(pep, &jons).await, "allowed", "somebody else's");
    }
    // One that is issued from now on counts; only time makes the moment of its issue one that is past.
    let issued = json!((now() + 5_000) as f64 / 1e6);
    let newer = signer.token(&and(with("jti", json!("t-5")), "iat", issued));
    let start = Instant::now();
    while reason(&there, &newer).await != "allowed" {
        assert!(start.elapsed() < Duration::from_secs(60), "a new token counts");
    }
    // Where the issuer's clock may be fast, it could be an older one.
    world.apply(&issuer("clock_skew", &json!(300))).await;
    assert_eq!(reason(&there, &newer).await, "token_revoked");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn another_claim_may_name_the_subject(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    world.apply(&issuer("subject_claim", &json!("oid"))).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let signer = Signer::new();
    for (oid, sub, wanted) in [
        (json!("a-17"), "pairwise-1", "allowed"),
        (json!("b-99"), "a-17", "unknown_subject"),
        (json!(null), "a-17", "token_invalid"),
        (json!(17), "a-17", "token_invalid"),
    ] {
        let token = signer.token(&and(with("sub", json!(sub)), "oid", oid.clone()));
        assert_eq!(reason(&crm, &token).await, wanted, "{oid} {sub}");
    }
    replica.stop().await;
    let seen = unmapped(&world, UnmappedState::Seen).await;
    assert_eq!(seen.iter().map(|caller| caller.sub.as_str()).collect::<Vec<_>>(), ["b-99"]);
}

//! What of a token is recorded and seen by conditions, and when none is looked at.

use crate::tokens::issuer::{Signer, URL, claims, issuer, refund, registered, unmapped, with};
use serde_json::{Value, json};
use store::UnmappedState;
use tests::pep::call_body;
use tests::{Backend, Pep, World};

pub(crate) async fn a_token_is_recorded_without_itself(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    world.apply(&issuer("tenants", &json!(["acme", "globex"]))).await;
    world.apply(&issuer("require_typ", &json!(false))).await;
    let rule = json!({"name": "gold", "tenant": "acme", "effect": "allow", "tools": ["crm/export_customers"],
        "when": "token.acr == 'gold'"});
    world.apply(&json!({"rules": [rule]}).to_string()).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let signer = Signer::new();
    let export = json!({"format": "csv"});
    let silver = signer.token(&with("acr", json!("silver")));
    assert_eq!(crm.call(&silver, "export_customers", export.clone()).await.reason(), "no_matching_rule");
    let key = world.secret("ALICE_KEY");
    assert_eq!(crm.call(key, "export_customers", export.clone()).await.reason(), "condition_error");

    let claims = claims();
    let token = signer.typed("JWT", &claims);
    let told = crm.call(&token, "export_customers", export).await;
    assert_eq!(told.reason(), "allowed");
    let id = told.decision_id.expect("an id");
    let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    let body: Value = serde_json::from_str(&record.body).expect("JSON");
    let identity = &body["facts"]["identity"];
    assert_eq!(identity["how"], "token");
    assert_eq!(identity["subject"]["id"], "ivy");
    let facts = &identity["token"];
    assert_eq!(facts["issuer"], URL);
    assert_eq!(facts["sub"], "a-17");
    assert_eq!(facts["jti"], "t-1");
    assert_eq!(facts["scopes"], json!(["crm:read", "crm:refund"]));
    assert_eq!(facts["weaker"].as_array().map(Vec::len), Some(1));
    assert_eq!(facts["claims"], claims);
    // In which other tenants the issuer counts is no business of this one.
    assert_eq!(facts["tenants"], json!(["acme"]));
    let record = format!("{record:?}");
    for part in token.split('.') {
        assert!(!record.contains(part), "a part of the token is recorded");
    }
    replica.stop().await;
}

pub(crate) async fn who_vouches_needs_no_token(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    world.apply("credentials: [{name: crm-pep, trust: assert_subject}]").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let ivys = Signer::new().token(&claims());
    let strangers = Signer::new().token(&with("sub", json!("b-99")));
    let forged = Signer::forger().token(&claims());
    for (id, token, wanted) in [
        ("alice", &ivys, "allowed"),
        ("alice", &strangers, "allowed"),
        ("alice", &forged, "allowed"),
        ("bob", &ivys, "no_matching_rule"),
        // It is the id that counts, and never the token's.
        ("self", &ivys, "unknown_subject"),
        ("a-17", &ivys, "unknown_subject"),
    ] {
        let mut body = call_body(token, "refund", refund());
        body["subject"]["id"] = json!(id);
        assert_eq!(crm.ask(&body).await.reason(), wanted, "{id}");
    }
    // A token is looked at for nobody who may not ask.
    let nobody = Pep::new(replica.address(), "not-a-key");
    assert_eq!(nobody.call(&strangers, "refund", refund()).await.status, 401);
    replica.stop().await;
    assert!(unmapped(&world, UnmappedState::Seen).await.is_empty());
}

//! Callers whom the tenant of the enforcement key does not have: whether they are switched off, and whether their keys and
//! tokens still count, is for those to know who have them.

use crate::tokens::issuer::{Signer, URL, and, issuer, reason, refund, registered, unmapped, with, writer};
use policy::{SubjectId, Timestamp};
use serde_json::{Value, json};
use store::UnmappedState;
use tests::pep::call_body;
use tests::{Backend, Pep, World};

/// `zed`, with something else of them.
fn zed(setting: &str, value: &Value) -> String {
    json!({"subjects": [and(json!({"id": "zed"}), setting, value.clone())]}).to_string()
}

fn key_until(until: &Value) -> String {
    let key = json!({"name": "laptop", "secret_env": "ZED_KEY"});
    zed("api_keys", &json!([and(key, "expires_at", until.clone())]))
}

/// A member of globex alone, who has a key and is known by tokens of an issuer of both tenants; and two enforcement keys, one
/// of them of acme.
async fn opened(backend: Backend) -> World {
    let mut world = World::demo(backend).await;
    for name in ["ZED_KEY", "EVERY_PEP_KEY"] {
        world.set_secret(name, &format!("{}-{}", name.to_lowercase(), "x".repeat(40)));
    }
    world.apply(&registered()).await;
    world.apply(&issuer("tenants", &json!(["acme", "globex"]))).await;
    world.apply(&zed("memberships", &json!([{"tenant": "globex", "roles": ["support-agent"]}]))).await;
    world.apply(&zed("identities", &json!([{"issuer": URL, "sub": "z-1"}]))).await;
    world.apply(&key_until(&Value::Null)).await;
    world.apply("credentials: [{name: crm-pep, tenant: acme}]").await;
    world
        .apply(
            "credentials: [{name: every-pep, server: crm, trust: verify_token, secret_env: EVERY_PEP_KEY}]",
        )
        .await;
    world
}

pub(crate) async fn what_became_of_others_is_not_told(backend: Backend) {
    let world = opened(backend).await;
    let replica = world.replica().await;
    let here = world.crm(&replica);
    let every = Pep::new(replica.address(), world.secret("EVERY_PEP_KEY"));
    let signer = Signer::new();
    let key = world.secret("ZED_KEY");
    let tokens = ["t-1", "t-2"].map(|jti| signer.token(&and(with("sub", json!("z-1")), "jti", json!(jti))));
    let [one, other] = tokens.each_ref().map(String::as_str);

    let active = here.call(key, "refund", refund()).await;
    assert_eq!(active.reason(), "no_membership");
    // The same answer in the tenant, whatever is so; the very reason where every tenant is asked about.
    let same = async |what: &str, shown: &str, exact: &str, more: &str| {
        let told = here.call(shown, "refund", refund()).await;
        assert_eq!((told.status, &told.body), (active.status, &active.body), "{what}");
        assert_eq!(reason(&every, shown).await, exact, "{what}");
        // The record is no tenant's: who sees everything reads the rest of it there.
        let id = told.decision_id.expect("an id");
        let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
        let row = &record.row;
        assert_eq!((row.tenant.as_deref(), row.reason.as_str()), (None, "no_membership"), "{what}");
        assert_eq!(row.subject.as_deref(), Some("zed"), "{what}");
        let body: Value = serde_json::from_str(&record.body).expect("JSON");
        let text = body["decision"]["reviewer_text"].as_str().unwrap_or_default();
        assert!(text.starts_with("`zed` is not a member of tenant `acme`"), "{what}: {text}");
        assert!(text.contains(more), "{what}: {text}");
    };
    let member = "is not a member of tenant `acme`";
    for shown in [key, one, other] {
        same("all is well", shown, "unknown_server", member).await;
    }
    world.apply(&zed("active", &json!(false))).await;
    for shown in [key, one, other] {
        same("switched off", shown, "subject_disabled", "; subject `zed` is disabled").await;
    }
    world.apply(&zed("active", &json!(true))).await;
    let mut revoking = writer(&world).await;
    let until = Timestamp::parse("2100-01-01T00:00:00Z").expect("a moment");
    revoking.revoke_token(URL, "t-1", until).await.expect("revoked");
    revoking.commit().await.expect("commits");
    same("one token is revoked", one, "token_revoked", "; the token `t-1` was revoked").await;
    same("another than that is revoked", other, "unknown_server", member).await;
    let mut ending = writer(&world).await;
    ending.sign_out_everywhere(&SubjectId::from("zed")).await.expect("is signed out");
    ending.commit().await.expect("commits");
    same("one is revoked, and all are", one, "token_revoked", "; the token `t-1` was revoked").await;
    same("all are revoked", other, "token_revoked", "; all tokens that were issued").await;
    world.apply(&key_until(&json!("2020-01-01T00:00:00Z"))).await;
    same("the key has expired", key, "token_expired", "; the caller's key has expired").await;

    // A member, they are told of.
    let both = json!([{"tenant": "globex", "roles": []}, {"tenant": "acme", "roles": ["support-agent"]}]);
    world.apply(&zed("memberships", &both)).await;
    assert_eq!(reason(&here, key).await, "token_expired");
    assert_eq!(reason(&here, one).await, "token_revoked");
    assert_eq!(reason(&here, other).await, "token_revoked");
    world.apply(&zed("api_keys", &json!([]))).await;
    world.apply(&key_until(&Value::Null)).await;
    assert_eq!(reason(&here, key).await, "allowed");
    world.apply(&zed("active", &json!(false))).await;
    assert_eq!(reason(&here, key).await, "subject_disabled");
    replica.stop().await;
    // They are somebody all the same, and not listed to be given to anybody.
    assert!(unmapped(&world, UnmappedState::Seen).await.is_empty());
}

/// Nor is it told by comparing: whoever shows somebody's key or token does not find out what they are called.
pub(crate) async fn what_others_are_called_is_not_told(backend: Backend) {
    let world = opened(backend).await;
    let replica = world.replica().await;
    let here = world.crm(&replica);
    let key = world.secret("ZED_KEY");
    let token = Signer::new().token(&with("sub", json!("z-1")));
    let called = async |shown: &str, subject: &str, agent: Value| {
        let mut body = call_body(shown, "refund", refund());
        body["subject"]["id"] = json!(subject);
        body["context"]["agent"] = agent;
        here.ask(&body).await.reason().to_owned()
    };
    for subject in ["self", "zed", "alice", "nobody"] {
        for shown in [key, token.as_str()] {
            assert_eq!(called(shown, subject, Value::Null).await, "no_membership", "{subject}");
        }
    }
    for agent in ["zed", "alice", "nobody"] {
        assert_eq!(called(key, "self", json!(agent)).await, "no_membership", "{agent}");
        assert_eq!(called(token.as_str(), "self", json!(agent)).await, "token_invalid", "{agent}");
    }
    // Of their own they are told, as ever.
    let alice = world.secret("ALICE_KEY");
    assert_eq!(called(alice, "alice", json!("alice")).await, "allowed");
    assert_eq!(called(alice, "zed", Value::Null).await, "token_invalid");
    assert_eq!(called(alice, "self", json!("zed")).await, "token_invalid");
    replica.stop().await;
}

//! The keys that sign: made when one is needed, the same on all replicas, rotated beside running servers.

use crate::arap::helpers::{House, Pep, submission};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use pdp::signing::rotate;
use policy::labels::Verdict;
use serde_json::{Value, json};
use server::vault_key::{self, VaultKeys};
use tests::world::operator;
use tests::{Backend, World};

pub(crate) async fn published(pep: &Pep) -> Vec<Value> {
    let told = pep.get("/.well-known/jwks.json").await;
    assert_eq!(told.status, 200, "{told:?}");
    told.body["keys"].as_array().expect("a list").clone()
}

/// What `countersign signing rotate` does.
async fn rotate_now(world: &World) {
    let vault = vault_key::open(&VaultKeys::File(world.database.file("vault.key")));
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    rotate(&vault, &mut writer).await.expect("rotates");
    writer.commit().await.expect("commits");
}

pub(crate) fn token(denial: &Value) -> &str {
    denial["context"]["access_request"]["binding_token"].as_str().expect("a token")
}

pub(crate) fn part(text: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}

/// Checks a token as somebody outside does, with what is published alone.
pub(crate) fn verifies(token: &str, keys: &[Value]) -> bool {
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let header = part(signed.split('.').next().expect("a header"));
    let Some(key) = keys.iter().find(|key| key["kid"] == header["kid"]) else { return false };
    let key = DecodingKey::from_ed_components(key["x"].as_str().expect("a key")).expect("a key");
    crypto::verify(signature, signed.as_bytes(), &key, Algorithm::EdDSA).expect("can be verified")
}

pub(crate) async fn keys_are_made_once_and_published(backend: Backend) {
    let house = House::open(backend).await;
    let one = house.world.replica().await;
    let two = house.world.twin(&one).await;
    let (here, there) = (house.pep(&one), house.pep(&two));
    assert!(published(&here).await.is_empty(), "none is needed yet");
    // Both need one at once.
    let (first, second) = (house.refund(900), house.refund(901));
    let (mine, theirs) = tokio::join!(here.evaluate(&first), there.evaluate(&second));
    let keys = published(&here).await;
    assert_eq!((keys.len(), &keys), (1, &published(&there).await));
    let key = &keys[0];
    for (member, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
        assert_eq!(key[member], value, "{key}");
    }
    assert!(key.get("d").is_none(), "{key}");
    assert!(verifies(token(&mine.body), &keys) && verifies(token(&theirs.body), &keys));
    // What one replica signed the other one takes.
    assert_eq!(there.submit(&submission(&first, &mine.body)).await.status, 202);
    let metadata = here.get("/.well-known/authzen-configuration").await.body;
    assert_eq!(metadata["jwks_uri"], format!("http://{}/.well-known/jwks.json", one.address()));
    assert_eq!(metadata["access_request_endpoint"], format!("http://{}/access/v1/requests", one.address()));
    assert_eq!(metadata["capabilities"], json!(["urn:openid:authzen:capability:access-request"]));
    // A server that is reached by another address is another one, though it has the keys: a copy, such as a staging house.
    let copy = house.world.replica().await;
    let told = house.pep(&copy).submit(&submission(&second, &theirs.body)).await;
    assert_eq!(told.problem(), (400, "invalid_denial_binding"), "{told:?}");
    copy.stop().await;
    // Nothing of the private half is in a change or in the clear.
    let secrets = house.world.store.list_secrets().await.expect("lists");
    assert!(secrets.iter().any(|stored| stored.secret.place.kind == "signing"), "{secrets:?}");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn what_was_signed_before_a_rotation_is_taken(backend: Backend) {
    let house = House::open(backend).await;
    let one = house.world.replica().await;
    let two = house.world.twin(&one).await;
    let (here, there) = (house.pep(&one), house.pep(&two));
    let question = house.refund(900);
    let denial = here.evaluate(&question).await;
    let filed = submission(&question, &denial.body);
    let id = here.submit(&filed).await.body["task"]["id"].as_str().expect("an id").to_owned();
    house.decide(&id, Verdict::Approve).await;
    let approval = here.poll(&id).await.body["result"]["approval"].clone();
    let old = published(&here).await;

    rotate_now(&house.world).await;
    // At once, on every replica, and without the private half of the old one.
    for (pep, amount) in [(&here, 902), (&there, 903)] {
        let keys = published(pep).await;
        assert_eq!(keys.len(), 2, "{keys:?}");
        let fresh = pep.evaluate(&house.refund(amount)).await;
        assert!(verifies(token(&fresh.body), &keys) && !verifies(token(&fresh.body), &old));
    }
    let secrets = house.world.store.list_secrets().await.expect("lists");
    let kept: Vec<_> = secrets.iter().filter(|stored| stored.secret.place.kind == "signing").collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(there.submit(&filed).await.body["task"]["id"], json!(id));
    let mut shown = question.clone();
    shown["context"]["approval"] = approval;
    assert_eq!(there.evaluate(&shown).await.body, json!({"decision": true}));

    // Once its time is over nothing of it is taken, and it is not published.
    house.world.database.by_hand("UPDATE signing_keys SET verifies_until = 1 WHERE verifies_until > 1").await;
    assert_eq!(published(&here).await.len(), 1);
    assert_eq!(here.submit(&filed).await.problem(), (400, "invalid_denial_binding"));
    let told = here.evaluate(&shown).await;
    assert_eq!(told.reason(), "approval_unverifiable", "{told:?}");
    assert_eq!(house.world.store.forget_signing_keys().await.expect("forgets"), 1);
    let changes = store::changes::ChangeFilter { kind: Some("signing_key"), ..Default::default() };
    let changes = house.world.store.list_changes(&changes, store::changes::ChangePosition::Newest, 10).await;
    assert_eq!(changes.expect("lists").len(), 3, "made, retired, made");
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn without_its_key_a_denial_offers_nothing(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    assert!(pep.evaluate(&house.refund(900)).await.body["context"].get("access_request").is_some());
    replica.stop().await;

    // A process that never opened the key, without the vault's.
    let path = house.world.database.file("vault.key");
    let kept = house.world.database.file("kept.key");
    std::fs::rename(&path, &kept).expect("moved");
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let denial = pep.evaluate(&house.refund(901)).await;
    assert_eq!(denial.reason(), "approval_required", "{denial:?}");
    assert!(denial.body["context"].get("access_request").is_none(), "{denial:?}");
    assert_eq!(house.filed().await, 2, "a person is asked all the same");
    std::fs::rename(&kept, &path).expect("moved back");
    // The secret is given up: another key is made by itself.
    house.world.database.by_hand("DELETE FROM vault_secrets WHERE kind = 'signing'").await;
    // The vault's key is looked for once in a second.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let denial = pep.evaluate(&house.refund(902)).await;
    assert!(verifies(token(&denial.body), &published(&pep).await), "{denial:?}");
    replica.stop().await;
}

//! Tokens that are bound to a key (RFC 9449): good with a fresh proof of that key, once, on whichever replica.

use crate::tokens::issuer::{CRM, Signer, and, claims, now, refund, registered, with};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pdp::Secret;
use serde_json::{Value, json};
use tests::pep::call_body;
use tests::{Backend, Pep, World};

/// The client's key is the forger's of other stories: it is not the issuer's, and here need not be.
pub(crate) fn client() -> Signer {
    Signer::forger()
}

/// RFC 7638.
pub(crate) fn thumbprint(signer: &Signer) -> String {
    let jwk = serde_json::to_value(signer.jwk()).expect("JSON");
    let members = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
    sha256(&members)
}

/// In base64url.
fn sha256(text: &str) -> String {
    let digest = hex::decode(Secret::new(text).digest()).expect("hexadecimal");
    URL_SAFE_NO_PAD.encode(digest)
}

fn bound() -> String {
    Signer::new().token(&with("cnf", json!({"jkt": thumbprint(&client())})))
}

/// What a good proof for this token says.
pub(crate) fn said(token: &str, jti: &str) -> Value {
    json!({"jti": jti, "htm": "POST", "htu": CRM, "iat": now() / 1_000_000, "ath": sha256(token)})
}

/// A call with this proof, as the PEP passes it on.
fn call(token: &str, proof: &str) -> Value {
    let mut body = call_body(token, "refund", refund());
    body["context"]["dpop"] = json!({"proof": proof, "method": "POST", "url": format!("{CRM}?session=1")});
    body
}

pub(crate) async fn reason(pep: &Pep, token: &str, proof: &str) -> String {
    pep.ask(&call(token, proof)).await.reason().to_owned()
}

pub(crate) async fn a_bound_token_needs_a_fresh_proof_of_its_key(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let (token, client) = (bound(), client());
    assert_eq!(crate::tokens::issuer::reason(&here, &token).await, "token_invalid", "no proof");

    let proof = client.proof(&said(&token, "p-1"));
    assert_eq!(reason(&here, &token, &proof).await, "allowed");
    for pep in [&here, &there] {
        assert_eq!(reason(pep, &token, &proof).await, "token_invalid", "shown before");
    }
    let fresh = said(&token, "p-2");
    for (what, proof) in [
        ("another key", Signer::new().proof(&fresh)),
        ("another method", client.proof(&and(fresh.clone(), "htm", json!("GET")))),
        ("another address", client.proof(&and(fresh.clone(), "htu", json!("https://evil.example/mcp")))),
        ("another token", client.proof(&and(fresh.clone(), "ath", json!(sha256("another"))))),
        ("stale", client.proof(&and(fresh.clone(), "iat", json!(now() / 1_000_000 - 600)))),
        ("no proof at all", "proof".to_owned()),
    ] {
        assert_eq!(reason(&there, &token, &proof).await, "token_invalid", "{what}");
    }
    // What was wrong was not noted, so the right one still counts.
    let told = there.ask(&call(&token, &client.proof(&fresh))).await;
    assert_eq!(told.reason(), "allowed");
    let id = told.decision_id.expect("an id");
    let record = world.store.get_decision(&id.as_str().into()).await.expect("reads").expect("is there");
    let record = format!("{record:?}");
    assert!(!record.contains("dpop") && record.contains(&thumbprint(&client)), "{record}");

    // A proof that nobody needs must be right all the same; so must one beside an API key.
    let plain = Signer::new().token(&claims());
    assert_eq!(reason(&here, &plain, "proof").await, "token_invalid");
    assert_eq!(reason(&here, &plain, &client.proof(&said(&plain, "p-3"))).await, "allowed");
    let key = world.secret("ALICE_KEY");
    assert_eq!(reason(&here, key, "proof").await, "token_invalid");
    let proof = client.proof(&said(key, "p-4"));
    assert_eq!(reason(&here, key, &proof).await, "allowed");
    assert_eq!(reason(&there, key, &proof).await, "token_invalid", "shown before");

    // The questions of one request share its proof.
    let one_of_many = call(&token, &client.proof(&said(&token, "p-5")));
    let batch = json!({"subject": one_of_many["subject"], "action": one_of_many["action"],
        "context": one_of_many["context"],
        "evaluations": [{"resource": one_of_many["resource"]}, {"resource": one_of_many["resource"]}]});
    for wanted in [true, false] {
        let body = batch.to_string().into_bytes();
        let told = here.send("/access/v1/evaluations", "application/json", body).await;
        let decisions: Vec<&Value> =
            told.body["evaluations"].as_array().expect("a list").iter().map(|one| &one["decision"]).collect();
        assert_eq!(decisions, [&json!(wanted), &json!(wanted)]);
    }
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn of_two_who_show_one_proof_at_once_one_is_answered(backend: Backend) {
    let world = World::demo(backend).await;
    world.apply(&registered()).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (here, there) = (world.crm(&one), world.crm(&two));
    let (token, client) = (bound(), client());
    for round in 0..8 {
        let body = call(&token, &client.proof(&said(&token, &format!("race-{round}"))));
        let told = tokio::join!(here.ask(&body), there.ask(&body), here.ask(&body), there.ask(&body));
        let told = [told.0, told.1, told.2, told.3];
        assert_eq!(told.iter().filter(|told| told.allowed()).count(), 1, "{told:?}");
    }
    one.stop().await;
    two.stop().await;
}

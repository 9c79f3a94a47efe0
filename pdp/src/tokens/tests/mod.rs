//! Tokens that are good, tokens that are hostile, and issuers that misbehave. The keys here are fixed and known to
//! everybody.

mod dpop;
mod fetches;
mod hostile;
mod introspection;
mod properties;
mod provider;
mod rings;
mod signatures;
mod signing;

use super::*;
use crate::address_guard::AllowedAddress;
use policy::issuer::KeySource;
use serde_json::{Map, Value, json};
use signing::Signer;
use std::sync::LazyLock;

const ISSUER: &str = "https://idp.example";
const AUDIENCE: &str = "https://mcp.example/crm";
/// 2026-11-26T00:00:00Z.
const NOW: i64 = 1_795_651_200;

fn now() -> Timestamp {
    Timestamp::from_micros(NOW * 1_000_000)
}

/// Reaches this machine, and nothing else.
fn tokens() -> Tokens {
    tokens_within(Limits::default(), Clock::default())
}

fn tokens_within(limits: Limits, clock: Clock) -> Tokens {
    // Plain http all through; the provider is only needed so that a client can be built at all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let guard = AddressGuard::new(&[AllowedAddress::Loopback]);
    Tokens::within(&guard, limits, clock).expect("a client")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => panic!("an object"),
    }
}

/// An issuer whose keys are written down.
fn issuer_with(keys: &[Value]) -> Issuer {
    Issuer {
        tenants: vec!["acme".into()],
        keys: KeySource::Jwks(object(json!({"keys": keys}))),
        algorithms: policy::issuer::Algorithm::ALL.to_vec(),
        ..Issuer::new(ISSUER)
    }
}

fn issuer() -> Issuer {
    issuer_with(&[Signer::es256().jwk()])
}

/// The claims of a good access token of this issuer.
fn claims_of(issuer: &str) -> Value {
    json!({
        "iss": issuer,
        "sub": "a-17",
        "aud": AUDIENCE,
        "exp": NOW + 300,
        "iat": NOW - 10,
        "jti": "t-1",
        "client_id": "support-app",
        "scope": "crm:read crm:refund",
    })
}

fn claims() -> Value {
    claims_of(ISSUER)
}

/// The same with one more, or another; null takes it away.
fn with(mut object: Value, member: &str, value: Value) -> Value {
    if value.is_null() {
        object.as_object_mut().expect("an object").remove(member);
    } else {
        object[member] = value;
    }
    object
}

/// Verifies with keys that are written down.
async fn verify(token: &str, issuer: &Issuer) -> Result<TokenFacts, Refusal> {
    static TOKENS: LazyLock<Tokens> = LazyLock::new(tokens);
    TOKENS.verify(&Secret::new(token), issuer, now()).await
}

#[tokio::test]
async fn a_good_token_gives_its_facts() {
    let token = Signer::es256().token(&claims());
    let facts = verify(&token, &issuer()).await.expect("good");
    assert_eq!((facts.issuer.as_str(), facts.sub.as_str()), (ISSUER, "a-17"));
    assert_eq!(facts.jti.as_deref(), Some("t-1"));
    assert_eq!(facts.issued_at, Some(Timestamp::from_micros((NOW - 10) * 1_000_000)));
    assert_eq!(facts.expires_at, Timestamp::from_micros((NOW + 300) * 1_000_000));
    assert_eq!(facts.audiences, [AUDIENCE]);
    assert_eq!(facts.scopes, ["crm:read", "crm:refund"]);
    assert!(facts.weaker.is_empty());
    assert_eq!(Value::Object(facts.claims), claims());
    assert_eq!(facts.tenants, [policy::TenantSlug::new("acme")]);

    let shown = Secret::new(&*token);
    let jwt = Tokens::read(&shown).expect("a JWT");
    let says = jwt.says();
    assert_eq!((says.issuer, says.claim("sub"), says.jti()), (ISSUER, Some("a-17"), Some("t-1")));
    assert_eq!(says.claim("exp"), None, "no text");
    assert!(!format!("{jwt:?}").contains("a-17"));
}

#[tokio::test]
async fn the_issuers_list_of_audiences_is_held_against_the_tokens() {
    let token = Signer::es256().token(&with(claims(), "aud", json!([AUDIENCE, "https://mcp.example/erp"])));
    for (lists, listed) in [
        (vec![], None),
        (vec![AUDIENCE], Some(vec![AUDIENCE])),
        (vec!["https://elsewhere.example", AUDIENCE], Some(vec![AUDIENCE])),
        (vec!["https://elsewhere.example"], Some(vec![])),
    ] {
        let audiences = lists.iter().map(|audience| (*audience).to_owned()).collect();
        let facts = verify(&token, &Issuer { audiences, ..issuer() }).await.expect("good");
        let listed: Option<Vec<String>> =
            listed.map(|listed: Vec<&str>| listed.into_iter().map(str::to_owned).collect());
        assert_eq!(facts.listed, listed, "{lists:?}");
        assert_eq!(facts.audiences.len(), 2);
    }
}

#[tokio::test]
async fn every_algorithm_is_verified_with_its_key_and_no_other() {
    let signers = Signer::of_every_algorithm();
    let issuers: Vec<Issuer> = signers.iter().map(|signer| issuer_with(&[signer.jwk()])).collect();
    for signer in &signers {
        let token = signer.token(&claims());
        for (issuer, other) in issuers.iter().zip(&signers) {
            let told = verify(&token, issuer).await;
            assert_eq!(told.is_ok(), signer.kid == other.kid, "{} with {}: {told:?}", signer.kid, other.kid);
        }
    }
}

#[tokio::test]
async fn the_newer_name_of_eddsa_is_known() {
    let signer = Signer::ed25519();
    let header = json!({"alg": "Ed25519", "typ": "at+jwt", "kid": signer.kid});
    let issuer = issuer_with(&[with(signer.jwk(), "alg", json!("Ed25519"))]);
    assert!(verify(&signer.sign(&header.to_string(), &claims().to_string()), &issuer).await.is_ok());
    assert!(verify(&signer.token(&claims()), &issuer).await.is_ok());
}

#[tokio::test]
async fn a_token_need_not_name_its_key() {
    let signer = Signer::es256();
    let unnamed = signer.sign(r#"{"alg":"ES256","typ":"at+jwt"}"#, &claims().to_string());
    let all: Vec<Value> = [Signer::other_es256(), Signer::ed25519(), Signer::es256()].map(|s| s.jwk()).into();
    assert!(verify(&unnamed, &issuer_with(&all)).await.is_ok());
    let bare = with(with(signer.jwk(), "kid", json!(null)), "alg", json!(null));
    assert!(verify(&unnamed, &issuer_with(std::slice::from_ref(&bare))).await.is_ok());
    let told = verify(&unnamed, &issuer_with(&all[..2])).await.expect_err("another's");
    assert_eq!(told.why, "the signature is not that of a key for ES256 (the token names none)");
    let told = verify(&signer.token(&claims()), &issuer_with(&[bare])).await.expect_err("names a key");
    assert_eq!(told.why, "the issuer does not publish the key `es256-one`");
}

#[tokio::test]
async fn the_memo_spares_the_signature_and_nothing_else() {
    let (tokens, signer) = (tokens(), Signer::es256());
    let token = Secret::new(signer.token(&claims()));
    let at = async |issuer: &Issuer, seconds: i64| {
        let now = Timestamp::from_micros((NOW + seconds) * 1_000_000);
        tokens.verify(&token, issuer, now).await.map(|_| ()).map_err(|refusal| refusal.reason)
    };
    assert_eq!(at(&issuer(), 0).await, Ok(()));
    assert_eq!(tokens.memo.len(), 1);
    assert_eq!(at(&issuer(), 0).await, Ok(()));
    assert_eq!(at(&issuer(), 330).await, Err(Reason::TokenExpired));
    // The key is not the issuer's any more; it is, but for something else; the algorithm is not taken any more.
    let invalid: Result<(), Reason> = Err(Reason::TokenInvalid);
    assert_eq!(at(&issuer_with(&[Signer::other_es256().jwk()]), 0).await, invalid);
    assert_eq!(at(&issuer_with(&[with(signer.jwk(), "use", json!("enc"))]), 0).await, invalid);
    assert_eq!(
        at(&Issuer { algorithms: vec![policy::issuer::Algorithm::Rs256], ..issuer() }, 0).await,
        invalid
    );
    assert_eq!(at(&Issuer { url: "https://other.example".to_owned(), ..issuer() }, 0).await, invalid);
    assert_eq!(at(&issuer(), 0).await, Ok(()));
    assert_eq!(tokens.memo.len(), 1);
    // What is not verified is not remembered.
    let forged = Signer::other_es256().named("es256-one").token(&claims());
    assert!(tokens.verify(&Secret::new(forged), &issuer(), now()).await.is_err());
    assert_eq!(tokens.memo.len(), 1);
}

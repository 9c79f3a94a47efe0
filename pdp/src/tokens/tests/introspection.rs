//! What an issuer may answer when it is asked about a token, and what comes of it.

use super::provider::{Answer as Reply, OPENID, Provider};
use super::*;
use policy::issuer::{ClientAuth, Introspection};
use std::time::Instant;

const ASK: &str = "/introspect";
const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

fn secret() -> Secret {
    Secret::new("s3cr:et &+ä")
}

fn asked(provider: &Provider) -> Issuer {
    let endpoint = Some(format!("{}{ASK}", provider.url));
    Issuer {
        introspection: Some(Introspection { endpoint, ..Introspection::new("coun:ter sign") }),
        ..provider.issuer()
    }
}

/// A good answer.
fn good(provider: &Provider) -> Value {
    with(with(claims_of(&provider.url), "active", json!(true)), "token_type", json!("Bearer"))
}

async fn told(tokens: &Tokens, issuer: &Issuer) -> Result<TokenFacts, Refusal> {
    let answer = tokens.introspect(&Secret::new(TOKEN), issuer, &secret()).await?;
    tokens.judge(&answer, issuer, now())
}

#[tokio::test]
async fn an_active_token_gives_its_facts_and_is_asked_about_each_time() {
    let (provider, tokens) = (Provider::silent().await, tokens());
    provider.answers(ASK, Reply::json(&good(&provider)));
    let issuer = asked(&provider);
    let facts = told(&tokens, &issuer).await.expect("good");
    assert_eq!((facts.issuer.as_str(), facts.sub.as_str()), (provider.url.as_str(), "a-17"));
    assert_eq!(facts.scopes, ["crm:read", "crm:refund"]);
    provider.answers(ASK, Reply::json(&json!({"active": false})));
    let refusal = told(&tokens, &issuer).await.expect_err("no longer");
    assert_eq!(refusal.reason, Reason::TokenInvalid);
    assert!(refusal.why.contains("not active"), "{}", refusal.why);
    assert_eq!(provider.asked(ASK), 2);
    assert!(
        tokens.judge(&tokens_answer(&provider).await, &Issuer { active: false, ..issuer }, now()).is_err()
    );
}

async fn tokens_answer(provider: &Provider) -> Answer {
    provider.answers(ASK, Reply::json(&good(provider)));
    tokens().introspect(&Secret::new(TOKEN), &asked(provider), &secret()).await.expect("an answer")
}

#[tokio::test]
async fn the_secret_is_shown_in_the_way_that_the_issuer_takes() {
    let (provider, tokens) = (Provider::silent().await, tokens());
    provider.answers(ASK, Reply::json(&good(&provider)));
    let issuer = asked(&provider);
    assert!(told(&tokens, &issuer).await.is_ok());
    let request = provider.said(ASK);
    // RFC 6749, section 2.3.1: both parts encoded, then put together.
    let expected = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        "coun%3Ater+sign:s3cr%3Aet+%26%2B%C3%A4",
    );
    assert!(request.contains(&format!("Basic {expected}")), "{request}");
    assert!(request.ends_with(&format!("token={TOKEN}&token_type_hint=access_token")), "{request}");

    let mut posting = issuer;
    if let Some(how) = &mut posting.introspection {
        how.auth = ClientAuth::ClientSecretPost;
    }
    assert!(told(&tokens, &posting).await.is_ok());
    let request = provider.said(ASK);
    assert!(!request.to_ascii_lowercase().contains("authorization"), "{request}");
    assert!(
        request.ends_with("&client_id=coun%3Ater+sign&client_secret=s3cr%3Aet+%26%2B%C3%A4"),
        "{request}"
    );
}

#[tokio::test]
async fn the_address_may_be_discovered() {
    let (provider, tokens) = (Provider::silent().await, tokens());
    provider.answers(ASK, Reply::json(&good(&provider)));
    let issuer = Issuer { introspection: Some(Introspection::new("c")), ..provider.issuer() };
    let named =
        |endpoint: Value| Reply::json(&json!({"issuer": provider.url, "introspection_endpoint": endpoint}));
    for (metadata, why) in [
        (Reply::json(&provider.metadata()), "introspection_endpoint"),
        (named(json!("http://evil.example/introspect")), "https://"),
        (Reply::json(&json!({"issuer": "https://other.example"})), "another issuer"),
    ] {
        provider.answers(OPENID, metadata);
        let refusal = told(&tokens, &issuer).await.expect_err("no address");
        assert_eq!(refusal.reason, Reason::PolicyUnavailable);
        assert!(refusal.why.contains(why), "{}", refusal.why);
    }
    provider.answers(OPENID, named(json!(format!("{}{ASK}", provider.url))));
    let before = provider.asked(OPENID);
    for _ in 0..2 {
        assert!(told(&tokens, &issuer).await.is_ok());
    }
    assert_eq!((provider.asked(OPENID), provider.asked(ASK)), (before + 1, 2));
}

#[tokio::test]
async fn an_answer_that_does_not_hold_is_refused() {
    let (provider, tokens) = (Provider::silent().await, tokens());
    let issuer = asked(&provider);
    let but = |member: &str, value: Value| with(good(&provider), member, value);
    for (what, answer, why) in [
        ("active is a text", but("active", json!("true")), "`active`"),
        ("active is a number", but("active", json!(1)), "`active`"),
        ("active is missing", but("active", json!(null)), "`active`"),
        ("another issuer", but("iss", json!("https://other.example")), "`iss`"),
        ("iss is a number", but("iss", json!(7)), "`iss`"),
        ("nobody's", but("sub", json!(null)), "no `sub`"),
        ("for nobody", but("aud", json!(null)), "no `aud`"),
        ("endless", but("exp", json!(null)), "no `exp`"),
        ("expired", but("exp", json!(NOW - 31)), "expired"),
        ("not yet valid", but("nbf", json!(NOW + 60)), "not valid before"),
        ("issued later", but("iat", json!(NOW + 60)), "yet to come"),
        ("without an id", but("jti", json!(null)), "no `jti`"),
        ("a refresh token", but("typ", json!("Refresh")), "`typ`"),
        ("another type", but("token_type", json!("mac")), "`token_type`"),
        ("bound to nothing", but("token_type", json!("DPoP")), "`cnf`"),
        ("bound by mTLS", but("cnf", json!({"x5t#S256": "x"})), "mTLS"),
        ("an actor that is nobody", but("act", json!({"sub": 5})), "`act`"),
        ("the token itself", but("echo", json!([{"token": format!("x{TOKEN}")}])), "repeats the token"),
        ("too much", but("padding", json!("x".repeat(9_000))), "larger than"),
    ] {
        provider.answers(ASK, Reply::json(&answer));
        let refusal = told(&tokens, &issuer).await.expect_err(what);
        assert_ne!(refusal.reason, Reason::PolicyUnavailable, "{what}");
        assert!(refusal.why.contains(why), "{what}: {}", refusal.why);
    }
    // What the issuer need not say.
    provider.answers(ASK, Reply::json(&with(but("iss", json!(null)), "token_type", json!(null))));
    assert!(told(&tokens, &issuer).await.is_ok());
    let lenient = Issuer { require_jti: false, ..issuer };
    provider.answers(ASK, Reply::json(&but("jti", json!(null))));
    assert!(told(&tokens, &lenient).await.is_ok());
}

#[tokio::test]
async fn an_issuer_that_is_down_slow_or_odd_denies_in_time() {
    let within = |time| tokens_within(Limits { time, bytes: 10_000 }, Clock::default());
    // An answer that is there is not to be missed on a busy machine.
    let (hurried, patient) = (within(Duration::from_millis(300)), within(Duration::from_secs(60)));
    let provider = Provider::silent().await;
    let issuer = asked(&provider);
    let signed = Reply::Whole {
        status: 200,
        head: "content-type: application/token-introspection+jwt\r\n".to_owned(),
        body: "eyJ.eyJ.x".to_owned(),
    };
    for (what, reply, why) in [
        ("not JSON", Reply::text("<h1>Hello</h1>"), "JSON"),
        ("a list", Reply::text("[true]"), "JSON"),
        ("said twice", Reply::text(r#"{"active":true,"active":true}"#), "JSON"),
        ("signed", signed, "RFC 9701"),
        ("huge", Reply::text("x".repeat(20_000)), "more than"),
        ("endless", Reply::Endless, "more than"),
        ("silent", Reply::Silent, "300 ms"),
        ("elsewhere", Reply::redirect(302, "https://evil.example/"), "not followed"),
        ("a wrong secret", Reply::status(401), "its secret"),
        ("broken", Reply::status(500), "HTTP 500"),
    ] {
        provider.answers(ASK, reply);
        let start = Instant::now();
        let tokens = if what == "silent" { &hurried } else { &patient };
        let refusal = told(tokens, &issuer).await.expect_err(what);
        assert_eq!(refusal.reason, Reason::PolicyUnavailable, "{what}: {}", refusal.why);
        assert!(refusal.why.contains(why), "{what}: {}", refusal.why);
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        assert!(!refusal.why.contains(TOKEN) && !refusal.why.contains("s3cr"), "{what}: {}", refusal.why);
    }
    // Within the guard alone: this machine is not listed there.
    let strict = Tokens::new(AddressGuard::default()).expect("a client");
    let refusal = told(&strict, &issuer).await.expect_err("refused");
    assert!(refusal.why.contains("--allow-address"), "{}", refusal.why);
}

#[tokio::test]
async fn what_is_no_token_is_not_sent() {
    let (provider, tokens) = (Provider::silent().await, tokens());
    provider.answers(ASK, Reply::json(&good(&provider)));
    for token in ["", "a b", "a\nb", "ä", &"x".repeat(20_000)] {
        assert!(tokens.introspect(&Secret::new(token), &asked(&provider), &secret()).await.is_err());
    }
    let unasked = provider.issuer();
    assert!(tokens.introspect(&Secret::new(TOKEN), &unasked, &secret()).await.is_err());
    assert_eq!(provider.asked(ASK), 0);
}

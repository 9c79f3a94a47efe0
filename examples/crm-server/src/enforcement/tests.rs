//! The check against a real HTTP endpoint on loopback, in every way it can answer.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, Router, http::HeaderMap, response::IntoResponse, routing::post};
use tokio::net::TcpListener;

use super::*;

/// What the endpoint of a test was asked: the `Authorization` header and the body, in order.
pub(crate) type Asked = Arc<Mutex<Vec<(String, Value)>>>;

const ALLOW: &str = r#"{"decision":true,"context":{"reason":"allowed"}}"#;
const DENY: &str = r#"{"decision":false,"context":{"reason":"parameters_out_of_scope",
    "reason_user":{"en":"/amount may be 100 at the most; it was 700"}}}"#;

const WAIT: &str = r#"{"decision":false,"context":{"reason":"approval_required",
    "reason_user":{"en":"A person must approve this exact call first."},"evaluation_id":"d-1",
    "access_request":{"endpoint":"http://c.example/access/v1/requests","binding_token":"signed",
        "form_url":"http://c.example/requests/a-1","expires_at":"2026-01-01T00:00:00Z"}}}"#;

/// A real HTTP endpoint on loopback that always gives the same answer.
pub(crate) async fn endpoint(status: u16, body: &'static str) -> anyhow::Result<(Enforcement, Asked)> {
    let asked = Asked::default();
    let status = StatusCode::from_u16(status)?;
    let seen = Arc::clone(&asked);
    let answer = move |headers: HeaderMap, Json(question): Json<Value>| {
        let key = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        seen.lock().unwrap_or_else(PoisonError::into_inner).push((key.to_owned(), question));
        let id = [("countersign-decision-id", "d-1")];
        async move { (status, id, body).into_response() }
    };
    let address = serve(Router::new().route("/access/v1/evaluation", post(answer))).await?;
    Ok((connect(address)?, asked))
}

pub(crate) async fn serve(router: Router) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn connect(address: SocketAddr) -> anyhow::Result<Enforcement> {
    // Only the first test of the process installs it; for the others it is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Enforcement::new(&format!("http://{address}/"), "pep-key".to_owned())
}

fn arguments() -> Map<String, Value> {
    Map::from_iter([("amount".to_owned(), Value::from(700))])
}

#[tokio::test]
async fn an_allow_is_an_allow() -> anyhow::Result<()> {
    let (enforcement, asked) = endpoint(200, ALLOW).await?;
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(verdict.allowed);
    assert_eq!(verdict.reason, "allowed");
    assert_eq!(verdict.decision_id.as_deref(), Some("d-1"));

    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    let expected = json!({
        "subject": { "type": "user", "id": "self" },
        "action": { "name": "tools/call" },
        "resource": { "type": "tool", "id": "refund", "properties": { "arguments": { "amount": 700 } } },
        "context": { "access_token": "alice-key" },
    });
    assert_eq!(*asked, [("Bearer pep-key".to_owned(), expected)]);
    Ok(())
}

#[tokio::test]
async fn a_call_that_waits_says_where_and_what_to_do() -> anyhow::Result<()> {
    let (enforcement, _) = endpoint(200, WAIT).await?;
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(!verdict.allowed);
    assert!(
        verdict.text.starts_with("A person must approve this exact call first. A person has been asked.")
    );
    assert!(verdict.text.contains("http://c.example/requests/a-1"), "{}", verdict.text);
    let told = serde_json::to_value(&verdict)?;
    let waiting =
        json!({"status_url": "http://c.example/requests/a-1", "expires_at": "2026-01-01T00:00:00Z"});
    assert_eq!(told["approval"], waiting);
    assert!(!told.to_string().contains("signed"), "the token is this server's");
    Ok(())
}

#[tokio::test]
async fn a_deny_comes_with_its_reason() -> anyhow::Result<()> {
    let (enforcement, _) = endpoint(200, DENY).await?;
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(!verdict.allowed);
    assert_eq!(verdict.reason, "parameters_out_of_scope");
    assert_eq!(verdict.text, "/amount may be 100 at the most; it was 700");
    Ok(())
}

#[tokio::test]
async fn a_caller_without_a_token_is_asked_about_too() -> anyhow::Result<()> {
    let (enforcement, asked) = endpoint(200, DENY).await?;
    enforcement.check("refund", &arguments(), None, None).await;
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(asked.first().map(|(_, question)| &question["context"]), Some(&json!({})));
    Ok(())
}

#[tokio::test]
async fn a_bare_deny_is_a_deny() -> anyhow::Result<()> {
    let (enforcement, _) = endpoint(200, r#"{"decision":false}"#).await?;
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(!verdict.allowed);
    assert_eq!((verdict.reason.as_str(), verdict.text.as_str()), ("denied", NOT_ALLOWED));
    Ok(())
}

#[tokio::test]
async fn whatever_is_not_a_readable_200_denies() -> anyhow::Result<()> {
    let answers = [
        (500, ALLOW),
        (503, ALLOW),
        (401, ALLOW),
        (403, ALLOW),
        (201, ALLOW),
        (204, ""),
        (307, ALLOW),
        (200, ""),
        (200, "garbage"),
        (200, "[true]"),
        (200, "true"),
        (200, "null"),
        (200, "{}"),
        (200, r#"{"decision":"true"}"#),
        (200, r#"{"decision":1}"#),
        (200, r#"{"decision":null}"#),
        (200, r#"{"decision":false,"decision":true}"#),
        (200, r#"{"decision":true"#),
        (200, r#"{"decision":true} {"decision":true}"#),
        (200, r#"{"decision":true,"context":{"reason":7}}"#),
    ];
    for (status, body) in answers {
        let (enforcement, _) = endpoint(status, body).await?;
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
        assert!(!verdict.allowed, "{status} {body}");
        assert_eq!(verdict.reason, ENDPOINT_UNAVAILABLE, "{status} {body}");
    }
    Ok(())
}

#[tokio::test]
async fn nobody_there_denies() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let enforcement = connect(listener.local_addr()?)?;
    drop(listener);
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(!verdict.allowed);
    assert_eq!(verdict.reason, ENDPOINT_UNAVAILABLE);
    Ok(())
}

#[tokio::test]
async fn no_answer_in_time_denies() -> anyhow::Result<()> {
    // Connections are taken in by the kernel's backlog and never answered.
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let enforcement = connect(listener.local_addr()?)?;
    let started = Instant::now();
    let verdict = enforcement.check("refund", &arguments(), Some("alice-key"), None).await;
    assert!(!verdict.allowed);
    assert_eq!(verdict.reason, ENDPOINT_UNAVAILABLE);
    // Without its limit it would wait for ever.
    assert!(started.elapsed() < TOTAL_TIMEOUT + Duration::from_secs(60));
    Ok(())
}

#[test]
fn only_one_bearer_token_counts() -> anyhow::Result<()> {
    let headers = |values: &[&str]| -> anyhow::Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("authorization", value.parse()?);
        }
        Ok(headers)
    };
    assert_eq!(bearer_token(&headers(&["Bearer k"])?), Some("k"));
    assert_eq!(bearer_token(&headers(&["bearer  k "])?), Some("k"));
    assert_eq!(bearer_token(&headers(&[])?), None);
    assert_eq!(bearer_token(&headers(&["Bearer "])?), None);
    assert_eq!(bearer_token(&headers(&["Basic k"])?), None);
    assert_eq!(bearer_token(&headers(&["Bearer k", "Bearer other"])?), None);
    Ok(())
}

#[test]
fn a_verdict_is_told_without_its_text() {
    let verdict = Verdict {
        allowed: false,
        reason: "no_matching_rule".to_owned(),
        text: "text".to_owned(),
        decision_id: Some("d-1".to_owned()),
        approval: None,
        micros: 12,
    };
    let told = json!(verdict);
    let expected =
        json!({ "decision": false, "reason": "no_matching_rule", "decision_id": "d-1", "micros": 12 });
    assert_eq!(told, expected);
}

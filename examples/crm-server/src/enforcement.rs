//! The question asked before every tool call: may this caller do exactly this?
//!
//! Copy this file into your own server. It needs `reqwest`, `serde`, `serde_json`, `anyhow` and a running
//! Countersign; it knows nothing of MCP. It fails closed: whatever is not a readable HTTP 200 with
//! `"decision": true` is a denial. It never retries and keeps nothing: a decision holds for one call.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::{StatusCode, Url, header::HeaderMap, redirect};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(2);

/// Our own reason code for a decision that could not be had. All others come from Countersign.
const ENDPOINT_UNAVAILABLE: &str = "endpoint_unavailable";

/// What the caller is told where Countersign gives no text.
const NOT_ALLOWED: &str = "This call is not allowed.";

/// A connection to the enforcement endpoint, made once and shared by all calls.
pub(crate) struct Enforcement {
    evaluation: Url,
    key: String,
    http: reqwest::Client,
}

/// One decision about one call. It serialises to what the tool result carries under `_meta.countersign`.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    #[serde(rename = "decision")]
    pub(crate) allowed: bool,
    /// A stable code, such as `allowed` or `no_matching_rule`.
    pub(crate) reason: String,
    /// Safe to show to the caller.
    #[serde(skip)]
    pub(crate) text: String,
    /// Finds the record of this decision in the console. Absent if the endpoint could not be asked.
    pub(crate) decision_id: Option<String>,
    /// A person was asked to approve this very call. The same call made again passes once it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<Waiting>,
    /// How long the endpoint took, in microseconds, as seen from here.
    pub(crate) micros: u64,
}

/// A call that waits for a person.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub(crate) struct Waiting {
    /// Where the caller sees how it stands.
    #[serde(rename(deserialize = "form_url"))]
    pub(crate) status_url: String,
    /// From then on nobody decides it any more (RFC 3339).
    pub(crate) expires_at: String,
}

impl Enforcement {
    /// `countersign` is the base URL, such as `http://127.0.0.1:8787`; `key` is the secret of this
    /// server's credential there.
    ///
    /// # Errors
    /// The URL does not parse, or the HTTP client cannot be set up.
    pub(crate) fn new(countersign: &str, key: String) -> anyhow::Result<Self> {
        let evaluation = Url::parse(&format!("{}/access/v1/evaluation", countersign.trim_end_matches('/')))?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TOTAL_TIMEOUT)
            // The request carries two secrets: it goes to this address and to no other.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()?;
        Ok(Self { evaluation, key, http })
    }

    /// Asks whether the holder of `caller_token` may call `tool` with `arguments`.
    ///
    /// A caller without a token is asked about too, so that the refusal is on record.
    pub(crate) async fn check(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        caller_token: Option<&str>,
    ) -> Verdict {
        let question = question(tool, arguments, caller_token);
        let started = Instant::now();
        let answer = self.ask(&question).await;
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        match answer {
            Ok((answer, decision_id)) => answer.into_verdict(decision_id, micros),
            Err(failure) => {
                eprintln!("crm-server: `{tool}` denied, no decision: {failure}");
                Verdict {
                    allowed: false,
                    reason: ENDPOINT_UNAVAILABLE.to_owned(),
                    text: "This call could not be authorised right now, so it was not made. Try again later."
                        .to_owned(),
                    decision_id: None,
                    approval: None,
                    micros,
                }
            }
        }
    }

    /// The error is for the operator's log; it holds neither key nor token.
    async fn ask(&self, question: &Value) -> Result<(Answer, Option<String>), String> {
        let response = self
            .http
            .post(self.evaluation.clone())
            .bearer_auth(&self.key)
            .json(question)
            .send()
            .await
            .map_err(|error| format!("{error:?}"))?;
        // A denial is a 200 as well. Any other status means that the question itself failed.
        if response.status() != StatusCode::OK {
            return Err(format!("the endpoint answered {}", response.status()));
        }
        let decision_id = decision_id(response.headers());
        let body = response.bytes().await.map_err(|error| format!("{error:?}"))?;
        // serde would read an array as a struct too, `[true]` as an allow.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err("unreadable answer: not a JSON object".to_owned());
        }
        let answer = serde_json::from_slice(&body).map_err(|error| format!("unreadable answer: {error}"))?;
        Ok((answer, decision_id))
    }
}

/// The bearer token of an incoming HTTP request; none if there is no or more than one `Authorization`.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all("authorization").iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The AuthZEN evaluation request. The subject `self` is whoever the token names: Countersign verifies
/// the token itself, so this server need not know who is calling, and cannot claim it either.
fn question(tool: &str, arguments: &Map<String, Value>, caller_token: Option<&str>) -> Value {
    let mut context = Map::new();
    if let Some(token) = caller_token {
        context.insert("access_token".to_owned(), Value::from(token));
    }
    json!({
        "subject": { "type": "user", "id": "self" },
        "action": { "name": "tools/call" },
        "resource": { "type": "tool", "id": tool, "properties": { "arguments": arguments } },
        "context": context,
    })
}

fn decision_id(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("countersign-decision-id")?.to_str().ok()?.to_owned())
}

#[derive(Deserialize)]
struct Answer {
    decision: bool,
    #[serde(default)]
    context: AnswerContext,
}

/// All of it optional: a credential with `responses: minimal` is told the decision alone.
#[derive(Default, Deserialize)]
struct AnswerContext {
    reason: Option<String>,
    /// Texts for the caller by language.
    #[serde(default)]
    reason_user: BTreeMap<String, String>,
    access_request: Option<Waiting>,
}

impl Answer {
    fn into_verdict(self, decision_id: Option<String>, micros: u64) -> Verdict {
        let AnswerContext { reason, mut reason_user, access_request } = self.context;
        let fallback = if self.decision { ("allowed", "") } else { ("denied", NOT_ALLOWED) };
        let mut text = reason_user.remove("en").unwrap_or_else(|| fallback.1.to_owned());
        if let Some(waiting) = &access_request {
            // The agent must not look for another way meanwhile, and needs to know what to do.
            let Waiting { status_url, expires_at } = waiting;
            text.push_str(&format!(
                " A person has been asked. See {status_url} (until {expires_at}), and make exactly this call again \
                 once it is approved."
            ));
        }
        Verdict {
            allowed: self.decision,
            reason: reason.unwrap_or_else(|| fallback.0.to_owned()),
            text,
            decision_id,
            approval: access_request,
            micros,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
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
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
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
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
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
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
        assert!(!verdict.allowed);
        assert_eq!(verdict.reason, "parameters_out_of_scope");
        assert_eq!(verdict.text, "/amount may be 100 at the most; it was 700");
        Ok(())
    }

    #[tokio::test]
    async fn a_caller_without_a_token_is_asked_about_too() -> anyhow::Result<()> {
        let (enforcement, asked) = endpoint(200, DENY).await?;
        enforcement.check("refund", &arguments(), None).await;
        let asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(asked.first().map(|(_, question)| &question["context"]), Some(&json!({})));
        Ok(())
    }

    #[tokio::test]
    async fn a_bare_deny_is_a_deny() -> anyhow::Result<()> {
        let (enforcement, _) = endpoint(200, r#"{"decision":false}"#).await?;
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
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
            let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
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
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
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
        let verdict = enforcement.check("refund", &arguments(), Some("alice-key")).await;
        assert!(!verdict.allowed);
        assert_eq!(verdict.reason, ENDPOINT_UNAVAILABLE);
        assert!(started.elapsed() < TOTAL_TIMEOUT + Duration::from_secs(1));
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
}

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

    /// Asks whether the holder of `caller_token` may call `tool` with `arguments`, under `task` where the call names
    /// one: a task narrows, so whoever calls may name it.
    ///
    /// A caller without a token is asked about too, so that the refusal is on record.
    pub(crate) async fn check(
        &self,
        tool: &str,
        arguments: &Map<String, Value>,
        caller_token: Option<&str>,
        task: Option<&str>,
    ) -> Verdict {
        let question = question(tool, arguments, caller_token, task);
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
fn question(
    tool: &str,
    arguments: &Map<String, Value>,
    caller_token: Option<&str>,
    task: Option<&str>,
) -> Value {
    let mut context = Map::new();
    if let Some(token) = caller_token {
        context.insert("access_token".to_owned(), Value::from(token));
    }
    if let Some(task) = task {
        context.insert("task".to_owned(), Value::from(task));
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
pub(crate) mod tests;

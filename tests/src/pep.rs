//! An MCP server or gateway that asks the enforcement endpoint.

use serde_json::{Value, json};
use std::net::SocketAddr;

/// Asks with one enforcement key.
#[derive(Debug, Clone)]
pub struct Pep {
    http: reqwest::Client,
    address: SocketAddr,
    key: String,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    pub status: u16,
    pub body: Value,
    pub decision_id: Option<String>,
    pub request_id: Option<String>,
}

impl Told {
    pub fn allowed(&self) -> bool {
        self.status == 200 && self.body["decision"] == Value::Bool(true)
    }

    /// The reason code of a denial.
    pub fn reason(&self) -> &str {
        assert_eq!(self.status, 200, "{self:?}");
        if self.allowed() {
            "allowed"
        } else {
            self.body["context"]["reason"].as_str().unwrap_or("none given")
        }
    }

    pub fn text(&self) -> &str {
        self.body["context"]["reason_user"]["en"].as_str().unwrap_or_default()
    }
}

impl Pep {
    pub fn new(address: SocketAddr, key: &str) -> Self {
        // Loopback and plain http; the provider is only needed so that a client can be built at all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, address, key: key.to_owned() }
    }

    /// The same key at another replica.
    #[must_use]
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// One tool call by whoever holds `token`.
    pub async fn call(&self, token: &str, tool: &str, arguments: Value) -> Told {
        self.ask(&call_body(token, tool, arguments)).await
    }

    /// The same, or nothing where the server is gone.
    pub async fn try_call(&self, token: &str, tool: &str, arguments: Value) -> Option<Told> {
        let body = call_body(token, tool, arguments).to_string();
        let request = self
            .http
            .post(format!("http://{}/access/v1/evaluation", self.address))
            .header("content-type", "application/json")
            .bearer_auth(&self.key)
            .body(body);
        told(request.send().await.ok()?).await
    }

    /// As [`Pep::ask`], or nothing where the server is gone.
    pub async fn try_ask(&self, body: &Value) -> Option<Told> {
        let request = self
            .http
            .post(format!("http://{}/access/v1/evaluation", self.address))
            .header("content-type", "application/json")
            .bearer_auth(&self.key)
            .body(body.to_string());
        told(request.send().await.ok()?).await
    }

    pub async fn ask(&self, body: &Value) -> Told {
        self.send("/access/v1/evaluation", "application/json", body.to_string().into_bytes()).await
    }

    pub async fn send(&self, path: &str, content_type: &str, body: Vec<u8>) -> Told {
        let mut request = self.http.post(format!("http://{}{path}", self.address)).body(body);
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        if !self.key.is_empty() {
            request = request.bearer_auth(&self.key);
        }
        told(request.send().await.expect("an answer")).await.expect("a whole answer")
    }
}

/// Reads an answer to its end; nothing where it breaks off.
async fn told(response: reqwest::Response) -> Option<Told> {
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (decision_id, request_id) = (header("countersign-decision-id"), header("x-request-id"));
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Some(Told { status, body, decision_id, request_id })
}

/// 15 kB of text which no database keeps in much less.
pub fn noise() -> String {
    std::iter::repeat_with(|| uuid::Uuid::now_v7().simple().to_string()).take(470).collect()
}

/// The arguments of a refund that the demo's rules allow.
pub fn refund() -> Value {
    json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"})
}

/// A tool call as PEPs send it.
pub fn call_body(token: &str, tool: &str, arguments: Value) -> Value {
    json!({
        "subject": {"type": "user", "id": "self"},
        "action": {"name": "tools/call"},
        "resource": {"type": "tool", "id": tool, "properties": {"arguments": arguments}},
        "context": {"access_token": token},
    })
}

//! Callers that send an `Idempotency-Key`.

use crate::approvals::helpers::note;
use serde_json::Value;
use std::net::SocketAddr;
use tests::World;
use tests::pep::call_body;

/// Calls with a key that says which call it is.
#[derive(Clone)]
pub(crate) struct Keyed {
    http: reqwest::Client,
    url: String,
    pep: String,
    body: String,
}

impl Keyed {
    /// The note with this text.
    pub(crate) fn new(world: &World, address: SocketAddr, text: &str) -> Self {
        Self {
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            url: format!("http://{address}/access/v1/evaluation"),
            pep: world.secret("CRM_PEP_KEY").to_owned(),
            body: call_body(world.secret("REFUND_BOT_KEY"), "add_note", note(text)).to_string(),
        }
    }

    /// The decision that let the call pass; an error where none did, or no answer came.
    pub(crate) async fn call(&self, key: &str) -> Result<String, String> {
        let sent = self
            .http
            .post(&self.url)
            .bearer_auth(&self.pep)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(self.body.clone())
            .send()
            .await
            .map_err(|error| error.to_string())?;
        let id =
            sent.headers().get("countersign-decision-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let text = sent.text().await.map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&text).map_err(|_| text.clone())?;
        if answer["decision"] == true { id.ok_or(text) } else { Err(text) }
    }
}

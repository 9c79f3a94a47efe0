//! Asking a provider: through the address guard, without redirects, within limits of size and time, and what it answers
//! is read strictly.

use super::error::SignInError;
use crate::console::ConsoleState;
use axum::http::{HeaderValue, Method, header};
use pdp::address_guard::{AddressError, GuardedClient};
use policy::arguments::parse_exact;
use policy::text::shown;
use serde_json::{Map, Value};
use std::time::Duration;

/// One request with its answer.
const TIME: Duration = Duration::from_secs(10);

/// The largest answer, in bytes.
const LARGEST: usize = 512 * 1024;

/// The longest text of somebody else's that the log repeats.
const TOLD: usize = 200;

/// The client, made when it is first needed.
pub(super) fn client(state: &ConsoleState) -> Result<GuardedClient, AddressError> {
    if let Some(client) = state.provider_client.get() {
        return Ok(client.clone());
    }
    let made = state.console.guard.client(TIME)?;
    Ok(state.provider_client.get_or_init(|| made).clone())
}

/// One JSON object.
pub(super) async fn object(client: &GuardedClient, url: &str) -> Result<Map<String, Value>, SignInError> {
    let request = client.request(Method::GET, url)?.header(header::ACCEPT, "application/json");
    read(url, request).await
}

/// Posts a form, and reads the JSON object that is the answer. `authorization`: that header, whole.
pub(super) async fn form(
    client: &GuardedClient,
    url: &str,
    body: String,
    authorization: Option<HeaderValue>,
) -> Result<Map<String, Value>, SignInError> {
    let request = client
        .request(Method::POST, url)?
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    let request = match authorization {
        Some(value) => request.header(header::AUTHORIZATION, value),
        None => request,
    };
    read(url, request).await
}

async fn read(url: &str, request: reqwest::RequestBuilder) -> Result<Map<String, Value>, SignInError> {
    let mut response = request.send().await.map_err(|error| broken(url, &error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(SignInError::Status { url: shown(url, TOLD), status });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(url, &error))? {
        if chunk.len() > LARGEST.saturating_sub(body.len()) {
            return Err(SignInError::TooLarge(shown(url, TOLD)));
        }
        body.extend_from_slice(&chunk);
    }
    match parse_exact(&body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(SignInError::NotJson(shown(url, TOLD))),
    }
}

fn broken(url: &str, error: &reqwest::Error) -> SignInError {
    if let Some(refusal) = AddressError::within(error) {
        return SignInError::Address(refusal.clone());
    }
    // The first cause says most: `Connection refused` rather than `error sending request`.
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    SignInError::Unreachable { url: shown(url, TOLD), reason: shown(&innermost.to_string(), TOLD) }
}

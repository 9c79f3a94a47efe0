//! Fetching an issuer's documents: through the address guard, without redirects, within limits of size and time.

use super::discovery;
use super::keys::KeySet;
use crate::address_guard::{AddressError, AddressGuard, CONNECT_TIMEOUT, GuardedClient};
use policy::arguments::parse_exact;
use policy::issuer::KeySource;
use policy::text::shown;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Map, Value};
use std::time::Duration;

/// The longest text of somebody else's that an error repeats.
const LONGEST: usize = 200;

/// What a fetch may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// All requests of one fetch together.
    pub(super) time: Duration,
    /// The body of one answer.
    pub(super) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), bytes: 1024 * 1024 }
    }
}

/// Why an issuer's keys could not be fetched, or it could not be asked; for the administrator and the reviewer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} answered HTTP {status}")]
    Status { url: String, status: u16 },
    #[error("{url} leads elsewhere (HTTP {status} to `{location}`), which is not followed")]
    Redirect { url: String, status: u16, location: String },
    #[error("{url} answered more than {limit} bytes")]
    TooLarge { url: String, limit: usize },
    #[error("{url} did not answer with a JSON object of one meaning")]
    NotJson { url: String },
    #[error("no answer within {} ms", .after.as_millis())]
    TimedOut { after: Duration },
    #[error("{url} is the metadata of another issuer (`{issuer}`)")]
    OtherIssuer { url: String, issuer: String },
    #[error("{url} names no address of keys (`jwks_uri`)")]
    NoKeysAddress { url: String },
    #[error("the address of the keys that {url} names {why}")]
    KeysAddress { url: String, why: &'static str },
    #[error("{url} names no address to ask about tokens at (`introspection_endpoint`)")]
    NoEndpoint { url: String },
    #[error("the address to ask about tokens at that {url} names {why}")]
    Endpoint { url: String, why: &'static str },
    #[error("{url} answered with a signed answer (RFC 9701), which is not supported")]
    SignedAnswer { url: String },
    #[error("{url} is no set of keys: {why}")]
    NotKeys { url: String, why: &'static str },
    #[error("{0}")]
    Given(&'static str),
}

#[derive(Debug, Clone)]
pub(super) struct Fetcher {
    client: GuardedClient,
    limits: Limits,
}

impl Fetcher {
    pub(super) fn new(guard: &AddressGuard, limits: Limits) -> Result<Self, AddressError> {
        Ok(Self { client: guard.client(limits.time)?, limits })
    }

    /// The keys of an issuer as they are published now.
    pub(super) async fn keys(&self, issuer: &str, source: &KeySource) -> Result<KeySet, FetchError> {
        let fetching = Box::pin(self.fetch_keys(issuer, source));
        let timed_out = |_| Err(FetchError::TimedOut { after: self.limits.time });
        tokio::time::timeout(self.limits.time, fetching).await.unwrap_or_else(timed_out)
    }

    async fn fetch_keys(&self, issuer: &str, source: &KeySource) -> Result<KeySet, FetchError> {
        let url = match source {
            KeySource::Discovery => discovery::keys_address(self, issuer).await?,
            KeySource::JwksUrl(url) => url.clone(),
            KeySource::Jwks(given) => return KeySet::read(given).map_err(FetchError::Given),
        };
        let document = self.object(&url).await?;
        KeySet::read(&document).map_err(|why| FetchError::NotKeys { url: told(&url), why })
    }

    /// One JSON object, read strictly.
    pub(super) async fn object(&self, url: &str) -> Result<Map<String, Value>, FetchError> {
        self.answer(url, self.client.request(Method::GET, url)?).await
    }

    /// Posts a form, and reads the JSON object that is the answer. `authorization`: that header, whole.
    pub(super) async fn form(
        &self,
        url: &str,
        body: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Map<String, Value>, FetchError> {
        let request = self.client.request(Method::POST, url)?;
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let request = match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        };
        self.answer(url, request).await
    }

    async fn answer(&self, url: &str, request: RequestBuilder) -> Result<Map<String, Value>, FetchError> {
        let request = request.header(ACCEPT, "application/json");
        let response = request.send().await.map_err(|error| self.broken(url, &error))?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let location = told(location.unwrap_or_default());
            return Err(FetchError::Redirect { url: told(url), status, location });
        }
        if status != 200 {
            return Err(FetchError::Status { url: told(url), status });
        }
        let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if media_type.is_some_and(|given| given.to_ascii_lowercase().contains("token-introspection+jwt")) {
            return Err(FetchError::SignedAnswer { url: told(url) });
        }
        let body = self.body(url, response).await?;
        match parse_exact(&body) {
            Ok(Value::Object(object)) => Ok(object),
            _ => Err(FetchError::NotJson { url: told(url) }),
        }
    }

    /// A whole body, up to the limit.
    async fn body(&self, url: &str, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.limits.bytes;
        let too_large = || FetchError::TooLarge { url: told(url), limit };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |length| length > limit) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(url, &error))? {
            if chunk.len() > limit - body.len() {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, url: &str, error: &reqwest::Error) -> FetchError {
        // The client keeps the same time as we do; which of the two is first is chance.
        if error.is_timeout() && !error.is_connect() {
            return FetchError::TimedOut { after: self.limits.time };
        }
        broken(url, error)
    }
}

fn told(text: &str) -> String {
    shown(text, LONGEST)
}

fn broken(url: &str, error: &reqwest::Error) -> FetchError {
    if let Some(refusal) = AddressError::within(error) {
        return FetchError::Address(refusal.clone());
    }
    let reason = if error.is_connect() && error.is_timeout() {
        format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
    } else {
        // The first cause says most: `Connection refused` rather than `error sending request`.
        let mut innermost: &dyn std::error::Error = error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        innermost.to_string()
    };
    FetchError::Unreachable { url: told(url), reason: told(&reason) }
}

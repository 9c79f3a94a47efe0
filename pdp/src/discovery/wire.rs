//! The HTTP side of the MCP client: one POST, one answer, within the limits.
//!
//! rmcp brings its own HTTP client, but that one hands on tools only as far as rmcp knows their members, and
//! leaves out tools whose header annotations it dislikes. What a person reviews must be what the server sent, so
//! the bytes are read here, and the list is kept as it came. An event stream is read up to the answer and no
//! further; the stream that a server may push on by itself is never opened.

use super::error::{DiscoveryError, shown};
use crate::address_guard::{AddressError, CONNECT_TIMEOUT, GuardedClient};
use futures::StreamExt;
use futures::stream::BoxStream;
use policy::arguments::parse_exact;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, Response};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, ErrorData, RequestId, ServerJsonRpcMessage};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
};
use serde_json::Value;
use sse_stream::{Sse, SseStream};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SESSION: &str = "mcp-session-id";

/// How much of an error's body is read.
const ERROR_BYTES: usize = 2_048;

/// The connection to one server.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    client: GuardedClient,
    url: Arc<str>,
    /// How many bytes one answer may have.
    limit: usize,
    seen: Arc<Mutex<Seen>>,
}

/// What went by that rmcp does not hand on.
#[derive(Debug, Default)]
struct Seen {
    failure: Option<DiscoveryError>,
    listed: Option<Value>,
}

/// Stands for a failure that is kept in the [`Wire`].
#[derive(Debug, thiserror::Error)]
#[error("the exchange with the server failed")]
pub(super) struct Failed;

type Refusal = StreamableHttpError<Failed>;

/// A request that waits for its answer.
struct Asked {
    id: RequestId,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Discover,
    ListTools,
    Other,
}

impl Asked {
    /// None where the message is no request, so that nothing waits for an answer.
    fn of(message: &ClientJsonRpcMessage) -> Option<Self> {
        let ClientJsonRpcMessage::Request(request) = message else { return None };
        let kind = match &request.request {
            ClientRequest::DiscoverRequest(_) => Kind::Discover,
            ClientRequest::ListToolsRequest(_) => Kind::ListTools,
            _ => Kind::Other,
        };
        Some(Self { id: request.id.clone(), kind })
    }

    /// Some servers answer the number 1 with the text "1".
    fn is_answered_by(&self, id: &RequestId) -> bool {
        *id == self.id || id.to_string() == self.id.to_string()
    }
}

/// Why the bytes of an event stream ended.
#[derive(Debug, thiserror::Error)]
enum BodyError {
    #[error("too large")]
    TooLarge,
    #[error(transparent)]
    Broken(reqwest::Error),
}

impl Wire {
    pub(super) fn new(client: GuardedClient, url: &str, limit: usize) -> Self {
        Self { client, url: Arc::from(url), limit, seen: Arc::default() }
    }

    /// The first failure, if there was one.
    pub(super) fn failure(&self) -> Option<DiscoveryError> {
        self.seen().failure.clone()
    }

    /// The result of the last `tools/list`, as it came.
    pub(super) fn take_listed(&self) -> Option<Value> {
        self.seen().listed.take()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_mcp(&self, reason: &str) -> DiscoveryError {
        DiscoveryError::not_mcp(&self.url, reason)
    }

    async fn exchange(
        &self,
        asked: Option<Asked>,
        body: Vec<u8>,
        session: Option<Arc<str>>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, DiscoveryError> {
        let mut request = self
            .client
            .request(Method::POST, &self.url)?
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream");
        if let Some(session) = &session {
            request = request.header(SESSION, &**session);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await.map_err(|error| self.broken(&error))?;
        let (status, url) = (response.status(), shown(&self.url));
        if status.is_redirection() {
            let location = header(&response, LOCATION.as_str()).unwrap_or_default();
            return Err(DiscoveryError::Redirect {
                url,
                status: status.as_u16(),
                location: shown(&location),
            });
        }
        let challenged = response.headers().contains_key(WWW_AUTHENTICATE);
        if status.as_u16() == 401 || status.as_u16() == 403 && challenged {
            return Err(DiscoveryError::Credential { url, status: status.as_u16() });
        }
        let Some(asked) = asked else {
            // Nothing waits for an answer; whatever else came with it is not read.
            return if status.is_success() {
                Ok(StreamableHttpPostResponse::Accepted)
            } else {
                Err(self.status(response).await)
            };
        };
        let session = header(&response, SESSION);
        let content = media_type(&response);
        let answer = if !status.is_success() {
            self.rejected(&asked, response, &content).await?
        } else if content == "application/json" {
            let bytes = self.read(response).await?;
            self.answer(&asked, &bytes)?.ok_or_else(|| self.not_mcp("it answered with no response"))?
        } else if content == "text/event-stream" {
            self.first_answer(&asked, response).await?
        } else if content.is_empty() {
            return Err(self.not_mcp("it answers without a content type"));
        } else {
            let reason = format!("it answers with `{content}`, neither JSON nor an event stream");
            return Err(self.not_mcp(&reason));
        };
        Ok(StreamableHttpPostResponse::Json(answer, session))
    }

    /// What an HTTP error says. A JSON-RPC error in it counts as the answer; and servers of the older revision
    /// refuse `server/discover` in any way they like, upon which the older handshake is tried.
    async fn rejected(
        &self,
        asked: &Asked,
        response: Response,
        content: &str,
    ) -> Result<ServerJsonRpcMessage, DiscoveryError> {
        let status = response.status();
        if content == "application/json" {
            let bytes = self.read(response).await?;
            if let Ok(Some(answer)) = self.answer(asked, &bytes) {
                return Ok(answer);
            }
            return self.no_answer(asked, status.as_u16(), &bytes);
        }
        let bytes = self.begin(response).await;
        self.no_answer(asked, status.as_u16(), &bytes)
    }

    fn no_answer(
        &self,
        asked: &Asked,
        status: u16,
        body: &[u8],
    ) -> Result<ServerJsonRpcMessage, DiscoveryError> {
        if asked.kind == Kind::Discover && (400..500).contains(&status) && status != 403 {
            let error = ErrorData::invalid_request(format!("HTTP {status}"), None);
            return Ok(ServerJsonRpcMessage::error(error, Some(asked.id.clone())));
        }
        Err(DiscoveryError::Status { url: shown(&self.url), status, said: said(body) })
    }

    async fn status(&self, response: Response) -> DiscoveryError {
        let status = response.status().as_u16();
        let said = said(&self.begin(response).await);
        DiscoveryError::Status { url: shown(&self.url), status, said }
    }

    /// Reads one message. None where it is not the answer.
    fn answer(&self, asked: &Asked, text: &[u8]) -> Result<Option<ServerJsonRpcMessage>, DiscoveryError> {
        let message: ServerJsonRpcMessage = serde_json::from_slice(text).map_err(|error| {
            self.not_mcp(&format!("it answers with something else than JSON-RPC ({error})"))
        })?;
        match message {
            ServerJsonRpcMessage::Response(response) => {
                if !asked.is_answered_by(&response.id) {
                    return Err(self.not_mcp("it answers a request that was not made"));
                }
                if asked.kind == Kind::ListTools {
                    // Duplicate keys and inexact numbers could be one thing to us and another to an agent.
                    let mut exact = parse_exact(text).map_err(|error| self.not_mcp(&error.to_string()))?;
                    self.seen().listed = exact.get_mut("result").map(Value::take);
                }
                Ok(Some(ServerJsonRpcMessage::response(response.result, asked.id.clone())))
            }
            // Who cannot read a request answers without its id.
            ServerJsonRpcMessage::Error(error)
                if error.id.as_ref().is_none_or(|id| asked.is_answered_by(id)) =>
            {
                Ok(Some(ServerJsonRpcMessage::error(error.error, Some(asked.id.clone()))))
            }
            ServerJsonRpcMessage::Error(_) => Err(self.not_mcp("it answers a request that was not made")),
            ServerJsonRpcMessage::Request(_) | ServerJsonRpcMessage::Notification(_) => Ok(None),
        }
    }

    /// Reads an event stream up to the answer.
    async fn first_answer(
        &self,
        asked: &Asked,
        response: Response,
    ) -> Result<ServerJsonRpcMessage, DiscoveryError> {
        let mut left = self.limit;
        let bytes = response.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(BodyError::Broken)?;
            left = left.checked_sub(chunk.len()).ok_or(BodyError::TooLarge)?;
            Ok::<_, BodyError>(chunk)
        });
        let mut events = SseStream::from_bytes_stream(bytes).boxed();
        while let Some(event) = events.next().await {
            let data = event.map_err(|error| self.stream_broken(&error))?.data.unwrap_or_default();
            if data.trim().is_empty() {
                continue;
            }
            if let Some(answer) = self.answer(asked, data.as_bytes())? {
                return Ok(answer);
            }
        }
        Err(self.not_mcp("its event stream ended without an answer"))
    }

    /// Reads a whole body, up to the limit.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, DiscoveryError> {
        let too_large = DiscoveryError::ResponseTooLarge { limit: self.limit };
        let announced = response.content_length().unwrap_or(0);
        if usize::try_from(announced).map_or(true, |length| length > self.limit) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(&error))? {
            if chunk.len() > self.limit - body.len() {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// How a body begins, as far as it can be read.
    async fn begin(&self, mut response: Response) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < ERROR_BYTES {
            let Ok(Some(chunk)) = response.chunk().await else { break };
            body.extend(chunk.iter().take(ERROR_BYTES - body.len()));
        }
        body
    }

    fn stream_broken(&self, error: &SseError) -> DiscoveryError {
        if let SseError::Body(inner) = error {
            match inner.downcast_ref::<BodyError>() {
                Some(BodyError::TooLarge) => return DiscoveryError::ResponseTooLarge { limit: self.limit },
                Some(BodyError::Broken(error)) => return self.broken(error),
                None => {}
            }
        }
        self.not_mcp(&format!("its event stream cannot be read ({error})"))
    }

    fn broken(&self, error: &reqwest::Error) -> DiscoveryError {
        if let Some(refusal) = AddressError::within(error) {
            return DiscoveryError::Address(refusal.clone());
        }
        let reason = if error.is_connect() && error.is_timeout() {
            format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
        } else {
            innermost(error)
        };
        DiscoveryError::Unreachable { url: shown(&self.url), reason: shown(&reason) }
    }
}

/// The first cause says most: `Connection refused` rather than `error sending request`.
fn innermost(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!(": {}", shown(text)) }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The content type without its parameters, in lower case.
fn media_type(response: &Response) -> String {
    let given = header(response, CONTENT_TYPE.as_str()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl StreamableHttpClient for Wire {
    type Error = Failed;

    async fn post_message(
        &self,
        _uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Refusal> {
        let asked = Asked::of(&message);
        let body = serde_json::to_vec(&message)?;
        let exchanged = self.exchange(asked, body, session_id, custom_headers).await;
        exchanged.map_err(|failure| {
            self.seen().failure.get_or_insert(failure);
            StreamableHttpError::Client(Failed)
        })
    }

    async fn delete_session(
        &self,
        _uri: Arc<str>,
        session_id: Arc<str>,
        _auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Refusal> {
        if let Ok(request) = self.client.request(Method::DELETE, &self.url) {
            let mut request = request.header(SESSION, &*session_id);
            for (name, value) in custom_headers {
                request = request.header(name, value);
            }
            // What becomes of the session is the server's own affair.
            let _ = request.send().await;
        }
        Ok(())
    }

    async fn get_stream(
        &self,
        _uri: Arc<str>,
        _session_id: Option<Arc<str>>,
        _last_event_id: Option<String>,
        _auth_header: Option<String>,
        _custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Refusal> {
        Err(StreamableHttpError::ServerDoesNotSupportSse)
    }
}

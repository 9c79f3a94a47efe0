//! Finding the tools of an MCP server, and what becomes of them in the catalog.
//!
//! [`discover`] asks the server itself, as an MCP client, and writes nothing. [`refresh()`] brings the catalog to
//! what was found, and [`review()`] takes down what a person found of one tool. What a server says about itself is
//! hostile until a person has read it: it is bounded here, and decides nothing.

mod error;
mod refresh;
mod review;
mod tools;
mod wire;

pub use error::DiscoveryError;
pub use refresh::{RefreshError, RefreshReport, refresh};
pub use review::{Labels, ReviewError, review};

use crate::address_guard::AddressGuard;
use error::shown;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ErrorCode, Implementation, PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::ClientInitializeError;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt, Peer, RoleClient, ServiceError};
use serde_json::Value;
use std::time::Duration;
use tools::Listing;
use wire::Wire;

/// How long saying goodbye to a server may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// How much a server may say, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub pages: usize,
    pub tools: usize,
    /// Of one tool, as it is kept.
    pub definition_bytes: usize,
    /// Of one answer, as it is read.
    pub response_bytes: usize,
    /// For everything together.
    pub overall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pages: 50,
            tools: 2_000,
            definition_bytes: 64 * 1024,
            response_bytes: 4 * 1024 * 1024,
            overall: Duration::from_secs(30),
        }
    }
}

/// How far discovery has come, for the person who waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Connecting,
    Connected {
        server: String,
        protocol_version: String,
    },
    /// So many pages were read, and so many tools found on them.
    Listed {
        pages: usize,
        tools: usize,
    },
}

/// What a server says about itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovered {
    /// Where it was asked; the catalog is refreshed only while its server is still registered there.
    pub url: String,
    /// Its own name for itself, or nothing. At most 200 characters, like the version.
    pub server_name: String,
    pub server_version: String,
    pub protocol_version: String,
    /// In the order of the list; each name occurs once.
    pub tools: Vec<DiscoveredTool>,
}

/// A tool as its server lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveredTool {
    pub name: String,
    /// The tool object as it came, but for `_meta`.
    pub definition: Value,
    /// [`definition_hash`](crate::catalog::definition_hash) of it.
    pub hash: String,
}

/// Asks the MCP server at this URL for its tools. Needs a TLS provider installed, and tokio.
///
/// # Errors
/// When it cannot be reached, may not be, is no MCP server, or says too much; the text is for the person who
/// asked.
pub async fn discover(
    server_url: &str,
    guard: &AddressGuard,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Discovered, DiscoveryError> {
    discover_within(server_url, guard, &Limits::default(), progress).await
}

/// As [`discover`], within other limits.
///
/// # Errors
/// As [`discover`].
pub async fn discover_within(
    server_url: &str,
    guard: &AddressGuard,
    limits: &Limits,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Discovered, DiscoveryError> {
    let asking = Box::pin(ask(server_url, guard, limits, progress));
    let asked = tokio::time::timeout(limits.overall, asking).await;
    asked.unwrap_or_else(|_| Err(DiscoveryError::timed_out(limits)))
}

async fn ask(
    server_url: &str,
    guard: &AddressGuard,
    limits: &Limits,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Discovered, DiscoveryError> {
    guard.check_url(server_url)?;
    progress(Progress::Connecting);
    // The time of one request ends after that of all, so that the latter is what is told.
    let http = guard.client(limits.overall.saturating_add(GOODBYE))?;
    let wire = Wire::new(http, server_url, limits.response_bytes);
    let config = StreamableHttpClientTransportConfig::with_uri(server_url).reinit_on_expired_session(false);
    let transport = StreamableHttpClientTransport::with_client(wire.clone(), config);
    let us = Implementation::new("countersign", env!("CARGO_PKG_VERSION"));
    let handshake = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    let us = ClientConfig::new(ClientCapabilities::default(), us);
    let connecting = Box::pin(us.serve_with_lifecycle(transport, handshake));
    let client = connecting
        .await
        .map_err(|error| wire.failure().unwrap_or_else(|| not_connected(server_url, &error)))?;

    let info = client.peer_info();
    let own = info.as_ref().and_then(|info| info.server_info.as_ref());
    let server_name = own.map(|own| shown(&own.name)).unwrap_or_default();
    let server_version = own.map(|own| shown(&own.version)).unwrap_or_default();
    let protocol_version =
        info.as_ref().map(|info| shown(info.protocol_version.as_str())).unwrap_or_default();
    let has_tools = info.as_ref().is_some_and(|info| info.capabilities.tools.is_some());
    progress(Progress::Connected { server: server_name.clone(), protocol_version: protocol_version.clone() });

    let listed = list(client.peer(), &wire, server_url, has_tools, limits, progress).await;
    // The tools are here, or will not come; how the connection ends changes nothing.
    let _ = tokio::time::timeout(GOODBYE, client.cancel()).await;
    let tools = listed?;
    Ok(Discovered { url: server_url.to_owned(), server_name, server_version, protocol_version, tools })
}

/// Reads the pages one by one. A server that says it has no tools need not know how to list them.
async fn list(
    peer: &Peer<RoleClient>,
    wire: &Wire,
    url: &str,
    has_tools: bool,
    limits: &Limits,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Vec<DiscoveredTool>, DiscoveryError> {
    let mut listing = Listing::new(limits);
    let mut cursor = None;
    loop {
        let page = PaginatedRequestParams::default().with_cursor(cursor);
        let answer = Box::pin(peer.list_tools(Some(page))).await;
        match answer {
            Ok(_) => {}
            Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND && !has_tools => {
                return Ok(Vec::new());
            }
            Err(ServiceError::UnexpectedResponse) => {
                // rmcp could not read it as a list. What exactly is wrong with it, ours may know.
                listing.take(url, wire.take_listed().unwrap_or(Value::Null))?;
                return Err(DiscoveryError::not_mcp(url, "its tools have members of the wrong type"));
            }
            Err(error) => return Err(wire.failure().unwrap_or_else(|| not_listed(&error))),
        }
        // The list as the server sent it: rmcp hands on only the members it knows.
        let page = wire.take_listed().unwrap_or(Value::Null);
        cursor = listing.take(url, page)?;
        progress(Progress::Listed { pages: listing.pages(), tools: listing.len() });
        if cursor.is_none() {
            return Ok(listing.into_tools());
        }
    }
}

/// Why the handshake failed, where the wire itself did not.
fn not_connected(url: &str, error: &ClientInitializeError) -> DiscoveryError {
    match error {
        ClientInitializeError::JsonRpcError(error) => {
            DiscoveryError::Answered { code: error.code.0, message: shown(&error.message) }
        }
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => not_connected(url, fallback),
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let offered: Vec<&str> = server_supported.iter().map(ProtocolVersion::as_str).collect();
            DiscoveryError::NoCommonVersion { url: shown(url), offered: shown(&offered.join(", ")) }
        }
        ClientInitializeError::TransportError { .. } | ClientInitializeError::ConnectionClosed(_) => {
            DiscoveryError::Interrupted { reason: "during the handshake".to_owned() }
        }
        _ => DiscoveryError::not_mcp(url, "its answer to the handshake is none"),
    }
}

/// Why a page did not come, where the wire itself did not fail.
fn not_listed(error: &ServiceError) -> DiscoveryError {
    match error {
        ServiceError::McpError(error) => {
            DiscoveryError::Answered { code: error.code.0, message: shown(&error.message) }
        }
        other => DiscoveryError::Interrupted { reason: shown(&other.to_string()) },
    }
}

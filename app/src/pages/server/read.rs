//! What the pages of one server read: its head, and its tools by review state.

use super::counts::ToolCounts;
use super::discovery::DiscoveryView;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::form::count::Count;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use policy::{Risk, Sensitivity};
use serde::{Deserialize, Serialize};

/// What stands above every page of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerHead {
    pub slug: String,
    pub name: String,
    pub url: String,
    pub enabled: bool,
    pub tenants: Vec<String>,
    pub tools: ToolCounts,
    /// The tool to review first.
    pub next_review: Option<String>,
    /// Within the last 24 hours.
    pub last_call: Option<Moment>,
    pub denied: Count,
    pub discovery: Option<DiscoveryView>,
}

/// A server with its tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerView {
    pub head: ServerHead,
    /// Empty: every tool.
    pub search: String,
    pub changed: ToolGroup,
    pub new: ToolGroup,
    pub reviewed: ToolGroup,
    pub gone: ToolGroup,
}

/// Tools of one review state, by name, as far as they are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToolGroup {
    pub count: usize,
    pub lines: Vec<ToolLine>,
}

/// A tool as a row. Its name and its summary are the server's: they are drawn as untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolLine {
    pub id: String,
    pub name: String,
    /// How its description begins.
    pub summary: Option<String>,
    pub risk: Risk,
    pub sensitivity: Sensitivity,
    pub read_only: bool,
    /// What differs from what was reviewed.
    pub differs: Vec<String>,
    /// Why its arguments cannot be checked.
    pub unusable: Option<String>,
    /// What a box of the bulk review sends; none where this tool must be looked at by itself.
    pub mark: Option<String>,
    pub reviewed: Option<Moment>,
    /// When the server listed it last.
    pub seen: Option<Moment>,
}

/// None: no such server. `search` narrows to the tools whose names hold it.
#[server(endpoint = "server", input = GetUrl, output = Json)]
pub async fn read_server(
    slug: String,
    #[server(default)] search: String,
) -> Result<Option<ServerView>, AppError> {
    crate::session::require(crate::permission::Permission::ReadServers)?;
    let console = crate::console::Console::current()?;
    super::tools_read::view(&console, &slug, search).await
}

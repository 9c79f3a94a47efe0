//! What Overview reads from the server: words, numbers and addresses, ready to be drawn.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// The page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overview {
    /// What matters most first.
    pub attention: Vec<Attention>,
    /// Empty once there was a decision.
    pub steps: Vec<Step>,
    pub day: Day,
    pub foot: Vec<Fact>,
}

/// A sentence that begins with a count, and where to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    pub count: String,
    pub rest: String,
    pub href: String,
    /// The words of the page's button where this comes first.
    pub action: String,
}

/// A step towards the first decision. The last one, the waiting, is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub title: String,
    pub text: String,
    /// None: not for this role.
    pub href: Option<String>,
    pub action: String,
    pub done: bool,
    /// The first that is not done.
    pub current: bool,
}

/// The last 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Day {
    /// The list of its decisions.
    pub href: String,
    /// HTML of our own making: bars, legend and table, of numbers and hours alone. Empty where nothing happened.
    pub chart: String,
    pub decisions: String,
    pub allowed: String,
    pub waiting: String,
    pub denied: String,
    pub reasons: Vec<Rank>,
    pub tools: Vec<Rank>,
}

/// A reason or a tool with its denials. The names of tools are their servers': they are drawn as untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Of a tool.
    pub server: Option<String>,
    pub name: String,
    pub count: String,
    /// The inside of its bar's drawing.
    pub bar: String,
    pub href: String,
}

/// A small fact at the foot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub words: String,
    pub href: Option<String>,
}

#[server(endpoint = "overview", input = GetUrl, output = Json)]
pub async fn read_overview(#[server(default)] tenant: Option<String>) -> Result<Overview, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::ReadDecisions)?;
    let console = crate::console::Console::current()?;
    match reach.tenants() {
        Some(own) => super::gather::overview_within(&console, signed_in.role, own, tenant).await,
        None => super::gather::overview(&console, signed_in.role, tenant).await,
    }
}

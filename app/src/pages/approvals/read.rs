//! What the inbox and the history of answers read from the server.

use super::query::ApprovalsQuery;
use crate::error::AppError;
use crate::moment::Moment;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use policy::Risk;
use serde::{Deserialize, Serialize};

/// Who calls what, as rows and heads show it. All of it is text of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    pub subject: String,
    /// The agent that acts for the subject.
    pub actor: Option<String>,
    pub tenant: String,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub action: String,
}

/// How a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Waiting,
    Approved,
    Used,
    Denied,
    Expired,
    Cancelled,
}

/// A request that waits, as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingLine {
    pub id: String,
    pub asking: Asking,
    pub risk: Option<Risk>,
    /// The rules that ask.
    pub rules: String,
    pub filed: Moment,
    pub expires: Moment,
    /// "asked 3 times"; none for once.
    pub attempts: Option<String>,
    /// "1 of 2 approved"; none where one person decides.
    pub votes: Option<String>,
}

/// A request that is decided, as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedLine {
    pub id: String,
    pub asking: Asking,
    pub standing: Standing,
    pub rules: String,
    /// Who decided; none where nobody did.
    pub by: Option<String>,
    pub decided: Moment,
    /// From the first attempt to the decision: "4 min".
    pub took: String,
}

/// Who answers while somebody is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverLine {
    pub id: String,
    /// The substitute.
    pub name: String,
    pub until: Moment,
}

/// For whom the reader answers meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoveredLine {
    pub name: String,
    pub until: Moment,
}

/// What waits for the reader, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    pub lines: Vec<WaitingLine>,
    pub next: Option<String>,
    /// The reader's last three answers.
    pub answers: Vec<DecidedLine>,
    /// Who stands in for the reader.
    pub cover: Vec<CoverLine>,
    pub covers: Vec<CoveredLine>,
    /// Somebody the reader may name as substitute: the value and the words.
    pub persons: Vec<(String, String)>,
    /// The account is not linked to a subject, and so is nobody's who could answer.
    pub unlinked: bool,
}

/// What became of requests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    pub lines: Vec<DecidedLine>,
    pub next: Option<String>,
    /// None: nothing was decided, or they are not for the reader.
    pub rates: Option<Rates>,
    /// The rules that the list can be narrowed to: their ids, and their names, which are text of whoever wrote them.
    pub rules: Vec<(String, String)>,
    /// The name of the rule that the list is narrowed to.
    pub rule: Option<String>,
    /// Of every request; else of those that the reader answered.
    pub all: bool,
}

/// How often each rule's requests are approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Drawn on the server.
    pub chart: String,
    /// Of which requests the chart is: "The last 90 days"
    pub of: String,
    /// What the rates suggest, one sentence each.
    pub advice: Vec<Advice>,
}

/// A rule whose answer is always the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// The rule's name: text of whoever wrote it.
    pub rule: String,
    /// "was approved all 24 times: it is a candidate to allow"
    pub rest: String,
    pub href: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalsView {
    pub query: ApprovalsQuery,
    /// How many wait for the reader.
    pub waiting: u64,
    /// The last event of any request when this was read; empty where there was none.
    pub marker: String,
    pub inbox: Option<Inbox>,
    pub history: Option<History>,
}

#[server(endpoint = "approvals", input = GetUrl, output = Json)]
pub async fn read_approvals(#[server(default)] query: ApprovalsQuery) -> Result<ApprovalsView, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::Approve)?;
    let console = crate::console::Console::current()?;
    super::gather::view(&console, &signed_in, &reach, query).await
}

/// The same, asked for by an open page itself when something changed: nobody is at the desk for it.
#[server(endpoint = "approvals-changed", input = GetUrl, output = Json)]
pub async fn follow_approvals(#[server(default)] query: ApprovalsQuery) -> Result<ApprovalsView, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::Approve)?;
    let console = crate::console::Console::current()?;
    super::gather::view(&console, &signed_in, &reach, query).await
}

#[cfg(feature = "ssr")]
pub use super::gather::waiting_for;

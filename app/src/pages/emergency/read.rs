//! What the page of emergencies reads from the server.

use super::query::EmergencyQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// A stop or a break-glass grant as a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyLine {
    pub id: String,
    pub glass: bool,
    /// "tool crm/refund", "alice on crm/* in acme".
    pub what: String,
    pub reason: String,
    pub by: String,
    pub at: Moment,
    /// "in force", "lifted by ada at …".
    pub state: String,
    /// It is in force, or waits to be confirmed.
    pub open: bool,
    /// Where it is open, the reader may lift it, end it or take it back.
    pub own: bool,
    /// The reader may confirm it, or somebody else who is asked for that.
    pub waits: bool,
}

/// What the open form is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Asked {
    pub what: String,
    /// The consequences, in numbers; what is of others in them is made [plain](crate::components::untrusted::plain).
    pub lead: Vec<String>,
    /// These three of a stop alone.
    pub scope: String,
    pub target: String,
    pub tenant: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyView {
    pub query: EmergencyQuery,
    /// In force, or waiting to be confirmed.
    pub open: Vec<EmergencyLine>,
    /// All there were, the newest first.
    pub history: Vec<EmergencyLine>,
    /// Where the history goes on.
    pub next: Option<String>,
    /// The reader's, as slugs, for the forms.
    pub tenants: Vec<String>,
    /// None: there is no such thing.
    pub asked: Option<Asked>,
}

#[cfg(feature = "ssr")]
pub async fn read_emergency(query: EmergencyQuery) -> Result<EmergencyView, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::Emergency)?;
    let console = crate::console::Console::current()?;
    super::gather::view(&console, &reach, query).await
}

drawn::unread!(read_emergency(EmergencyQuery) -> Result<EmergencyView, AppError>);

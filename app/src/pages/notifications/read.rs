//! What the page of notifications reads from the server. No secret is among it.

use super::query::NotificationsQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationsView {
    pub query: NotificationsQuery,
    /// By name; all there are.
    pub webhooks: Vec<WebhookLine>,
    /// What was given up, the latest first.
    pub dead: Vec<DeadLine>,
    /// Where the dead letters go on.
    pub next: Option<String>,
    /// None: no mail is sent.
    pub mail: Option<MailLine>,
    pub addresses: Vec<AddressLine>,
    /// Messages that are yet to be sent, now or again.
    pub waiting: i64,
    /// Slug and name, for the forms.
    pub tenants: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookLine {
    pub id: String,
    pub name: String,
    pub url: String,
    /// Their words: `requested`.
    pub events: Vec<String>,
    /// None: every tenant.
    pub tenant: Option<String>,
    pub active: bool,
    /// It is being rotated.
    pub two_secrets: bool,
    /// None: nothing was ever sent.
    pub last: Option<LastLine>,
    pub dead: i64,
}

/// How something was delivered last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastLine {
    pub at: Moment,
    pub delivered: bool,
    pub error: Option<String>,
}

/// A message that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLine {
    pub id: String,
    /// `requested`, `decided`, `expired` or `test`.
    pub kind: String,
    pub approval: Option<String>,
    /// The webhook's name, or the account's login.
    pub to: String,
    pub by_mail: bool,
    pub at: Moment,
    pub attempts: i64,
    pub error: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailLine {
    pub host: String,
    pub port: u16,
    /// `tls`, `starttls` or `none`.
    pub security: String,
    pub login: Option<String>,
    pub sender: String,
}

/// Where mail to an account goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressLine {
    pub account: String,
    pub login: String,
    pub address: Option<String>,
    /// It was given here; else it is the login.
    pub given: bool,
    /// None: no letter was ever sent.
    pub last: Option<LastLine>,
}

#[cfg(feature = "ssr")]
pub async fn read_notifications(query: NotificationsQuery) -> Result<NotificationsView, AppError> {
    crate::session::require(crate::permission::Permission::ReadSettings)?;
    let console = crate::console::Console::current()?;
    super::gather::view(&console, query).await
}

drawn::unread!(read_notifications(NotificationsQuery) -> Result<NotificationsView, AppError>);

//! Enforcement keys as their page shows them, and the words for their settings.

use crate::moment::Moment;
use crate::pages::settings::query::ListQuery;
use policy::labels::{ArgumentsMode, Responses, Trust};
use serde::{Deserialize, Serialize};

/// A page of enforcement keys by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    pub query: ListQuery,
    pub lines: Vec<KeyLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// The key that the open form is about.
    pub asked: Option<KeyLine>,
    /// Slug and name, for the form.
    pub servers: Vec<(String, String)>,
    pub tenants: Vec<(String, String)>,
}

/// An enforcement key, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    pub id: String,
    pub name: String,
    /// None: any server.
    pub server: Option<String>,
    /// None: every tenant.
    pub tenant: Option<String>,
    pub trust: Trust,
    pub arguments: ArgumentsMode,
    pub responses: Responses,
    pub active: bool,
    pub created: Moment,
    /// The oldest first; two while one replaces the other.
    pub secrets: Vec<SecretLine>,
    /// It may search within its own server and tenant.
    pub searches: bool,
}

/// A secret, such as one of an enforcement key: when it was used, never what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretLine {
    pub created: Moment,
    pub last_used: Option<Moment>,
    pub expires: Option<Moment>,
    pub expired: bool,
    /// Within 14 days.
    pub expires_soon: bool,
}

#[cfg(feature = "ssr")]
impl SecretLine {
    /// As it stands `now`.
    pub fn new(
        created: policy::Timestamp,
        last_used: Option<policy::Timestamp>,
        expires: Option<policy::Timestamp>,
        now: policy::Timestamp,
    ) -> Self {
        /// Two weeks, in microseconds.
        const SOON: i64 = 14 * 86_400 * 1_000_000;
        let soon = now.saturating_add_micros(SOON);
        Self {
            created: Moment::new(created, now),
            last_used: last_used.map(|at| Moment::new(at, now)),
            expires: expires.map(|at| Moment::new(at, now)),
            expired: expires.is_some_and(|at| at <= now),
            expires_soon: expires.is_some_and(|at| at > now && at <= soon),
        }
    }
}

/// How far the word of its holder is believed.
pub fn trust_label(trust: Trust) -> &'static str {
    match trust {
        Trust::VerifyToken => "Checks each caller's own key",
        Trust::AssertSubject => "Vouches for the caller",
        Trust::AssertAttributes => "Vouches for the caller and its attributes",
    }
}

pub fn arguments_label(arguments: ArgumentsMode) -> &'static str {
    match arguments {
        ArgumentsMode::Required => "sends arguments",
        ArgumentsMode::ByName => "may leave arguments out",
    }
}

pub fn responses_label(responses: Responses) -> &'static str {
    match responses {
        Responses::Explained => "is told why",
        Responses::Minimal => "is told yes or no",
    }
}

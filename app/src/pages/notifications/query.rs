//! What the page of notifications is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::{Ask, read_of};
use crate::routes::NOTIFICATIONS;
use crate::url::{Parameters, href, parameter};
use serde::{Deserialize, Serialize};

/// Place among the dead letters, and which form is open about what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NotificationsQuery {
    /// The id behind which the dead letters go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
    /// The id of a webhook, or of an account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
}

impl NotificationsQuery {
    pub fn read(map: &Parameters) -> Self {
        Self { before: parameter(map, "before"), ask: Ask::read(map), of: read_of(map) }
    }

    /// The dead letters behind this one.
    pub fn older(before: &str) -> String {
        href(NOTIFICATIONS.path, [("before", Some(before))])
    }
}

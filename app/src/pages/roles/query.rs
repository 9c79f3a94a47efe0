//! What the list of roles is asked for; in the browser these are the URL's parameters.

use crate::pages::form::place::Ask;
use crate::url::{Parameters, parameter};
use serde::{Deserialize, Serialize};

/// The tenant whose roles are listed, and whether the form is open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RolesQuery {
    /// Its own roles and those of every tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Ask>,
}

impl RolesQuery {
    pub fn read(map: &Parameters) -> Self {
        Self { tenant: parameter(map, "tenant"), ask: Ask::read(map) }
    }
}

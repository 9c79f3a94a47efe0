//! Fields that the forms of servers share.

use crate::pages::form::boxes::boxes;
use crate::pages::form::input::{Choice, Filled};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A tenant that may be given the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantChoice {
    pub slug: String,
    pub name: String,
}

impl From<&TenantChoice> for Choice {
    fn from(tenant: &TenantChoice) -> Self {
        Self::new(tenant.slug.as_str(), tenant.name.as_str())
    }
}

/// One box for each tenant. `held`: those that have the server now.
pub fn tenants(filled: &Filled, choices: &[TenantChoice], held: &[String]) -> AnyView {
    let help = if choices.is_empty() {
        "There is no tenant yet. The server can be given to tenants once there are some."
    } else {
        "Calls of every other tenant are denied."
    };
    let choices: Vec<Choice> = choices.iter().map(Choice::from).collect();
    boxes(filled, "tenants", "Tenants that may use it", help, "field", &choices, held)
}

//! How one server is changed, and how its new tools are marked as reviewed.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Everything of its settings. `audiences` is one per line.
#[server(endpoint = "server-save", output = Json)]
pub async fn save_server(
    #[server(default)] slug: String,
    #[server(default)] name: String,
    #[server(default)] url: String,
    #[server(default)] tenants: Vec<String>,
    #[server(default)] enabled: bool,
    #[server(default)] check_arguments: bool,
    #[server(default)] audiences: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    let form = super::write::SettingsForm { slug, name, url, tenants, enabled, check_arguments, audiences };
    super::write::save(&console, &signed_in, form).await
}

/// Its calls are decided on again from the next one on.
#[server(endpoint = "server-enable", output = Json)]
pub async fn enable_server(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    super::write::set_enabled(&console, &signed_in, &slug, true).await
}

/// Its calls are denied from the next one on.
#[server(endpoint = "server-disable", output = Json)]
pub async fn disable_server(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    super::write::set_enabled(&console, &signed_in, &slug, false).await
}

/// With its tools.
#[server(endpoint = "server-delete", output = Json)]
pub async fn delete_server(#[server(default)] slug: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &slug).await
}

/// Marks new tools as reviewed, each in the form and with the labels that were shown. Those that changed meanwhile are
/// left as they are.
#[server(endpoint = "tools-review", output = Json)]
pub async fn review_tools(
    #[server(default)] slug: String,
    #[server(default)] tools: Vec<String>,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteServers)?;
    let console = crate::console::Console::current()?;
    super::write::review(&console, &signed_in, &slug, &tools).await
}

//! How an enforcement key is switched off and on, rid of its older secret, and deleted. What reveals a secret is
//! answered by plain handlers of the server instead.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Ends a rotation: every secret but the newest is removed.
#[server(endpoint = "credential-finish", output = Json)]
pub async fn finish_rotation(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::finish(&console, &signed_in, &id).await
}

/// Whoever uses it is refused from the next call on.
#[server(endpoint = "credential-off", output = Json)]
pub async fn switch_key_off(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, false).await
}

#[server(endpoint = "credential-on", output = Json)]
pub async fn switch_key_on(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, true).await
}

/// With its secrets, for good.
#[server(endpoint = "credential-delete", output = Json)]
pub async fn delete_key(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &id).await
}

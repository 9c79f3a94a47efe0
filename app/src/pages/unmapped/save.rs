//! What becomes of an unmapped caller.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Gives the identity to the subject with this id.
#[server(endpoint = "identity-map", output = Json)]
pub async fn map_identity(
    #[server(default)] id: String,
    #[server(default)] subject: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::map(&console, &signed_in, &id, &subject).await
}

/// Nothing makes it somebody's until it is unblocked.
#[server(endpoint = "identity-block", output = Json)]
pub async fn block_identity(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::block(&console, &signed_in, &id, true).await
}

#[server(endpoint = "identity-unblock", output = Json)]
pub async fn unblock_identity(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::block(&console, &signed_in, &id, false).await
}

//! How an administrator token is revoked. What reveals its secret is answered by a plain handler of the server instead.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Whoever shows it is refused from the next request on.
#[server(endpoint = "administrator-token-revoke", output = Json)]
pub async fn revoke_administrator_token(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::revoke(&console, &signed_in, &id).await
}

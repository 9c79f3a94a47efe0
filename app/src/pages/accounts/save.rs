//! How accounts are changed. What reveals a link is answered by a plain handler of the server instead.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Gives the account a role, everywhere or in some tenants, which stays, and makes it stand for a person of the policy; for none where that is empty.
#[server(endpoint = "account-save", output = Json)]
pub async fn save_account(
    #[server(default)] id: String,
    #[server(default)] role: String,
    #[server(default)] reach: String,
    #[server(default)] tenants: String,
    #[server(default)] subject: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let grant = super::write::GrantForm { role: &role, reach: &reach, tenants: &tenants };
    super::write::save(&console, &signed_in, &id, &grant, &subject).await
}

/// Its sessions end at once, its links work no longer, and its administrator tokens are dead.
#[server(endpoint = "account-disable", output = Json)]
pub async fn disable_account(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, false).await
}

#[server(endpoint = "account-enable", output = Json)]
pub async fn enable_account(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, true).await
}

/// Whoever signs in by this issuer as this `sub` is this account.
#[server(endpoint = "account-link", output = Json)]
pub async fn link_account(
    #[server(default)] id: String,
    #[server(default)] issuer: String,
    #[server(default)] sub: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::link(&console, &signed_in, &id, &issuer, &sub).await
}

#[server(endpoint = "account-unlink", output = Json)]
pub async fn unlink_account(
    #[server(default)] id: String,
    #[server(default)] issuer: String,
    #[server(default)] sub: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::unlink(&console, &signed_in, &id, &issuer, &sub).await
}

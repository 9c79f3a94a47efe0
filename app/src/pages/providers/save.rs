//! How sign-in providers are added, changed, switched off and removed.
#![allow(clippy::too_many_arguments, reason = "a form sends its fields one by one")]

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// `new`: it must not be there yet; else it must, and its issuer stays. An empty secret leaves the one that is kept.
#[server(endpoint = "sign-in-provider-save", output = Json)]
pub async fn save_provider(
    #[server(default)] new: bool,
    #[server(default)] id: String,
    #[server(default)] name: String,
    #[server(default)] issuer: String,
    #[server(default)] client_id: String,
    #[server(default)] client_secret: String,
    #[server(default)] scopes: String,
    #[server(default)] groups_claim: String,
    #[server(default)] groups: String,
    #[server(default)] admit_subjects: bool,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    let secret = pdp::Secret::new(client_secret);
    let form = super::write::ProviderForm {
        new,
        id,
        name,
        issuer,
        client_id,
        scopes,
        groups_claim,
        groups,
        admit_subjects,
    };
    super::write::save(&console, &signed_in, form, &secret).await
}

/// Nobody signs in by it any longer, and whoever could have is signed out.
#[server(endpoint = "sign-in-provider-disable", output = Json)]
pub async fn disable_provider(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, false).await
}

#[server(endpoint = "sign-in-provider-enable", output = Json)]
pub async fn enable_provider(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, true).await
}

/// With its secret, and with whom it speaks of.
#[server(endpoint = "sign-in-provider-delete", output = Json)]
pub async fn delete_provider(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteSettings)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &id).await
}

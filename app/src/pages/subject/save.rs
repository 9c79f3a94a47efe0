//! How one subject is changed: itself, its memberships, its identities, and the end of its API keys and tokens.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// The name, the attributes (a JSON object), and who answers for it.
#[server(endpoint = "subject-save", output = Json)]
pub async fn save_subject(
    #[server(default)] id: String,
    #[server(default)] name: String,
    #[server(default)] attributes: String,
    #[server(default)] owner: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::save(&console, &signed_in, &id, &name, &attributes, &owner).await
}

/// Its calls are denied from the next one on.
#[server(endpoint = "subject-disable", output = Json)]
pub async fn disable_subject(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, false).await
}

#[server(endpoint = "subject-enable", output = Json)]
pub async fn enable_subject(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, true).await
}

/// With its memberships and API keys.
#[server(endpoint = "subject-delete", output = Json)]
pub async fn delete_subject(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &id).await
}

/// Makes the membership be so, with these roles and no other.
#[server(endpoint = "membership-save", output = Json)]
pub async fn save_membership(
    #[server(default)] subject: String,
    #[server(default)] tenant: String,
    #[server(default)] roles: Vec<String>,
    #[server(default)] until: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::save_membership(&console, &signed_in, &subject, &tenant, roles, &until).await
}

#[server(endpoint = "membership-remove", output = Json)]
pub async fn remove_membership(
    #[server(default)] subject: String,
    #[server(default)] tenant: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::remove_membership(&console, &signed_in, &subject, &tenant).await
}

#[server(endpoint = "api-key-revoke", output = Json)]
pub async fn revoke_api_key(
    #[server(default)] subject: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::revoke_api_key(&console, &signed_in, &subject, &name).await
}

/// No token that was issued to it until now counts any more.
#[server(endpoint = "subject-sign-out", output = Json)]
pub async fn sign_out(#[server(default)] id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::sign_out(&console, &signed_in, &id).await
}

/// Its tokens stand for nobody.
#[server(endpoint = "identity-remove", output = Json)]
pub async fn remove_identity(
    #[server(default)] subject: String,
    #[server(default)] identity: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteSubjects)?;
    let console = crate::console::Console::current()?;
    super::write::remove_identity(&console, &signed_in, &subject, &identity).await
}

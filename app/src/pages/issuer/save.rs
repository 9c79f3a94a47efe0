//! How an issuer is added and changed, its keys fetched, and one of its tokens revoked.
#![allow(clippy::too_many_arguments, reason = "a form sends its fields one by one")]

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// Without an id it is a new one; with one, `url` does not count. `audiences` and
/// `role_mappings` are one per line.
#[server(endpoint = "issuer-save", output = Json)]
pub async fn save_issuer(
    #[server(default)] id: String,
    #[server(default)] url: String,
    #[server(default)] name: String,
    #[server(default)] tenants: Vec<String>,
    #[server(default)] keys: String,
    #[server(default)] jwks_url: String,
    #[server(default)] jwks: String,
    #[server(default)] algorithms: Vec<String>,
    #[server(default)] clock_skew: String,
    #[server(default)] audiences: String,
    #[server(default)] subject_claim: String,
    #[server(default)] require_typ: bool,
    #[server(default)] require_jti: bool,
    #[server(default)] keys_max_age: String,
    #[server(default)] unknown_subjects: String,
    #[server(default)] introspection: String,
    #[server(default)] endpoint: String,
    #[server(default)] client_id: String,
    #[server(default)] client_secret: String,
    #[server(default)] actor_claim: String,
    #[server(default)] actor_optional: bool,
    #[server(default)] role_mappings: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    let form = super::draft::IssuerFields {
        id,
        url,
        name,
        tenants,
        keys,
        jwks_url,
        jwks,
        algorithms,
        clock_skew,
        audiences,
        subject_claim,
        require_typ,
        require_jti,
        keys_max_age,
        unknown_subjects,
        introspection,
        endpoint,
        client_id,
        actor_claim,
        actor_optional,
        role_mappings,
    };
    super::write::save(&console, &signed_in, form, &pdp::Secret::new(client_secret)).await
}

/// Its tokens count again from the next call on.
#[server(endpoint = "issuer-enable", output = Json)]
pub async fn enable_issuer(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, true).await
}

/// Its tokens are refused from the next call on.
#[server(endpoint = "issuer-disable", output = Json)]
pub async fn disable_issuer(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::set_active(&console, &signed_in, &id, false).await
}

/// Identities of it stay with their subjects.
#[server(endpoint = "issuer-delete", output = Json)]
pub async fn delete_issuer(#[server(default)] id: String) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &id).await
}

/// By the instance that is asked; others fetch them by themselves.
#[server(endpoint = "issuer-fetch-keys", output = Json)]
pub async fn fetch_keys(#[server(default)] id: String) -> Result<(), AppError> {
    crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::fetch_keys(&console, &id).await
}

/// `until` is when it expires by itself.
#[server(endpoint = "token-revoke", output = Json)]
pub async fn revoke_token(
    #[server(default)] id: String,
    #[server(default)] jti: String,
    #[server(default)] until: String,
) -> Result<(), AppError> {
    let signed_in = crate::session::require(crate::permission::Permission::WriteIssuers)?;
    let console = crate::console::Console::current()?;
    super::write::revoke(&console, &signed_in, &id, &jti, &until).await
}

//! What becomes of a resource.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

#[server(endpoint = "resource-create", output = Json)]
pub async fn create_resource(
    #[server(default)] kind: String,
    #[server(default)] id: String,
    #[server(default)] tenant: String,
    #[server(default)] sensitivity: String,
    #[server(default)] attributes: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteResources)?;
    let console = crate::console::Console::current()?;
    let given = super::write::Given { tenant, sensitivity, attributes };
    super::write::create(&console, &signed_in, &kind, &id, &given).await
}

#[server(endpoint = "resource-save", output = Json)]
pub async fn save_resource(
    #[server(default)] key: String,
    #[server(default)] tenant: String,
    #[server(default)] sensitivity: String,
    #[server(default)] attributes: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteResources)?;
    let console = crate::console::Console::current()?;
    let given = super::write::Given { tenant, sensitivity, attributes };
    super::write::save(&console, &signed_in, &key, &given).await
}

/// Calls that name it are denied from the next one on.
#[server(endpoint = "resource-delete", output = Json)]
pub async fn delete_resource(#[server(default)] key: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteResources)?;
    let console = crate::console::Console::current()?;
    super::write::delete(&console, &signed_in, &key).await
}

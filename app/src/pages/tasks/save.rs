//! What becomes of a task.

use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;

/// `state`: `paused`, `active`, `completed` or `revoked`.
#[server(endpoint = "task-set", output = Json)]
pub async fn set_task(
    #[server(default)] id: String,
    #[server(default)] state: String,
) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::WriteTasks)?;
    let console = crate::console::Console::current()?;
    super::write::set(&console, &signed_in, &id, &state).await
}

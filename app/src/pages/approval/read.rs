//! What the page of one request reads from the server.

use super::view::RequestView;
use crate::error::AppError;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

/// None: no such request, or none of the reader's. `changed`: what the reader saw when a click was refused; else empty.
#[server(endpoint = "approval", input = GetUrl, output = Json)]
pub async fn read_approval(
    #[server(default)] id: String,
    #[server(default)] changed: String,
) -> Result<Option<RequestView>, AppError> {
    let (signed_in, reach) = crate::session::require_within(crate::permission::Permission::Approve)?;
    let console = crate::console::Console::current()?;
    Box::pin(super::gather::view(&console, &signed_in, &reach, &id, &changed)).await
}

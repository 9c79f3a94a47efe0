//! The chains' last checkpoints as a file, to be kept where the database's administrator cannot write.

use super::ConsoleState;
use super::answer::Plain;
use super::permitted::{Permitted, ReadsEvidence};
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use store::audit;

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(app::pages::evidence::EXPORT, get(export))
}

/// What `countersign audit checkpoints` prints.
async fn export(State(state): State<ConsoleState>, answered: Plain, _: Permitted<ReadsEvidence>) -> Response {
    match audit::export_checkpoints(&state.store).await {
        Ok(lines) => {
            let now = state.now().rfc3339();
            let day = now.get(..10).unwrap_or_default();
            let name = format!("attachment; filename=\"countersign-checkpoints-{day}.jsonl\"");
            let headers =
                [(header::CONTENT_TYPE, "application/jsonl".to_owned()), (header::CONTENT_DISPOSITION, name)];
            (headers, lines).into_response()
        }
        Err(error) => answered.unavailable(&error),
    }
}

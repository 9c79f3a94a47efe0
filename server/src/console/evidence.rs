//! The chains' last checkpoints as a file, to be kept where the database's administrator cannot write.

use super::ConsoleState;
use super::answer::Plain;
use app::routes;
use app::session::SignedIn;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use store::audit;

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(app::pages::evidence::EXPORT, get(export))
}

/// What `countersign audit checkpoints` prints.
async fn export(
    State(state): State<ConsoleState>,
    answered: Plain,
    Extension(signed_in): Extension<SignedIn>,
) -> Response {
    let needed = routes::EVIDENCE.permission;
    if !signed_in.role.may(needed) {
        let text = format!("This needs the role {}.", needed.holders_in_words());
        return answered.message(
            StatusCode::FORBIDDEN,
            "Your role does not allow this",
            &text,
            Some(("/", "Go to the start page")),
        );
    }
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

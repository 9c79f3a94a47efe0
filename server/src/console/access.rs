//! The whole answer of the Access explorer as a file.

use super::ConsoleState;
use super::answer::Plain;
use super::permitted::{Permitted, ReadsRules};
use app::pages::access::query::AccessQuery;
use app::pages::access::{EXPORT, gather};
use app::url::Parameters;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(EXPORT, get(export))
}

async fn export(
    State(state): State<ConsoleState>,
    answered: Plain,
    Permitted(signed_in, ..): Permitted<ReadsRules>,
    RawQuery(asked): RawQuery,
) -> Response {
    let query = AccessQuery::read(&Parameters::parse(asked.as_deref().unwrap_or_default()));
    let given = [&query.tenant, &query.tool, &query.subject, &query.agent];
    if given.into_iter().flatten().any(|text| text.contains('\0')) {
        return answered.message(
            StatusCode::BAD_REQUEST,
            "Not understood",
            "A parameter holds U+0000.",
            None,
        );
    }
    match Box::pin(gather::csv(&state.store, &signed_in.reach(), state.now(), query)).await {
        Ok(lines) => {
            let now = state.now().rfc3339();
            let day = now.get(..10).unwrap_or_default();
            let name = format!("attachment; filename=\"countersign-access-{day}.csv\"");
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, name),
            ];
            (headers, lines).into_response()
        }
        Err(error) => answered.unavailable(&error.title()),
    }
}

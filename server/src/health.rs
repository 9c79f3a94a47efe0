//! `/healthz`: the process answers. `/readyz`: the database answers, may be written to, and records are kept.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use store::Store;
use store::recorder::Recorder;

#[derive(Debug, Clone)]
struct Vitals {
    store: Store,
    recorder: Recorder,
}

pub(crate) fn router(store: Store, recorder: Recorder) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .with_state(Vitals { store, recorder })
}

async fn ready(State(vitals): State<Vitals>) -> (StatusCode, &'static str) {
    if let Err(error) = vitals.store.ping().await {
        tracing::warn!(%error, "not ready");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database is not available");
    }
    if !vitals.recorder.healthy() {
        return (StatusCode::SERVICE_UNAVAILABLE, "decisions cannot be recorded");
    }
    (StatusCode::OK, "ready")
}

//! Which path goes where.

use crate::console::ConsoleState;
use crate::{api, authzen, console, health, request_id};
use axum::Router;
use axum::middleware::from_fn;
use pdp::Pdp;
use std::sync::Arc;
use store::Store;
use store::recorder::Recorder;

/// The console answers whatever nobody else does.
pub(crate) fn router(
    pdp: Arc<Pdp>,
    store: Store,
    recorder: Recorder,
    console: ConsoleState,
    public_url: &str,
) -> Router {
    Router::new()
        .merge(authzen::router(pdp.clone(), public_url))
        .merge(health::router(store.clone(), recorder))
        .merge(api::router(store, pdp, console.clone(), public_url))
        .merge(console::router(console))
        .layer(from_fn(request_id::identify))
}

//! Which path goes where.

use crate::{authzen, health, request_id};
use axum::Router;
use axum::middleware::from_fn;
use pdp::Pdp;
use std::sync::Arc;
use store::Store;
use store::recorder::Recorder;

pub(crate) fn router(pdp: Arc<Pdp>, store: Store, recorder: Recorder, public_url: &str) -> Router {
    Router::new()
        .merge(authzen::router(pdp, public_url))
        .merge(health::router(store, recorder))
        .layer(from_fn(request_id::identify))
}

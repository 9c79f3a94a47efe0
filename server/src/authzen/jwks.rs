//! `GET /.well-known/jwks.json`: the public keys of what is handed out signed (RFC 7517).

use super::Desk;
use super::error::RequestError;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use pdp::Pdp;
use std::sync::Arc;

pub(super) const PATH: &str = "/.well-known/jwks.json";

/// A key that was rotated is published for days after; one that is new is looked up when it is first seen.
const CACHE: &str = "public, max-age=300";

pub(super) fn router() -> Router<Desk> {
    Router::new().route(PATH, get(keys))
}

async fn keys(State(pdp): State<Arc<Pdp>>) -> Result<Response, RequestError> {
    match pdp.signing().published().await {
        Ok(keys) => Ok(([(header::CACHE_CONTROL, CACHE)], Json(keys)).into_response()),
        Err(error) => {
            tracing::error!(%error, "the public keys could not be read");
            Err(RequestError::Unavailable)
        }
    }
}

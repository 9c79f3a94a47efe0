//! The enforcement endpoint: OpenID AuthZEN Authorization API 1.0.

mod answer;
mod batch;
mod body;
mod door;
mod endpoint;
mod error;
mod idempotency;
mod jwks;
mod metadata;
mod request;
mod requests;
mod search;

pub use endpoint::router;

#[doc(hidden)]
pub use door::{Door, questions};

// Strict reading of headers and bodies, for the administration API as well.
pub(crate) use body::{media_type, read_whole};
pub(crate) use endpoint::enforcement_key as bearer;
pub(crate) use error::{RETRY_AFTER, RequestError};

// A question from the command line is read as one that was sent.
pub(crate) use request::parse_evaluation;

use pdp::Pdp;
use std::sync::Arc;

/// What handlers of this endpoint are given.
#[derive(Debug, Clone)]
struct Desk {
    pdp: Arc<Pdp>,
    /// The configured public URL, without a slash at its end.
    base: Arc<str>,
}

impl axum::extract::FromRef<Desk> for Arc<Pdp> {
    fn from_ref(desk: &Desk) -> Self {
        Self::clone(&desk.pdp)
    }
}

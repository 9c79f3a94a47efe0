//! The enforcement endpoint: OpenID AuthZEN Authorization API 1.0.

mod answer;
mod batch;
mod body;
mod door;
mod endpoint;
mod error;
mod metadata;
mod request;
mod search;

pub use endpoint::router;

#[doc(hidden)]
pub use door::{Door, questions};

// Strict reading of headers and bodies, for the administration API as well.
pub(crate) use body::{media_type, read_whole};
pub(crate) use endpoint::enforcement_key as bearer;
pub(crate) use error::RequestError;

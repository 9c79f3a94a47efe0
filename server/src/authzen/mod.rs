//! The enforcement endpoint: OpenID AuthZEN Authorization API 1.0.

mod answer;
mod batch;
mod body;
mod endpoint;
mod error;
mod metadata;
mod request;

pub use endpoint::router;

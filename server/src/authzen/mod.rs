//! The enforcement endpoint: OpenID AuthZEN Authorization API 1.0.

mod answer;
mod endpoint;
mod error;
mod request;

pub use endpoint::router;

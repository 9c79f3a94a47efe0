//! Policy as a file: the bundle, and bringing a database to what it says.

mod apply;
mod catalog;
mod format;
mod identities;
mod rules;

pub use apply::{ApplyError, ApplyOptions, Environment, apply};
pub use format::{Bundle, BundleError};
pub use rules::Flagged;

//! Policy as a file: the bundle, bringing a database to what it says, and writing down what a database holds.

mod actors;
mod apply;
mod catalog;
mod check;
mod collect;
mod format;
mod identities;
mod introspection;
mod issuers;
mod prune;
mod resources;
mod rules;
mod secrets;
mod write;
mod yaml;

pub use apply::{Applied, ApplyError, ApplyOptions, apply};
pub use collect::{ExportError, export, export_own};
pub(crate) use format::said;
pub use format::{Bundle, BundleError};
pub use prune::Pruned;
pub use rules::Flagged;
pub use secrets::Environment;

//! The one binary, as a library so that stories can run it: configuration, routes, commands.

pub mod api;
pub mod audit_key;
pub mod authzen;
pub mod cli;
pub mod clock;
mod commands;
pub mod config;
pub mod connections;
pub mod console;
mod health;
mod imports;
mod key_file;
pub mod random;
pub mod request_id;
mod router;
pub mod running;
pub mod telemetry;
pub mod vault_key;

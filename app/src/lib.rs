//! The admin console: pages, components, server functions and the types they share with the browser.
//!
//! With `ssr` it renders on the server and may reach `pdp` and `store`; with `hydrate` it is the browser's part
//! and knows the vocabulary alone. Pages are drawn on the server, whole, and work without script; the browser
//! then takes them over.
#![allow(
    clippy::needless_pass_by_value,
    reason = "components and server functions own what they are given; Leptos' macros call them by value"
)]

pub mod components;
pub mod drawn;
pub mod error;
pub mod frame;
pub mod moment;
pub mod narrowed;
pub mod pages;
pub mod permission;
pub mod root;
pub mod routes;
pub mod sentence;
pub mod session;
pub mod status;
pub mod url;
pub mod verdict;
pub mod wire;

#[cfg(feature = "ssr")]
pub mod console;
#[cfg(feature = "ssr")]
pub mod explain;
#[cfg(feature = "ssr")]
pub mod plain;
#[cfg(feature = "ssr")]
pub mod shell;

pub use root::App;
#[cfg(feature = "ssr")]
pub use shell::shell;

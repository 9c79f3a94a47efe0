//! What the server hands down to every render and every server function, through Leptos' context.
//!
//! Nothing here reaches the browser, except the names in [`Bundle`].

use crate::error::AppError;
use leptos::context::use_context;
use policy::Timestamp;
use std::sync::Arc;

/// The clock, as the server made it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The embedded front end: file names under `/pkg/`. Without a front end `js` and `wasm` are empty, and pages
/// are plain HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    pub js: String,
    pub wasm: String,
    pub css: String,
    /// Preloaded, so that text does not jump.
    pub fonts: Vec<String>,
    /// The script of the page on which a passkey answers; plain JavaScript, for that page alone.
    pub passkeys: String,
}

/// The server's side of the console. Provided by the server for every render and every server function.
#[derive(Clone)]
pub struct Console {
    pub store: store::Store,
    /// Where people and enforcement points reach this server, without a slash at the end.
    pub public_url: String,
    /// Whether that address can have passkeys.
    pub passkeys_usable: bool,
    pub bundle: Bundle,
    pub version: &'static str,
    /// Which addresses MCP servers may be asked at.
    pub guard: pdp::address_guard::AddressGuard,
    /// What came of asking them last.
    pub discoveries: crate::pages::server::discoveries::Discoveries,
    /// What is known of issuers' keys: the very ones that calls are verified with.
    pub tokens: Arc<pdp::tokens::Tokens>,
    /// Requests that wait for a person, and how they are answered.
    pub approvals: pdp::approvals::Approvals,
    /// Walks the chains on demand, one walk at a time.
    pub verifier: store::audit::Verifier,
    /// Relative times are written with it, on the server alone.
    pub clock: Clock,
}

impl Console {
    /// The console of the request at hand.
    ///
    /// # Errors
    /// When the server provided none: a fault of ours.
    pub fn current() -> Result<Self, AppError> {
        use_context::<Self>().ok_or_else(|| AppError::internal(&"no console in the context"))
    }

    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("version", &self.version).finish_non_exhaustive()
    }
}

//! The console's HTTP side: its pages, forms, files and sessions, as one router.
//!
//! What a page shows is written in `app`; who may reach it is decided here. Three rings lie around a page:
//! headers (`headers`), the origin of every change (`origin`), and the session (`sessions`, `signed_in`),
//! which denies by default: only set-up, recovery, sign-in and the embedded files stand outside it.

mod access;
mod account;
mod accounts;
mod address;
mod answer;
mod approvals;
mod attempts;
mod brake;
mod bundle;
mod common;
mod cookies;
mod devices;
mod emergency;
mod error_links;
mod evidence;
mod forwarded;
mod headers;
mod import;
mod keys;
mod links;
mod live;
mod origin;
mod pages;
mod passkeys;
mod passwords;
mod permitted;
mod presence;
mod public_url;
mod recover;
mod sessions;
mod setup;
mod sign_in;
mod signed_in;
mod sso;
mod webhooks;

pub use links::{LinkError, create_recovery_link, create_setup_link, invite, reset};
pub use live::Live;
pub use public_url::{PublicUrl, PublicUrlError, check_public_url};

use crate::clock::Clock;
use app::pages::server::discoveries::Discoveries;
use attempts::Attempts;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use bundle::Assets;
use forwarded::TrustedProxies;
use passkeys::Party;
use passwords::Passwords;
use pdp::address_guard::{AddressGuard, AllowedAddress, GuardedClient};
use pdp::approvals::Approvals;
use pdp::tokens::Tokens;
use pdp::vault::Vault;
use policy::Timestamp;
use sessions::ConsoleSessions;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use store::audit::Verifier;
use store::{Store, StoreError};

/// What a form or a server function may send.
const LARGEST_BODY: usize = 1024 * 1024;

/// What somebody may send who has not signed in: a login, a password, the answer of a passkey. It is held in memory before
/// anything is known of its sender.
const LARGEST_OF_STRANGERS: usize = 64 * 1024;

/// Attempts are counted by the minute; older counts are kept so long, in microseconds, for clocks that differ.
const COUNTS_KEPT: i64 = 10 * 60 * 1_000_000;

/// What the operator sets.
#[derive(Debug, Clone)]
pub struct ConsoleSettings {
    /// Where browsers reach the console: an https origin, or http on loopback.
    pub public_url: String,
    /// A session ends when it was not used for so long.
    pub session_idle: Duration,
    /// A session ends so long after sign-in, used or not.
    pub session_absolute: Duration,
    /// Addresses that are not public and may be asked for tools all the same.
    pub allow_addresses: Vec<AllowedAddress>,
    /// The operator's own proxies, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<AllowedAddress>,
}

impl ConsoleSettings {
    /// One hour of rest, twelve hours in all; public addresses alone, and no proxy.
    pub fn new(public_url: impl Into<String>) -> Self {
        Self {
            public_url: public_url.into(),
            session_idle: Duration::from_secs(60 * 60),
            session_absolute: Duration::from_secs(12 * 60 * 60),
            allow_addresses: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

/// What every handler of the console is given. Cheap to clone.
#[derive(Clone)]
pub struct ConsoleState {
    store: Store,
    public_url: Arc<PublicUrl>,
    sessions: Arc<ConsoleSessions>,
    /// The same for what pages ask by themselves: reading a session there does not keep it.
    background: Arc<ConsoleSessions>,
    proxies: TrustedProxies,
    passwords: Passwords,
    passkeys: Arc<Party>,
    attempts: Attempts,
    assets: Arc<Assets>,
    console: app::console::Console,
    live: Live,
    /// Asks providers of sign-ins.
    provider_client: Arc<OnceLock<GuardedClient>>,
    clock: Clock,
}

impl ConsoleState {
    /// # Errors
    /// When the public URL cannot be used (see [`check_public_url`]).
    pub fn new(
        store: Store,
        settings: &ConsoleSettings,
        verifier: Verifier,
        tokens: Arc<Tokens>,
        approvals: Approvals,
        clock: Clock,
    ) -> Result<Self, PublicUrlError> {
        let public_url = check_public_url(&settings.public_url)?;
        let assets = Assets::embedded();
        let passkeys = Party::of(&public_url);
        let console = app::console::Console {
            store: store.clone(),
            public_url: public_url.origin().to_owned(),
            passkeys_usable: passkeys.is_usable(),
            bundle: assets.bundle(),
            version: env!("CARGO_PKG_VERSION"),
            guard: AddressGuard::new(&settings.allow_addresses),
            discoveries: Discoveries::default(),
            verifier,
            tokens,
            approvals,
            clock: clock.clone(),
        };
        let sessions = ConsoleSessions::new(store.clone(), clock.clone(), settings);
        let live = Live::new(store.clone());
        Ok(Self {
            store,
            passkeys: Arc::new(passkeys),
            public_url: Arc::new(public_url),
            background: Arc::new(sessions.in_background()),
            sessions: Arc::new(sessions),
            proxies: TrustedProxies::new(&settings.trusted_proxies),
            passwords: Passwords::new(),
            attempts: Attempts::new(),
            assets: Arc::new(assets),
            console,
            live,
            provider_client: Arc::default(),
            clock,
        })
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Where secrets are kept that are to be shown to others.
    pub(crate) fn vault(&self) -> &Vault {
        self.console.tokens.vault()
    }

    /// What the server functions of its pages work with, for whoever does the same by another door.
    pub(crate) fn services(&self) -> &app::console::Console {
        &self.console
    }

    /// Where browsers reach the console, without a slash at the end.
    pub(crate) fn origin(&self) -> &str {
        self.public_url.origin()
    }

    /// What keeps streams of pages open; to be ended before the server stops.
    pub fn live(&self) -> Live {
        self.live.clone()
    }
}

impl std::fmt::Debug for ConsoleState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleState").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Removes sessions, links, ceremonies, known browsers and counts that can no longer matter. To be called every few minutes by
/// one task.
///
/// # Errors
/// When the database does not answer.
pub async fn sweep(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    store.delete_expired_sessions(now).await?;
    store.delete_expired_links(now).await?;
    store.delete_expired_sign_ins(now).await?;
    store.delete_expired_ceremonies(now).await?;
    store.delete_expired_devices(now).await?;
    store.forget_attempts(now.saturating_add_micros(-COUNTS_KEPT)).await?;
    Ok(())
}

/// Every server function, by its path and the method that calls it: for tests that walk them.
pub fn functions() -> Vec<(&'static str, axum::http::Method)> {
    leptos::server_fn::axum::server_fn_paths().collect()
}

/// The path of every page, as axum writes it: for tests that walk them.
pub fn pages() -> Vec<&'static str> {
    app::routes::PAGES.iter().map(|page| page.path).collect()
}

/// The whole console. Its fallback answers every path that nobody else does, so it is merged into, or made the
/// fallback of, the router of the server. Expects `ConnectInfo<SocketAddr>` and a request id on requests, and
/// does without where they are missing.
pub fn router(state: ConsoleState) -> Router {
    pages::init_executor();

    let mut inside: Router<ConsoleState> = Router::new()
        .route("/", get(pages::page))
        .route("/_fn/{*name}", any(pages::server_function))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/account/password", post(account::change_password))
        .route("/account/theme", post(account::change_theme))
        .route(app::pages::form::proof::PROVE, post(account::prove))
        .merge(access::router())
        .merge(keys::router())
        .merge(accounts::router())
        .merge(evidence::router())
        .merge(import::router())
        .merge(emergency::router())
        .merge(approvals::router())
        .merge(passkeys::of_accounts())
        .merge(live::router())
        .merge(webhooks::router());
    for page in app::routes::PAGES.iter().filter(|page| page.path != "/") {
        inside = inside.route(page.path, get(pages::page));
    }
    let inside = inside.fallback(pages::unknown).layer(from_fn_with_state(state.clone(), signed_in::require));

    let doors: Router<ConsoleState> = Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .merge(sso::router())
        .merge(passkeys::doors())
        .route("/setup", get(setup::show).post(setup::create_owner))
        .route("/recover", get(recover::show).post(recover::set_password))
        .layer(DefaultBodyLimit::max(LARGEST_OF_STRANGERS));

    inside
        .merge(doors)
        .layer(from_fn_with_state(state.clone(), sessions::provide))
        .layer(from_fn_with_state(state.clone(), origin::check))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .merge(bundle::routes())
        .layer(from_fn_with_state(state.clone(), headers::set))
        .with_state(state)
}

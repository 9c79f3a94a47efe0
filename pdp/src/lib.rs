//! The decision service: recognise the caller, gather the facts once, evaluate, record.
//!
//! Two doors: [`Pdp::enforce`] decides and records before the answer leaves; [`Previewer::preview`] decides through
//! the very same code and can neither append, file, use nor count. The steps that modules are named by are those of
//! `docs/concepts.md`, "How a call is decided".

pub mod address_guard;
pub mod approvals;
pub mod bundle;
pub mod catalog;
pub mod credentials;
pub mod discovery;
pub mod drafts;
mod enforce;
pub mod explore;
mod facts;
pub mod flags;
pub mod notify;
mod policies;
mod preview;
mod record;
pub mod requests;
pub mod resources;
pub mod roles;
pub mod search;
pub mod secret;
pub mod signing;
pub mod tokens;
mod unmapped;
pub mod vault;

pub use enforce::{Answer, AskError, Question, SubjectClaim};
pub use facts::own::Recognised;
pub use facts::properties_fit;
pub use preview::{Preview, PreviewError, Previewer};
pub use record::RecordBody;
pub use secret::Secret;

use facts::bound::Guesses;
use policies::Policies;
use requests::Watch;
use signing::Signing;
use std::sync::Arc;
use store::chain::AuditKey;
use store::recorder::Recorder;
use store::{Store, StoreError};
use tokens::Tokens;
use tokio::sync::Semaphore;
use unmapped::Unmapped;

/// The decision service over one live database. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Pdp {
    store: Store,
    policies: Arc<Policies>,
    recorder: Recorder,
    key: AuditKey,
    /// Shared with the console, which shows what is known of issuers' keys.
    tokens: Arc<Tokens>,
    unmapped: Unmapped,
    signing: Arc<Signing>,
    watch: Watch,
    /// Which tools bind arguments, as last seen.
    guesses: Guesses,
    /// One large call is evaluated at a time.
    heavy: Semaphore,
}

impl Pdp {
    /// Needs a runtime: unknown identities are noted in a task beside the calls.
    pub fn new(
        store: Store,
        recorder: Recorder,
        key: AuditKey,
        tokens: Arc<Tokens>,
        signing: Arc<Signing>,
    ) -> Self {
        Self {
            policies: Arc::new(Policies::new(store.clone())),
            unmapped: Unmapped::start(store.clone()),
            watch: Watch::new(store.clone()),
            guesses: Guesses::default(),
            store,
            recorder,
            key,
            tokens,
            signing,
            heavy: Semaphore::new(1),
        }
    }

    /// Who shows this key or token for itself; nothing is decided or recorded. None: nobody who is known.
    ///
    /// # Errors
    /// When the live state cannot be read.
    pub async fn recognise(
        &self,
        token: &Secret,
        request_id: &str,
    ) -> Result<Option<Recognised>, StoreError> {
        Box::pin(facts::own::recognise(&self.store, &self.tokens, token, request_id)).await
    }

    /// What signs what is handed out.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes what waits to be noted beside the decisions. The record is stopped by itself.
    pub async fn stop(&self) {
        self.unmapped.stop().await;
    }
}

//! A server that runs: its listener, its recorder, and how both end.

use crate::clock::Clock;
use crate::config::Config;
use crate::console::{self, ConsoleSettings, ConsoleState, Live};
use crate::{audit_key, connections, random, router, vault_key};
use anyhow::{Context, Result};
use pdp::Pdp;
use pdp::address_guard::AddressGuard;
use pdp::approvals::Approvals;
use pdp::notify::{Notifier, NotifierSettings};
use pdp::signing::Signing;
use pdp::tokens::Tokens;
use pdp::vault::Vault;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::audit::{LocalHeads, Verifier};
use store::recorder::Recorder;
use store::{Actor, Store, Via};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long open requests may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(20);

/// How often what is over is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(5 * 60);

/// How often requests for approval are looked for that are past their time.
const END_EVERY: Duration = Duration::from_secs(5);

/// In microseconds: how long a token that was taken back is remembered after it has expired.
const REVOKED_KEPT: i64 = 24 * 60 * 60 * 1_000_000;

/// In microseconds: how long a message that was delivered or given up is kept.
const DELIVERIES_KEPT: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// Handle on a running server.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    store: Store,
    recorder: Recorder,
    pdp: Arc<Pdp>,
    live: Live,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    keeping: JoinHandle<()>,
    notifier: Notifier,
}

impl Running {
    /// Starts the recorder's chain and serves on `listener`. The database is open and migrated.
    ///
    /// # Errors
    /// When a setting cannot be taken, the audit key or the vault's key cannot be had, or the chain's first record cannot
    /// be written: then nothing may be decided here.
    pub async fn start(store: Store, listener: TcpListener, config: &Config, clock: Clock) -> Result<Self> {
        // First what needs no trace: a start that fails on its settings leaves no empty chain behind.
        let public_url = console::check_public_url(&config.public_url).context("--public-url")?;
        let settings = ConsoleSettings {
            allow_addresses: config.allow_addresses.clone(),
            trusted_proxies: config.trusted_proxies.clone(),
            ..ConsoleSettings::new(&config.public_url)
        };
        let tokens = Tokens::new(AddressGuard::new(&settings.allow_addresses))
            .context("the client that fetches issuers' keys could not be made")?;
        let vault = vault_key::open_or_create(&config.vault, &store).await?;
        seal_addresses(&vault, &store).await;
        let signing = Signing::new(store.clone(), vault.clone(), config.public_url.trim_end_matches('/'));
        let approvals = Approvals::new(store.clone(), vault.clone());
        let tokens = Arc::new(tokens.with_vault(vault.clone()));
        let key = audit_key::load_or_create(&config.audit_key)?;
        let heads = LocalHeads::beside(&config.audit_key, &config.database);
        let verifier = Verifier::new(store.clone(), key.clone(), heads.clone(), clock.clone());
        let console = ConsoleState::new(
            store.clone(),
            &settings,
            verifier,
            Arc::clone(&tokens),
            approvals,
            clock.clone(),
        )
        .context("--public-url")?;
        let live = console.live();
        let address = listener.local_addr()?;
        let instance = format!("{}/{}", hostname(), std::process::id());
        let (recorder, _task) =
            Recorder::start(&store, key.clone(), instance, env!("CARGO_PKG_VERSION"), clock.clone())
                .await
                .context("the record could not be started")?;
        let keeping = heads.follow(&recorder);
        let pdp = Arc::new(Pdp::new(store.clone(), recorder.clone(), key, tokens, Arc::new(signing)));
        let sweeps = (sweep_now_and_then(store.clone(), clock.clone()), end_approvals(pdp.approvals()));
        let sweeping = tokio::spawn(async move {
            tokio::join!(sweeps.0, sweeps.1);
        });
        let notifier = Notifier::start(NotifierSettings {
            store: store.clone(),
            vault,
            guard: AddressGuard::new(&settings.allow_addresses),
            approvals: pdp.approvals(),
            public_url: public_url.origin().to_owned(),
            clock,
            random: random::bytes,
        })
        .context("the client that delivers webhooks could not be made")?;
        let app = router::router(pdp.clone(), store.clone(), recorder.clone(), console, &config.public_url);
        let (stop, stopped) = oneshot::channel();
        let asked_to_stop = async move {
            // A dropped sender asks as well.
            let _ = stopped.await;
        };
        let serving = tokio::spawn(connections::serve(listener, app, config.limits, asked_to_stop));
        Ok(Self { address, store, recorder, pdp, live, stop, serving, sweeping, keeping, notifier })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets open requests end, writes what waits to be recorded or noted and the last checkpoint, and closes the
    /// database.
    ///
    /// # Errors
    /// When the server's task ended before.
    pub async fn stop(self) -> Result<()> {
        // Streams would stay open for as long as anybody looks.
        self.live.end();
        let _ = self.stop.send(());
        // Whoever waits for a person is answered now, and asks elsewhere.
        self.pdp.end_waits();
        let abort = self.serving.abort_handle();
        let ended = tokio::time::timeout(GRACE, self.serving).await;
        if ended.is_err() {
            // They are cut off: the recorder is about to stop.
            tracing::warn!("requests are still open after {} s and are not waited for", GRACE.as_secs());
            abort.abort();
        }
        self.sweeping.abort();
        self.notifier.stop().await;
        self.recorder.stop().await;
        self.pdp.stop().await;
        // It ends once the recorder's last checkpoint is written down.
        if tokio::time::timeout(GRACE, self.keeping).await.is_err() {
            tracing::warn!("the last checkpoint was not kept beside the audit key in time");
        }
        self.store.close().await;
        if let Ok(served) = ended {
            served.context("the server task ended")?;
        }
        Ok(())
    }
}

/// Removes what is over of sessions, links, attempts, revoked tokens, messages, proofs, signing keys, submissions and
/// filings, every few minutes.
async fn sweep_now_and_then(store: Store, clock: Clock) {
    let mut turn = tokio::time::interval(SWEEP_EVERY);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        let now = clock();
        if let Err(error) = console::sweep(&store, now).await {
            tracing::warn!(%error, "expired sessions were not removed");
        }
        if let Err(error) = store.forget_revoked_tokens(now.saturating_add_micros(-REVOKED_KEPT)).await {
            tracing::warn!(%error, "revoked tokens that have expired were not removed");
        }
        if let Err(error) = store.forget_deliveries(now.saturating_add_micros(-DELIVERIES_KEPT)).await {
            tracing::warn!(%error, "old messages about approvals were not removed");
        }
        if let Err(error) = store.forget_proofs().await {
            tracing::warn!(%error, "proofs that are too old to be taken were not removed");
        }
        if let Err(error) = store.forget_signing_keys().await {
            tracing::warn!(%error, "signing keys of which nothing is taken any more were not removed");
        }
        if let Err(error) = store.forget_submissions().await {
            tracing::warn!(%error, "submissions whose time is over were not removed");
        }
        if let Err(error) = store.forget_filings().await {
            tracing::warn!(%error, "filings that are too old to count were not removed");
        }
    }
}

/// An earlier version stored where webhooks are as it was. Nothing is told to one whose address could not be sealed.
async fn seal_addresses(vault: &Vault, store: &Store) {
    let by = Actor { name: "countersign".to_owned(), via: Via::System, request_id: None };
    match pdp::notify::seal_addresses(vault, store, by).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "addresses of webhooks are kept in the vault from now on"),
        Err(error) => tracing::error!(%error, "addresses of webhooks could not be put into the vault"),
    }
}

/// Writes down which requests for approval are past their time, so that whoever waits for one is told.
async fn end_approvals(approvals: Approvals) {
    let mut turn = tokio::time::interval(END_EVERY);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turn.tick().await;
        if let Err(error) = approvals.expire().await {
            tracing::warn!(%error, "requests for approval that are past their time were not ended");
        }
    }
}

fn hostname() -> String {
    std::fs::read_to_string("/etc/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "host".to_owned())
}

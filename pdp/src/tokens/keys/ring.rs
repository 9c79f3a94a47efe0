//! The keys of each issuer between two fetches: which are used, for how long, and when new ones are asked for.
//!
//! One fetch per issuer at a time, in a task of its own, so that it ends although the call that began it went away.
//! Calls wait for it only where they cannot do without, and not for ever.

use super::{KeySet, KeysState};
use crate::tokens::fetch::{FetchError, Fetcher};
use lru::LruCache;
use policy::issuer::{Issuer, KeySource};
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Keys of this age are fetched anew, beside the calls.
const REFRESH: Duration = Duration::from_secs(3_600);
/// Keys of this age are fetched anew before they are used, if new ones can be had.
const PATIENCE: Duration = Duration::from_secs(2 * 3_600);
/// How soon after a fetch the next one may begin.
const RETRY: Duration = Duration::from_secs(10);
/// How soon after a fetch for the sake of an unknown key the next such may begin.
const UNKNOWN_KEY: Duration = Duration::from_secs(30);
/// How long a call waits for a fetch.
const WAIT: Duration = Duration::from_secs(10);
/// How many issuers' keys are kept.
const ISSUERS: NonZeroUsize = NonZeroUsize::new(1_024).unwrap();

/// The monotonic clock by which intervals are measured; it decides about fetching, never about a token.
#[derive(Clone)]
pub(in crate::tokens) struct Clock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl Clock {
    #[cfg(test)]
    pub(in crate::tokens) fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    fn now(&self) -> Instant {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(Instant::now))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The rings of all issuers that were asked for.
#[derive(Debug)]
pub(in crate::tokens) struct Rings {
    fetcher: Fetcher,
    clock: Clock,
    rings: Mutex<LruCache<String, Arc<Ring>>>,
}

impl Rings {
    pub(in crate::tokens) fn new(fetcher: Fetcher, clock: Clock) -> Self {
        Self { fetcher, clock, rings: Mutex::new(LruCache::new(ISSUERS)) }
    }

    /// The ring of this issuer: a new one, without keys, where its keys come from elsewhere than before.
    pub(in crate::tokens) fn of(&self, issuer: &Issuer) -> Arc<Ring> {
        let mut rings = self.rings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ring) = rings.get(issuer.url.as_str())
            && ring.source == issuer.keys
        {
            return Arc::clone(ring);
        }
        let ring = Arc::new(Ring::new(issuer, self.fetcher.clone(), self.clock.clone()));
        rings.put(issuer.url.clone(), Arc::clone(&ring));
        ring
    }
}

/// One issuer's keys.
#[derive(Debug)]
pub(in crate::tokens) struct Ring {
    issuer: String,
    source: KeySource,
    fetcher: Fetcher,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    good: Option<Good>,
    /// When the last fetch began.
    fetched_at: Option<Instant>,
    /// When the last fetch for the sake of an unknown key began.
    unknown_at: Option<Instant>,
    /// Closed once the fetch has ended.
    running: Option<watch::Receiver<()>>,
    /// Why the last fetch failed, if it did.
    failure: Option<String>,
}

/// The last keys that could be had.
#[derive(Debug)]
struct Good {
    keys: Arc<KeySet>,
    at: Instant,
}

impl State {
    fn running(&self) -> Option<watch::Receiver<()>> {
        // Whoever fetches holds the other end, and lets go of it even by a panic.
        self.running.clone().filter(|running| running.has_changed().is_ok())
    }

    fn why(&self) -> String {
        self.failure.clone().unwrap_or_else(|| "they are being fetched".to_owned())
    }
}

impl Ring {
    fn new(issuer: &Issuer, fetcher: Fetcher, clock: Clock) -> Self {
        let mut state = State::default();
        if let KeySource::Jwks(given) = &issuer.keys {
            match KeySet::read(given) {
                Ok(keys) => state.good = Some(Good { keys: Arc::new(keys), at: clock.now() }),
                Err(why) => state.failure = Some(why.to_owned()),
            }
        }
        let (issuer, source) = (issuer.url.clone(), issuer.keys.clone());
        Self { issuer, source, fetcher, clock, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the keys were written down by the administrator, so that there is nothing to fetch.
    fn is_given(&self) -> bool {
        matches!(self.source, KeySource::Jwks(_))
    }

    /// The keys to verify with now; none older than `max_age`.
    ///
    /// # Errors
    /// Says why there are none.
    pub(in crate::tokens) async fn keys(self: &Arc<Self>, max_age: Duration) -> Result<Arc<KeySet>, String> {
        let running = {
            let mut state = self.state();
            let now = self.clock.now();
            let usable = state.good.as_ref().map(|good| (Arc::clone(&good.keys), now - good.at));
            match usable {
                Some((keys, age)) if self.is_given() || age < REFRESH.min(max_age / 2) => return Ok(keys),
                Some((keys, age)) if age < PATIENCE.min(max_age) => {
                    self.fetch(&mut state, now);
                    return Ok(keys);
                }
                _ if self.is_given() => None,
                _ => self.fetch(&mut state, now),
            }
        };
        if let Some(running) = running {
            end_of(running).await;
        }
        let state = self.state();
        match &state.good {
            Some(good) if self.clock.now() - good.at <= max_age => Ok(Arc::clone(&good.keys)),
            _ => Err(state.why()),
        }
    }

    /// Other keys than these, where a token names a key that is not among them: those that came meanwhile, or new
    /// ones, which are asked for once in a while.
    pub(in crate::tokens) async fn newer_than(self: &Arc<Self>, known: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let other = |state: &State| {
            let keys = state.good.as_ref().map(|good| &good.keys);
            keys.filter(|keys| !Arc::ptr_eq(keys, known)).cloned()
        };
        let running = {
            let mut state = self.state();
            if self.is_given() {
                return None;
            }
            if let Some(keys) = other(&state) {
                return Some(keys);
            }
            let now = self.clock.now();
            match state.running() {
                Some(running) => running,
                None if state.unknown_at.is_none_or(|at| now - at >= UNKNOWN_KEY) => {
                    state.unknown_at = Some(now);
                    self.begin(&mut state, now)
                }
                None => return None,
            }
        };
        end_of(running).await;
        other(&self.state())
    }

    /// What is known, without asking for anything.
    pub(in crate::tokens) fn told(&self) -> KeysState {
        let state = self.state();
        let good = state.good.as_ref();
        KeysState {
            keys: good.map(|good| good.keys.known()).unwrap_or_default(),
            unusable: good.map_or(0, |good| good.keys.unusable()),
            fetched: good.filter(|_| !self.is_given()).map(|good| self.clock.now() - good.at),
            failure: state.failure.clone(),
        }
    }

    /// Fetches them now, unless that is under way or was done a moment ago.
    pub(in crate::tokens) async fn fetch_now(self: &Arc<Self>) {
        if self.is_given() {
            return;
        }
        let running = {
            let mut state = self.state();
            self.fetch(&mut state, self.clock.now())
        };
        if let Some(running) = running {
            end_of(running).await;
        }
    }

    /// The fetch that is under way, or a new one. None where the last one was a moment ago.
    fn fetch(self: &Arc<Self>, state: &mut State, now: Instant) -> Option<watch::Receiver<()>> {
        let may_begin = state.fetched_at.is_none_or(|at| now - at >= RETRY);
        state.running().or_else(|| may_begin.then(|| self.begin(state, now)))
    }

    fn begin(self: &Arc<Self>, state: &mut State, now: Instant) -> watch::Receiver<()> {
        let (ends, running) = watch::channel(());
        state.fetched_at = Some(now);
        state.running = Some(running.clone());
        let ring = Arc::clone(self);
        tokio::spawn(async move {
            let fetched = ring.fetcher.keys(&ring.issuer, &ring.source).await;
            ring.take(fetched, now);
            drop(ends);
        });
        running
    }

    fn take(&self, fetched: Result<KeySet, FetchError>, at: Instant) {
        let mut state = self.state();
        match fetched {
            Ok(keys) => {
                if keys.len() == 0 {
                    tracing::warn!(issuer = %self.issuer, unusable = keys.unusable(), "the issuer publishes no usable key");
                }
                state.good = Some(Good { keys: Arc::new(keys), at });
                state.failure = None;
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the issuer's keys could not be fetched");
                state.failure = Some(error.to_string());
            }
        }
    }
}

/// Waits until the fetch has ended, but not for ever.
async fn end_of(mut running: watch::Receiver<()>) {
    // Nothing is ever sent: it ends by being closed.
    let _ = tokio::time::timeout(WAIT, running.changed()).await;
}

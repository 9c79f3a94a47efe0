//! A verification that runs beside everything else: one at a time, started by somebody, followed by whoever asks.
//!
//! What came of the last one is kept in memory until the process ends; another replica does not know of it.

use super::{LocalHeads, Progress, Report, verify_telling};
use crate::Store;
use crate::chain::AuditKey;
use crate::recorder::Clock;
use policy::Timestamp;
use std::fmt;
use std::sync::Arc;
use tokio::sync::watch;

/// The last verification, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Who started it.
    pub by: String,
    pub started_at: Timestamp,
    pub state: VerificationState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerificationState {
    Running(Progress),
    /// Held against so many checkpoints that are kept on this host.
    Ended {
        at: Timestamp,
        report: Report,
        anchors: usize,
    },
    /// It could not be found out whether the record is sound.
    Failed {
        at: Timestamp,
        failure: Failure,
    },
}

impl VerificationState {
    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }
}

/// What stood in the way. The cause is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The checkpoints kept on this host cannot be read.
    Heads,
    Database,
    /// The process was about to end, or a fault of ours.
    BrokenOff,
}

/// Verifies on demand. Cheap to clone: clones share the one verification.
#[derive(Clone)]
pub struct Verifier(Arc<Parts>);

struct Parts {
    store: Store,
    key: AuditKey,
    heads: LocalHeads,
    clock: Clock,
    last: watch::Sender<Option<Verification>>,
}

impl Verifier {
    pub fn new(store: Store, key: AuditKey, heads: LocalHeads, clock: Clock) -> Self {
        Self(Arc::new(Parts { store, key, heads, clock, last: watch::Sender::new(None) }))
    }

    /// Begins one in a task of its own; false where one is running.
    pub fn start(&self, by: &str) -> bool {
        let begun = self.0.last.send_if_modified(|last| {
            if last.as_ref().is_some_and(|last| last.state.is_running()) {
                return false;
            }
            let state = VerificationState::Running(Progress::default());
            *last = Some(Verification { by: by.to_owned(), started_at: (self.0.clock)(), state });
            true
        });
        if begun {
            let run = Run { parts: Arc::clone(&self.0), ended: false };
            tokio::spawn(run.walk());
        }
        begun
    }

    /// The one that runs, or what came of the last one; none since the process started.
    pub fn last(&self) -> Option<Verification> {
        self.0.last.borrow().clone()
    }

    /// Each state as it comes.
    pub fn follow(&self) -> watch::Receiver<Option<Verification>> {
        self.0.last.subscribe()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("last", &self.last()).finish_non_exhaustive()
    }
}

/// A verification that is running. Dropped without an end, it was broken off.
struct Run {
    parts: Arc<Parts>,
    ended: bool,
}

impl Run {
    async fn walk(mut self) {
        let result = self.verify().await;
        let at = (self.parts.clock)();
        self.set(match result {
            Ok((report, anchors)) => VerificationState::Ended { at, report, anchors },
            Err(failure) => VerificationState::Failed { at, failure },
        });
        self.ended = true;
    }

    async fn verify(&self) -> Result<(Report, usize), Failure> {
        let parts = &self.parts;
        let anchors = parts.heads.read_aside().await.map_err(|error| {
            tracing::error!(%error, "the kept checkpoints could not be read, so nothing was verified");
            Failure::Heads
        })?;
        let tell = |progress| self.set(VerificationState::Running(progress));
        let verified = Box::pin(verify_telling(&parts.store, &parts.key, &anchors, &tell)).await;
        match verified {
            Ok(report) => {
                for finding in &report.findings {
                    tracing::warn!(?finding, "the record is not sound");
                }
                Ok((report, anchors.len()))
            }
            Err(error) => {
                tracing::error!(%error, "the record could not be verified");
                Err(Failure::Database)
            }
        }
    }

    fn set(&self, state: VerificationState) {
        self.parts.last.send_modify(|last| {
            if let Some(last) = last {
                last.state = state;
            }
        });
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if !self.ended {
            let at = (self.parts.clock)();
            self.set(VerificationState::Failed { at, failure: Failure::BrokenOff });
        }
    }
}

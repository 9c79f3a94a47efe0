//! The one task that writes a chain: it takes all that waits, commits it at once, and answers.
//!
//! The head in memory moves only when a commit is known. After any error the database is asked where the
//! chain stands before anything else is written, so a commit whose answer was lost is neither repeated nor
//! forgotten.

mod alone;
mod spending;

use super::batches::batches;
use super::heads::{self, last_record};
use super::insert::{chain_up, commit};
use super::last_used::{LastUsed, UsedKey};
use super::{AppendError, Clock, Job, Message, Position};
use crate::StoreError;
use crate::audit::ExportedCheckpoint;
use crate::chain::{AuditKey, Head};
use crate::db::Db;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

/// Records that are taken at a time; those of one transaction are also bounded by their size.
const MAX_BATCH: usize = 512;

/// From taking a batch to its last answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// The same while the database does not answer, and how often it is tried then.
const SHORT_PATIENCE: Duration = Duration::from_millis(500);

const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Writer {
    db: Db,
    key: AuditKey,
    clock: Clock,
    head: Head,
    /// The fate of a commit is not known: the database is asked before anything is written.
    stale: bool,
    /// The last checkpoint stands here.
    checkpointed: i64,
    /// The database does not answer: until then nobody waits for it.
    gone_until: Option<Instant>,
    signals: Signals,
    last_used: LastUsed,
}

/// What others learn of the writer.
pub(super) struct Signals {
    pub(super) healthy: Arc<AtomicBool>,
    pub(super) checkpoints: watch::Sender<Option<ExportedCheckpoint>>,
}

/// Why a write did not succeed, as far as what follows differs.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database did not answer in time")]
    Late,
}

impl Failure {
    /// Whether the fault lies in the record rather than in the database.
    fn is_of_the_record(&self) -> bool {
        matches!(self, Self::Store(StoreError::Constraint { .. } | StoreError::Refused(_)))
    }
}

async fn by<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, StoreError>> + Send,
) -> Result<T, Failure> {
    match timeout_at(deadline, work).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(Failure::Late),
    }
}

impl Writer {
    pub(super) fn new(db: Db, key: AuditKey, clock: Clock, head: Head, signals: Signals) -> Self {
        let checkpointed = head.seq;
        Self {
            db,
            key,
            clock,
            head,
            stale: false,
            checkpointed,
            gone_until: None,
            signals,
            last_used: LastUsed::default(),
        }
    }

    /// Ends when it is stopped, or when nobody is left who could append.
    pub(super) async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let start = Instant::now();
        let mut minute = interval_at(start + CHECKPOINT_EVERY, CHECKPOINT_EVERY);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut probe = interval_at(start + SHORT_PATIENCE, SHORT_PATIENCE);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut taken = Vec::with_capacity(MAX_BATCH);
        let mut stopping: Vec<oneshot::Sender<()>> = Vec::new();
        loop {
            tokio::select! {
                count = queue.recv_many(&mut taken, MAX_BATCH) => {
                    if count == 0 {
                        break;
                    }
                    let mut jobs = Vec::with_capacity(count);
                    let mut spending = Vec::new();
                    for message in taken.drain(..) {
                        match message {
                            Message::Append(job) => jobs.push(*job),
                            Message::Spend(ready) => spending.push(*ready),
                            Message::Stop(done) => {
                                queue.close();
                                stopping.push(done);
                            }
                        }
                    }
                    // First those that hold locks.
                    for ready in spending {
                        self.spend(ready).await;
                    }
                    for batch in batches(jobs) {
                        self.write(batch).await;
                    }
                }
                _ = minute.tick() => self.checkpoint(false).await,
                _ = probe.tick(), if !self.is_healthy() => self.recover().await,
            }
        }
        self.finish().await;
        for done in stopping {
            // Who asked may have gone away.
            let _ = done.send(());
        }
    }

    fn is_healthy(&self) -> bool {
        self.signals.healthy.load(Ordering::Relaxed)
    }

    fn well(&mut self) {
        self.gone_until = None;
        if !self.signals.healthy.swap(true, Ordering::Relaxed) {
            tracing::info!(chain = %self.head.chain, "the record is written again");
        }
    }

    fn unwell(&mut self, failure: &Failure) {
        if self.signals.healthy.swap(false, Ordering::Relaxed) {
            tracing::error!(chain = %self.head.chain, error = %cause(failure), "the record cannot be written");
        }
    }

    /// Until when a write may take; None where the database does not answer.
    async fn begin_to_write(&mut self) -> Option<Instant> {
        if self.gone_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let patience = if self.gone_until.is_some() { SHORT_PATIENCE } else { PATIENCE };
        let deadline = Instant::now() + patience;
        if self.stale
            && let Err(failure) = self.reload(deadline).await
        {
            self.lost(&failure);
            return None;
        }
        Some(deadline)
    }

    /// Writes the jobs and answers each of them.
    async fn write(&mut self, jobs: Vec<Job>) {
        let Some(deadline) = self.begin_to_write().await else { return refuse(jobs) };
        let floor = self.head.seq;
        let (result, after) = self.attempt(&jobs, deadline).await;
        match result {
            Ok(()) => self.answer_all(jobs, floor),
            Err(failure) => self.salvage(jobs, floor, &after, deadline, &failure).await,
        }
        self.last_used.write(&self.db);
    }

    /// Tries to commit the jobs as one; also says what the head is if they are committed.
    async fn attempt(&mut self, jobs: &[Job], deadline: Instant) -> (Result<(), Failure>, Head) {
        let (rows, after) = chain_up(&self.key, &self.head, jobs);
        let result = by(deadline, commit(&self.db, &rows)).await;
        drop(rows);
        match result {
            Ok(()) => {
                self.head.clone_from(&after);
                self.well();
            }
            Err(_) => self.stale = true,
        }
        (result, after)
    }

    /// Asks the database where the chain stands. The head never moves back: what is missing in the database
    /// is for the verification to find.
    async fn reload(&mut self, deadline: Instant) -> Result<(), Failure> {
        self.stale = true;
        let last = by(deadline, last_record(&self.db, &self.head.chain)).await?;
        if let Some((seq, hash)) = last
            && seq > self.head.seq
        {
            self.head.seq = seq;
            self.head.hash = hash;
        }
        self.stale = false;
        Ok(())
    }

    fn lost(&mut self, failure: &Failure) {
        self.unwell(failure);
        self.gone_until = Some(Instant::now() + SHORT_PATIENCE);
    }

    /// While records cannot be written: can they be now?
    async fn recover(&mut self) {
        let deadline = Instant::now() + SHORT_PATIENCE;
        if self.reload(deadline).await.is_err() {
            return;
        }
        if by(deadline, heads::beat(&self.db, &self.head.chain, (self.clock)())).await.is_ok() {
            self.well();
        }
    }

    /// The minute's checkpoint if there is something new, else a sign of life. `last` ends the chain.
    async fn checkpoint(&mut self, last: bool) {
        let deadline = Instant::now() + PATIENCE;
        let now = (self.clock)();
        let result = if self.stale { self.reload(deadline).await } else { Ok(()) };
        let result = match result {
            Err(failure) => Err(failure),
            Ok(()) if last || self.head.seq > self.checkpointed => {
                by(deadline, heads::checkpoint(&self.db, &self.key, &self.head, now, last)).await.map(Some)
            }
            Ok(()) => by(deadline, heads::beat(&self.db, &self.head.chain, now)).await.map(|()| None),
        };
        match result {
            Ok(signed) => {
                if signed.is_some() {
                    self.signals.checkpoints.send_replace(signed);
                }
                self.checkpointed = self.head.seq;
                self.well();
            }
            Err(failure) => {
                tracing::warn!(chain = %self.head.chain, error = %cause(&failure), "checkpoint not written");
                self.unwell(&failure);
            }
        }
    }

    async fn finish(&mut self) {
        if tokio::time::timeout(PATIENCE, self.last_used.finish(&self.db)).await.is_err() {
            tracing::warn!("the last use of keys was not written in time");
        }
        self.checkpoint(true).await;
        tracing::info!(chain = %self.head.chain, seq = self.head.seq, "record ended");
    }

    fn answer_all(&mut self, jobs: Vec<Job>, floor: i64) {
        for (seq, job) in (floor + 1..).zip(jobs) {
            self.answer(job, seq);
        }
    }

    fn answer(&mut self, job: Job, seq: i64) {
        let Job { record, answer, .. } = job;
        if let Some(key) = record.used_credential_key {
            self.last_used.note(UsedKey::Credential(key), record.at);
        }
        if let Some(key) = record.used_api_key {
            self.last_used.note(UsedKey::Api(key), record.at);
        }
        // The waiter may have gone away; the record stands all the same.
        let _ = answer.send(Ok(Position { chain: self.head.chain.clone(), seq }));
    }
}

fn refuse(jobs: Vec<Job>) {
    for job in jobs {
        let _ = job.answer.send(Err(AppendError::Unavailable));
    }
}

/// The failure with what lies below it, for the log.
fn cause(failure: &Failure) -> String {
    let mut text = failure.to_string();
    let mut below = std::error::Error::source(failure);
    while let Some(error) = below {
        text.push_str(": ");
        text.push_str(&error.to_string());
        below = error.source();
    }
    text
}

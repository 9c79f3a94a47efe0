//! The record of decisions, written as one chain by one task: many callers, one commit.
//!
//! [`Recorder::append`] returns once the record is committed, or says why it is not; it never guesses. What
//! waits at the same time shares a transaction, and a record that the database refuses fails alone. Nothing
//! here looks into a decision, and nothing here reads a clock of its own.

mod batches;
mod heads;
mod insert;
mod lane;
mod last_used;
pub(crate) mod tables;
mod take;
mod writer;

pub(crate) use heads::{chains_with_heads, of_last_record, to_hash};

use crate::approvals::ApprovalStep;
use crate::audit::ExportedCheckpoint;
use crate::chain::AuditKey;
use crate::{Store, StoreError};
use policy::{DecisionId, Outcome, Reason, ResourceRef, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The clock that is handed down.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How many records may wait; then callers wait to be let in.
const WAITING: usize = 4_096;

/// Columns that stand in an index are cut at this many bytes (Postgres takes index rows of 2.7 kB at most);
/// the body holds the whole text.
const MAX_COLUMN: usize = 300;

/// Arguments and body together.
const MAX_TEXT: usize = 8 * 1024 * 1024;

/// One decision as it is to be recorded.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// UUIDv7, made at the moment of `at` (lists find a span of time by it).
    pub id: DecisionId,
    pub at: Timestamp,
    pub tenant: Option<String>,
    pub subject: Option<String>,
    pub credential: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub action: String,
    pub outcome: Outcome,
    pub reason: Reason,
    /// JSON: all that was evaluated, and the decision.
    pub body: String,
    /// Canonical JSON, already redacted.
    pub arguments: Option<String>,
    /// The enforcement key's id, for its "last used".
    pub used_credential_key: Option<String>,
    /// The caller's API key's id, for its "last used".
    pub used_api_key: Option<String>,
    /// Who acted for the subject.
    pub actor: Option<String>,
    /// The task that the call named, where it is the caller's own.
    pub task: Option<String>,
    /// The resources that the call named and that are recorded in the clear, each once: by them it is found. Not chained.
    pub touched: Vec<ResourceRef>,
    /// Whether the decision takes one call of that task: then it is recorded only together with that.
    pub spends: bool,
    /// What it does to a request for approval: likewise.
    pub approval: Option<ApprovalStep>,
}

impl NewRecord {
    /// Whether it is recorded only together with something else.
    fn takes(&self) -> bool {
        self.spends || self.approval.is_some()
    }
}

/// Where a committed record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    pub chain: String,
    pub seq: i64,
}

/// Why a record was not written. In each case the decision must not be answered as an allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    #[error("the database refused this record")]
    Refused,
    #[error("the record cannot be written at the moment")]
    Unavailable,
    #[error("the recorder has stopped")]
    Stopped,
    /// What the decision would take is no longer there, or no longer to be had. Nothing was recorded or taken.
    #[error("{0}")]
    Spent(Lack),
}

/// What a decision would take or do, and cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Lack {
    #[error("the task has no call left for this decision")]
    Task,
    /// It was used, decided or filed by others meanwhile, or the policy moved.
    #[error("the request for approval is no longer as the decision found it")]
    Approval,
    #[error("too many requests for approval wait already")]
    TooMany,
    #[error("too many requests for approval were filed of late")]
    TooOften,
}

/// The way in for records. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    queue: mpsc::Sender<Message>,
    /// Decisions that take something wait here.
    spending: mpsc::Sender<Message>,
    key: AuditKey,
    chain: Arc<str>,
    healthy: Arc<AtomicBool>,
    checkpoints: watch::Receiver<Option<ExportedCheckpoint>>,
}

/// The writer, running. Dropping this leaves it running; [`Recorder::stop`] ends it.
#[derive(Debug)]
pub struct RecorderTask(JoinHandle<()>);

/// What travels to the writer.
enum Message {
    Append(Box<Job>),
    /// To the writer alone: what the lane has made ready.
    Spend(Box<lane::Ready>),
    /// Write what came before, the last checkpoint, and say so.
    Stop(oneshot::Sender<()>),
}

/// A record with the one who waits for it.
struct Job {
    record: NewRecord,
    arguments_digest: Option<[u8; 32]>,
    answer: oneshot::Sender<Result<Position, AppendError>>,
}

impl Recorder {
    /// Signs and stores the genesis of a new chain, and starts its writer.
    ///
    /// # Errors
    /// When the genesis cannot be stored: then nothing may be decided here.
    pub async fn start(
        store: &Store,
        key: AuditKey,
        instance: String,
        version: &str,
        clock: Clock,
    ) -> Result<(Self, RecorderTask), StoreError> {
        let head = heads::begin_chain(&store.db, &key, instance, version, clock()).await?;
        tracing::info!(chain = %head.chain, "record started");
        let (queue, waiting) = mpsc::channel(WAITING);
        let healthy = Arc::new(AtomicBool::new(true));
        let chain = Arc::from(head.chain.as_str());
        let (told, checkpoints) = watch::channel(None);
        let signals = writer::Signals { healthy: Arc::clone(&healthy), checkpoints: told };
        let writer = writer::Writer::new(store.db.clone(), key.clone(), clock, head, signals);
        let task = tokio::spawn(writer.run(waiting));
        let (spending, waiting) = mpsc::channel(WAITING);
        tokio::spawn(lane::run(store.db.clone(), waiting, queue.clone()));
        Ok((Self { queue, spending, key, chain, healthy, checkpoints }, RecorderTask(task)))
    }

    /// Returns once the record is committed. If the caller goes away, the record is written all the same.
    ///
    /// # Errors
    /// When it is not written, or (if the database went away during the commit) not known to be.
    pub async fn append(&self, record: NewRecord) -> Result<Position, AppendError> {
        let record = storable(record).ok_or(AppendError::Refused)?;
        let arguments_digest = record.arguments.as_deref().map(|text| self.key.arguments_digest(text));
        let (answer, wait) = oneshot::channel();
        let queue = if record.takes() { &self.spending } else { &self.queue };
        let job = Box::new(Job { record, arguments_digest, answer });
        queue.send(Message::Append(job)).await.map_err(|_| AppendError::Stopped)?;
        wait.await.unwrap_or(Err(AppendError::Unavailable))
    }

    /// Writes what waits, and the last checkpoint. Later records are refused, also those of clones.
    pub async fn stop(self) {
        // The lane first: what it makes ready, the writer writes.
        for (queue, who) in [(&self.spending, "lane"), (&self.queue, "writer")] {
            let (done, wait) = oneshot::channel();
            if queue.send(Message::Stop(done)).await.is_ok() && wait.await.is_err() {
                tracing::error!("the record's {who} ended before it was stopped");
            }
        }
    }

    /// Whether the last attempt to write went well and the writer lives.
    pub fn healthy(&self) -> bool {
        self.healthy.load(Ordering::Relaxed) && !self.queue.is_closed()
    }

    /// The chain this instance writes.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The last checkpoint that was committed, each as it comes. Closed once the writer has ended.
    pub fn checkpoints(&self) -> watch::Receiver<Option<ExportedCheckpoint>> {
        self.checkpoints.clone()
    }

    /// A redacted value's stand-in; see [`AuditKey::keyed_digest`].
    pub fn keyed_digest(&self, value: &[u8]) -> String {
        self.key.keyed_digest(value)
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("chain", &self.chain)
            .field("healthy", &self.healthy())
            .finish_non_exhaustive()
    }
}

impl RecorderTask {
    /// Waits until the writer has ended; false if it died.
    pub async fn finished(self) -> bool {
        self.0.await.is_ok()
    }
}

/// The record as both databases take it, or nothing if they never would: Postgres knows no U+0000.
fn storable(mut record: NewRecord) -> Option<NewRecord> {
    let arguments = record.arguments.as_deref().unwrap_or_default();
    if record.body.len().saturating_add(arguments.len()) > MAX_TEXT
        || record.id.as_str().is_empty()
        || record.id.as_str().len() > MAX_COLUMN
        || [record.body.as_str(), arguments, record.id.as_str()].iter().any(|text| text.contains('\0'))
    {
        return None;
    }
    let optional = [
        &mut record.tenant,
        &mut record.subject,
        &mut record.credential,
        &mut record.server,
        &mut record.tool,
        &mut record.actor,
        &mut record.task,
    ];
    for text in optional.into_iter().flatten() {
        cut(text)?;
    }
    cut(&mut record.action)?;
    Some(record)
}

fn cut(text: &mut String) -> Option<()> {
    if text.contains('\0') {
        return None;
    }
    let mut end = text.len().min(MAX_COLUMN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> NewRecord {
        NewRecord {
            id: DecisionId::new("018f0000-0000-7000-8000-000000000001"),
            at: Timestamp::from_micros(1),
            tenant: Some("acme".to_owned()),
            subject: None,
            credential: None,
            server: None,
            tool: Some("ä".repeat(400)),
            action: "tools/call".to_owned(),
            outcome: Outcome::Deny,
            reason: Reason::UnknownTool,
            body: "{}".to_owned(),
            arguments: None,
            used_credential_key: None,
            used_api_key: None,
            actor: None,
            task: None,
            touched: Vec::new(),
            spends: false,
            approval: None,
        }
    }

    #[test]
    fn long_columns_are_cut_at_a_character() {
        let stored = storable(record()).expect("is stored");
        assert_eq!(stored.tool.as_deref(), Some("ä".repeat(150).as_str()));
        assert_eq!(stored.tenant.as_deref(), Some("acme"));
    }

    #[test]
    fn what_postgres_never_takes_is_refused_before_it_waits() {
        let spoils: [fn(&mut NewRecord); 8] = [
            |r| r.body.push('\0'),
            |r| r.arguments = Some("\0".to_owned()),
            |r| r.subject = Some("a\0b".to_owned()),
            |r| r.task = Some("a\0b".to_owned()),
            |r| r.action.push('\0'),
            |r| r.id = DecisionId::new("\0"),
            |r| r.id = DecisionId::new(""),
            |r| r.body = " ".repeat(MAX_TEXT + 1),
        ];
        for spoil in spoils {
            let mut record = record();
            spoil(&mut record);
            assert!(storable(record).is_none());
        }
    }
}

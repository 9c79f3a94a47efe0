//! The lane of decisions that use something up. On Postgres others may hold what is to be taken: it is waited for here, in
//! a transaction of its own, and only then does the writer put the records into the same transaction and commit it. So
//! the chain is never held up by a lock. On SQLite whoever writes has everything; there the writer takes.

use super::batches::batches;
use super::take::{Got, take};
use super::{AppendError, Job, Message};
use crate::StoreError;
use crate::db::{Db, Dialect, Tx};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How many go together.
const MAX_BATCH: usize = 128;

/// How long others may hold what is to be taken.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the writer is handed.
pub(super) struct Ready {
    pub(super) jobs: Vec<Job>,
    /// The open transaction in which what they take is taken, and which of them got it. None: the writer takes it.
    pub(super) taken: Option<(Tx, Vec<Got>)>,
    /// Told once all of them are answered.
    pub(super) done: oneshot::Sender<()>,
}

/// Ends when it is stopped, or when nobody is left who could append.
pub(super) async fn run(db: Db, mut waiting: mpsc::Receiver<Message>, writer: mpsc::Sender<Message>) {
    let mut came = Vec::with_capacity(MAX_BATCH);
    let mut stopping = Vec::new();
    while waiting.recv_many(&mut came, MAX_BATCH).await > 0 {
        let mut jobs = Vec::with_capacity(came.len());
        for message in came.drain(..) {
            match message {
                Message::Append(job) => jobs.push(*job),
                Message::Stop(done) => {
                    waiting.close();
                    stopping.push(done);
                }
                // Nobody sends any of these here.
                Message::Spend(_) => {}
            }
        }
        for batch in batches(jobs) {
            hand_over(&db, &writer, batch).await;
        }
    }
    for done in stopping {
        // Who asked may have gone away.
        let _ = done.send(());
    }
}

/// Until the batch is answered: the next one would only wait for its locks.
async fn hand_over(db: &Db, writer: &mpsc::Sender<Message>, jobs: Vec<Job>) {
    let taken = match db.dialect() {
        Dialect::Sqlite => None,
        Dialect::Postgres => match timeout(PATIENCE, begin(db, &jobs)).await {
            Ok(Ok(taken)) => Some(taken),
            Ok(Err(error)) => {
                tracing::debug!(%error, calls = jobs.len(), "not taken together");
                None
            }
            Err(_) => {
                tracing::warn!(calls = jobs.len(), "what decisions take is held by others for too long");
                return refuse(jobs);
            }
        },
    };
    let (done, wait) = oneshot::channel();
    let ready = Box::new(Ready { jobs, taken, done });
    match writer.send(Message::Spend(ready)).await {
        Ok(()) => {
            // Its end says as much as its word.
            let _ = wait.await;
        }
        Err(mpsc::error::SendError(Message::Spend(ready))) => refuse(ready.jobs),
        Err(_) => {}
    }
}

async fn begin(db: &Db, jobs: &[Job]) -> Result<(Tx, Vec<Got>), StoreError> {
    let mut tx = db.begin_write().await?;
    let taken = take(&mut tx, jobs).await?;
    Ok((tx, taken))
}

fn refuse(jobs: Vec<Job>) {
    for job in jobs {
        let _ = job.answer.send(Err(AppendError::Unavailable));
    }
}

//! Calls share their way to the database: those that come while a lane is busy go together on its next trip, as records
//! share a commit. Each is still read by a statement that began after it was asked.

use super::LiveRow;
use super::statement::{self, Asked, MOST};
use crate::StoreError;
use crate::connect::lanes;
use crate::db::Db;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, oneshot};

/// Questions that may wait; beyond that, whoever asks does.
pub(super) const WAITING: usize = 4_096;

/// How long a question waits for its answer, and a lane for the database.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

type Answer = oneshot::Sender<Result<Vec<LiveRow>, StoreError>>;

struct Job {
    asked: Asked,
    answer: Answer,
}

/// The way in. The lanes end when nobody is left who could ask.
#[derive(Clone)]
pub(crate) struct Lanes(mpsc::Sender<Job>);

impl Lanes {
    pub(crate) fn open(db: &Db, readers: u32) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..lanes(readers) {
            tokio::spawn(run(db.clone(), Arc::clone(&waiting)));
        }
        Self(queue)
    }

    /// The rows of one question; there is at least one.
    pub(super) async fn read(&self, asked: Asked) -> Result<Vec<LiveRow>, StoreError> {
        let (answer, wait) = oneshot::channel();
        let answered = async {
            self.0.send(Job { asked, answer }).await.map_err(|_| sqlx::Error::PoolClosed)?;
            wait.await.map_err(|_| sqlx::Error::PoolClosed)?
        };
        tokio::time::timeout(PATIENCE, answered).await.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))
    }
}

async fn run(db: Db, queue: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut waiting = Vec::with_capacity(MOST);
    loop {
        if queue.lock().await.recv_many(&mut waiting, MOST).await == 0 {
            return;
        }
        loop {
            // Who waited in vain, or whose connection is closed, need not be asked for.
            waiting.retain(|job| !job.answer.is_closed());
            let (asked, answers) = take_alike(&mut waiting);
            if asked.is_empty() {
                break;
            }
            trip(&db, &asked, answers).await;
        }
    }
}

/// Those of the first one's shape, as many as a power of two.
fn take_alike(waiting: &mut Vec<Job>) -> (Vec<Asked>, Vec<Answer>) {
    let shape = waiting.first().map(|job| job.asked.shape);
    let alike = waiting.iter().filter(|job| Some(job.asked.shape) == shape).count();
    let mut left = 1_usize << alike.max(1).ilog2();
    let taken = waiting.extract_if(.., |job| {
        let takes = left > 0 && Some(job.asked.shape) == shape;
        left -= usize::from(takes);
        takes
    });
    taken.map(|job| (job.asked, job.answer)).unzip()
}

async fn trip(db: &Db, asked: &[Asked], answers: Vec<Answer>) {
    let asking = tokio::time::timeout(PATIENCE, ask(db, asked));
    match asking.await.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into())) {
        Ok(parts) => {
            for (part, answer) in parts.into_iter().zip(answers) {
                // Whoever asked may have gone away.
                let _ = answer.send(Ok(part));
            }
        }
        // What is bound are texts that both databases take, so the fault is the database's and not one question's.
        Err(error) => {
            let mut error = spread(error);
            for answer in answers {
                let _ = answer.send(Err(error()));
            }
        }
    }
}

/// One fault for all that share a trip.
pub(super) fn spread(error: StoreError) -> impl FnMut() -> StoreError {
    let error = Arc::new(error);
    move || StoreError::Unavailable(sqlx::Error::Io(std::io::Error::other(Arc::clone(&error))))
}

/// The rows of each question.
async fn ask(db: &Db, asked: &[Asked]) -> Result<Vec<Vec<LiveRow>>, StoreError> {
    let mut parts: Vec<Vec<LiveRow>> = asked.iter().map(|_| Vec::with_capacity(2)).collect();
    let Some(shape) = asked.first().map(|asked| asked.shape) else { return Ok(parts) };
    let (statement, values) = statement::of(shape, asked, db.dialect());
    for row in db.fetch_kept::<LiveRow>(&statement, values).await? {
        let nth = usize::try_from(row.nth).unwrap_or(usize::MAX);
        let part = parts.get_mut(nth).ok_or_else(|| StoreError::corrupt("an answer to no question"))?;
        part.push(row);
    }
    Ok(parts)
}

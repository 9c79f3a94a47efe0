//! The stamp over what the live read rests on. SQLite draws a new one with each change of it
//! (`migrations/sqlite/0023_live_stamp.sql`), so an answer that was read under the stamp that stands now is the answer that
//! would be read now. The stamp itself is read for every call, by a statement that began after the call was asked: what
//! is remembered saves work and never lets anything stand that was taken away.

use super::LiveState;
use super::lane::{PATIENCE, WAITING, spread};
use super::statement::Asked;
use super::triggers::Triggers;
use crate::StoreError;
use crate::connect::lanes;
use crate::db::{Db, Dialect, now_micros};
use crate::kept::{Kept, Shelf};
use crate::schema::LiveStamp;
use lru::LruCache;
use policy::Timestamp;
use sea_query::{Expr, Query, SelectStatement};
use sea_query_sqlx::SqlxValues;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Turn, mpsc, oneshot};
use tokio::time::timeout;

/// How many answers are remembered.
const MOST: NonZeroUsize = NonZeroUsize::new(8_192).unwrap();

/// How many calls are told at once.
const TOGETHER: usize = 256;

/// What stands now, and when that was.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Stamp {
    now: i64,
    value: String,
}

/// The stamp with the version of the schema: whoever takes a trigger or a table away changes that, and under a schema
/// without one nothing is remembered.
pub(super) fn stamp() -> SelectStatement {
    let value = "CAST(live_stamp.value AS TEXT) || '/' || (SELECT schema_version FROM pragma_schema_version)";
    Query::select().expr_as(Expr::cust(value), LiveStamp::Value).from(LiveStamp::Table).take()
}

type Answer = oneshot::Sender<Result<Option<Stamp>, StoreError>>;

/// What was read, and under which stamp.
type States = LruCache<Asked, (String, Arc<LiveState>)>;

#[derive(Clone)]
pub(crate) struct Remembered {
    states: Arc<Mutex<States>>,
    triggers: Arc<Triggers>,
    /// None: this database has no stamp, and nothing is remembered.
    stamps: Option<mpsc::Sender<Answer>>,
}

impl Remembered {
    /// As many ways to the stamp as there are lanes.
    pub(crate) fn open(db: &Db, readers: u32) -> Self {
        let stamps = match db.dialect() {
            Dialect::Sqlite => {
                let (queue, waiting) = mpsc::channel(WAITING);
                let waiting = Arc::new(Turn::new(waiting));
                for _ in 0..lanes(readers) {
                    tokio::spawn(run(db.clone(), Arc::clone(&waiting)));
                }
                Some(queue)
            }
            Dialect::Postgres => None,
        };
        Self { states: Arc::new(Mutex::new(LruCache::new(MOST))), triggers: Arc::default(), stamps }
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to the question, where it was asked before and nothing has changed since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn state(&self, asked: &Asked) -> Result<Option<LiveState>, StoreError> {
        let Some(stamps) = &self.stamps else { return Ok(None) };
        let Some((read_under, state)) = self.states().get(asked).cloned() else { return Ok(None) };
        let (answer, wait) = oneshot::channel();
        let answered = async {
            stamps.send(answer).await.map_err(|_| sqlx::Error::PoolClosed)?;
            wait.await.map_err(|_| sqlx::Error::PoolClosed)?
        };
        let stamp = timeout(PATIENCE, answered).await.unwrap_or(Err(sqlx::Error::PoolTimedOut.into()))?;
        Ok(stamp.filter(|stamp| stamp.value == read_under).map(|stamp| {
            let mut state = LiveState::clone(&state);
            state.now = Timestamp::from_micros(stamp.now);
            state
        }))
    }

    /// Remembers an answer, unless the stamp would not say when it is over; `stamp` was read by the same statement.
    pub(super) async fn remember(&self, db: &Db, asked: Asked, stamp: String, state: &LiveState) {
        let Some((_, version)) = stamp.rsplit_once('/') else { return };
        let stand = Box::pin(self.triggers.stand(db, version)).await;
        match stand {
            Ok(true) => {
                self.states().put(asked, (stamp, Arc::new(state.clone())));
            }
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "an answer was not remembered"),
        }
    }
}

async fn run(db: Db, queue: Arc<Turn<mpsc::Receiver<Answer>>>) {
    let mut waiting = Vec::with_capacity(TOGETHER);
    while queue.lock().await.recv_many(&mut waiting, TOGETHER).await > 0 {
        // Who waited in vain, or whose connection is closed, need not be asked for.
        waiting.retain(|answer| !answer.is_closed());
        if waiting.is_empty() {
            continue;
        }
        let read = timeout(PATIENCE, read(&db)).await;
        match read.unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut.into())) {
            Ok(stamp) => {
                for answer in waiting.drain(..) {
                    // Whoever asked may have gone away.
                    let _ = answer.send(Ok(stamp.clone()));
                }
            }
            Err(error) => {
                let mut error = spread(error);
                for answer in waiting.drain(..) {
                    let _ = answer.send(Err(error()));
                }
            }
        }
    }
}

static STATEMENT: Shelf<()> = Shelf::new();

/// None: somebody took the stamp away; then everything is read each time.
async fn read(db: &Db) -> Result<Option<Stamp>, StoreError> {
    let dialect = db.dialect();
    let kept = STATEMENT
        .get(dialect, (), || Kept::render(&stamp().expr_as(now_micros(dialect), "now").take(), dialect));
    let none = SqlxValues(sea_query::Values(Vec::new()));
    Ok(db.fetch_kept::<Stamp>(&kept, none).await?.into_iter().next())
}

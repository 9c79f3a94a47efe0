//! Every SQL statement of Countersign, on SQLite and on Postgres.
//!
//! Statements are written once with sea-query and rendered per dialect (`db`). The live read of a call is
//! one statement ([`live`]), rules are compiled from one snapshot ([`snapshot`]), and people's changes go
//! through one unit of work that records each of them ([`administration`]). Nothing in this crate decides
//! anything, and nothing outside of it writes SQL.

pub mod accounts;
pub mod administration;
pub mod approvals;
pub mod audit;
mod awaited;
pub mod chain;
pub mod changes;
mod connect;
mod counting;
mod db;
pub mod decisions;
mod held;
mod kept;
pub mod live;
pub mod migrate;
pub mod notifications;
pub mod overview;
mod proofs;
pub mod recorder;
mod schema;
pub mod search;
pub mod sessions;
pub mod snapshot;
mod submissions;
pub mod unmapped;

pub use administration::{Actor, Via, WriteError, Writer};
pub use changes::{Action, Change};
pub use connect::{OpenError, Settings, sqlite_path};
pub use db::{Dialect, StoreError};
pub use live::{
    CallerBy, CredentialBy, LiveActor, LiveApproval, LiveCredential, LiveIssuer, LiveKey, LiveQuery,
    LiveResource, LiveState, LiveUse,
};
pub use migrate::{MigrateError, MigrationState};
pub use proofs::ProofId;
pub use snapshot::PolicySnapshot;
pub use unmapped::{Seen, UnmappedCaller, UnmappedState};

use db::Db;
use std::sync::Arc;

/// An open database. Cheap to clone: clones share the connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    lanes: live::Lanes,
    remembered: live::Remembered,
    issuers: Arc<live::Memo>,
}

impl Store {
    /// Connects, and on SQLite makes the file and its folder where they are missing. Does not migrate.
    ///
    /// # Errors
    /// When the address cannot be read or the database cannot be reached.
    pub async fn open(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self::over(Db::open(settings, false).await?, settings))
    }

    /// As [`Store::open`], for whoever counts statements: each is told to `tracing` under `sqlx::query`, by its text and
    /// without its values. No command opens a database so, whatever its log shows.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_telling(settings: &Settings) -> Result<Self, OpenError> {
        Ok(Self::over(Db::open(settings, true).await?, settings))
    }

    fn over(db: Db, settings: &Settings) -> Self {
        let lanes = live::Lanes::open(&db, settings.read_connections);
        let remembered = live::Remembered::open(&db, settings.read_connections);
        Self { db, lanes, remembered, issuers: Arc::default() }
    }

    /// Which of the two databases this is.
    pub fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    /// Whether the database answers and may be written to. A Postgres standby is never ready.
    ///
    /// # Errors
    /// When it does not answer, or is a standby.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.db.ping().await
    }

    /// The database's clock.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn now(&self) -> Result<policy::Timestamp, StoreError> {
        let clock = sea_query::Query::select().expr_as(db::now_micros(self.dialect()), "now").take();
        let moment = self.db.fetch_optional::<Moment>(&clock).await?;
        let moment = moment.ok_or_else(|| StoreError::corrupt("the database has no clock"))?;
        Ok(policy::Timestamp::from_micros(moment.now))
    }

    /// Closes all connections, once those in use are given back.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

#[derive(sqlx::FromRow)]
struct Moment {
    now: i64,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dialect", &self.dialect()).finish_non_exhaustive()
    }
}

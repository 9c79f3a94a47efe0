//! Sessions as they are kept: tower-sessions' `SessionStore` over our own table. Ids are stored as digests only.

use super::{ACCOUNT, ADDRESS, PASSWORD_VERSION, REFUSED, USER_AGENT};
use crate::clock::Clock;
use crate::console::ConsoleSettings;
use async_trait::async_trait;
use policy::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use store::Store;
use store::sessions::{ConsoleSession, Started, session_digest};
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store;

/// The idle expiry moves at most so often: reading a page must not always write.
const TOUCH_EVERY: i64 = 60 * 1_000_000;

#[derive(Clone)]
pub(in crate::console) struct ConsoleSessions {
    store: Store,
    clock: Clock,
    /// Microseconds, as all below.
    idle: i64,
    absolute: i64,
    /// Whether reading a session counts as using it.
    counts_as_use: bool,
}

impl fmt::Debug for ConsoleSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleSessions")
            .field("idle", &self.idle)
            .field("absolute", &self.absolute)
            .finish_non_exhaustive()
    }
}

impl ConsoleSessions {
    pub(in crate::console) fn new(store: Store, clock: Clock, settings: &ConsoleSettings) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self {
            store,
            clock,
            idle: micros(settings.session_idle),
            absolute: micros(settings.session_absolute),
            counts_as_use: true,
        }
    }

    /// The same sessions for requests that are nobody's doing.
    pub(in crate::console) fn in_background(&self) -> Self {
        Self { counts_as_use: false, ..self.clone() }
    }

    /// The row of a record that starts, or is used, now.
    fn row(&self, record: &Record, now: Timestamp) -> session_store::Result<ConsoleSession> {
        let mut rest = record.data.clone();
        rest.remove(PASSWORD_VERSION);
        let mut column = |name: &str| match rest.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let (account, user_agent, address) = (column(ACCOUNT), column(USER_AGENT), column(ADDRESS));
        let data =
            serde_json::to_string(&rest).map_err(|error| session_store::Error::Encode(error.to_string()))?;
        Ok(ConsoleSession {
            id_digest: digest(record.id),
            account,
            data,
            created_at: now,
            expires_at: now.saturating_add_micros(self.idle),
            absolute_expires_at: now.saturating_add_micros(self.absolute),
            last_seen_at: now,
            user_agent,
            address,
        })
    }
}

/// What a session is stored under.
pub(in crate::console) fn digest(id: Id) -> [u8; 32] {
    session_digest(&id.0.to_le_bytes())
}

/// The id by which lists of sessions name it; of no use to whoever wants to take it over.
pub(in crate::console) fn public_id(id: Id) -> String {
    hex::encode(digest(id))
}

/// What the session of this public id is stored under.
pub(in crate::console) fn digest_of(public_id: &str) -> Option<[u8; 32]> {
    hex::decode(public_id).ok()?.try_into().ok()
}

pub(super) fn record(id: Id, row: &ConsoleSession) -> session_store::Result<Record> {
    let mut data: HashMap<String, Value> =
        serde_json::from_str(&row.data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
    for (name, column) in [(ACCOUNT, &row.account), (USER_AGENT, &row.user_agent), (ADDRESS, &row.address)] {
        match column {
            Some(text) => data.insert(name.to_owned(), Value::String(text.clone())),
            None => data.remove(name),
        };
    }
    let nanos = i128::from(row.expires_at.micros()).saturating_mul(1_000);
    let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Ok(Record { id, data, expiry_date })
}

fn failed(error: &store::StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for ConsoleSessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let version = record.data.get(PASSWORD_VERSION).and_then(Value::as_i64);
        let version = version.ok_or_else(|| session_store::Error::Backend(REFUSED.to_owned()))?;
        // An id is 128 random bits; a second try is one more than will ever be needed.
        for _ in 0..2 {
            let row = self.row(record, (self.clock)())?;
            match self.store.start_session(&row, version).await.map_err(|error| failed(&error))? {
                Started::Yes => return Ok(()),
                Started::Refused => return Err(session_store::Error::Backend(REFUSED.to_owned())),
                Started::IdTaken => record.id = Id::default(),
            }
        }
        Err(session_store::Error::Backend("no free session id".to_owned()))
    }

    /// A session that was ended meanwhile stays so.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let now = (self.clock)();
        let kept = self.store.load_session(&digest(record.id), now).await.map_err(|error| failed(&error))?;
        let Some(kept) = kept else { return Ok(()) };
        let row = ConsoleSession {
            created_at: kept.created_at,
            absolute_expires_at: kept.absolute_expires_at,
            ..self.row(record, now)?
        };
        self.store.save_session(&row).await.map_err(|error| failed(&error))?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = (self.clock)();
        let row = self.store.load_session(&digest(*id), now).await.map_err(|error| failed(&error))?;
        let Some(mut row) = row else { return Ok(None) };
        let rested = now.micros().saturating_sub(row.last_seen_at.micros());
        if rested >= TOUCH_EVERY && self.counts_as_use {
            row.last_seen_at = now;
            row.expires_at = now.saturating_add_micros(self.idle);
            // Whoever may read may go on reading while the database takes no writes; the session just ends sooner.
            if let Err(error) = self.store.save_session(&row).await {
                tracing::warn!(%error, "a session's last use could not be noted");
            }
        }
        record(*id, &row).map(Some)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.store.delete_session(&digest(*id)).await.map_err(|error| failed(&error))?;
        Ok(())
    }
}

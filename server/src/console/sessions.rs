//! Sessions: tower-sessions' `SessionStore` over our own table, and the layer that gives each request its
//! session.
//!
//! tower-sessions' own layer is not used: it knows no absolute expiry, moves the idle one only when a session
//! was changed, and drops a cookie without `Secure`, which browsers ignore for a `__Host-` cookie. Ids are
//! stored as digests only. A session exists from sign-in to sign-out; visitors have none.

use super::answer::Plain;
use super::cookies::{self, Jar};
use super::{ConsoleSettings, ConsoleState};
use crate::clock::Clock;
use app::pages::approvals::live::LIVE;
use app::pages::approvals::read::FollowApprovals;
use app::pages::decisions::read::CountNewerDecisions;
use app::pages::evidence::read::ReadVerification;
use app::pages::resources::read::ReadImport;
use app::pages::server::discover::ReadDiscovery;
use async_trait::async_trait;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;
use leptos::server_fn::ServerFn;
use policy::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use store::accounts::{Account, AccountRole};
use store::sessions::{ConsoleSession, Started, session_digest};
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Error, Id, Record, Session};
use tower_sessions::session_store;

/// Who is signed in; a column of its own.
const ACCOUNT: &str = "account";
const USER_AGENT: &str = "user_agent";
const ADDRESS: &str = "address";
/// The role that a provider told of, and until when it counts, in microseconds.
const TOLD_ROLE: &str = "told_role";
const TOLD_UNTIL: &str = "told_until";
/// When whoever sits at the browser last proved to be the account's owner, in microseconds.
const PROVEN_AT: &str = "proven_at";
/// When a passkey last answered in this session, in microseconds.
const PASSKEY_AT: &str = "passkey_at";
/// Which password was checked. Looked at when the session is made, and not kept.
const PASSWORD_VERSION: &str = "password_version";

/// Why a session was not made; see [`start`].
const REFUSED: &str = "the account was changed while it signed in";

/// What open pages ask by themselves, again and again. Nobody is at the desk for it, so it does not count as use: a
/// session would never rest otherwise.
const BACKGROUND: &[&str] = &[
    CountNewerDecisions::PATH,
    FollowApprovals::PATH,
    LIVE,
    ReadDiscovery::PATH,
    ReadImport::PATH,
    ReadVerification::PATH,
];

/// The idle expiry moves at most so often: reading a page must not always write.
const TOUCH_EVERY: i64 = 60 * 1_000_000;

#[derive(Clone)]
pub(super) struct ConsoleSessions {
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
    pub(super) fn new(store: Store, clock: Clock, settings: &ConsoleSettings) -> Self {
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
    pub(super) fn in_background(&self) -> Self {
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
pub(super) fn digest(id: Id) -> [u8; 32] {
    session_digest(&id.0.to_le_bytes())
}

/// The id by which lists of sessions name it; of no use to whoever wants to take it over.
pub(super) fn public_id(id: Id) -> String {
    hex::encode(digest(id))
}

/// What the session of this public id is stored under.
pub(super) fn digest_of(public_id: &str) -> Option<[u8; 32]> {
    hex::decode(public_id).ok()?.try_into().ok()
}

fn record(id: Id, row: &ConsoleSession) -> session_store::Result<Record> {
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

/// Gives the request its session, and the browser what became of it.
pub(super) async fn provide(State(state): State<ConsoleState>, mut request: Request, next: Next) -> Response {
    let sent = Jar::Session.read(&state.public_url, request.headers());
    let id = sent.as_deref().and_then(|value| value.parse::<Id>().ok());
    let path = request.uri().path();
    let polled = path.starts_with("/_fn/");
    let sessions = if BACKGROUND.contains(&path) { &state.background } else { &state.sessions };
    let session = Session::new(id, Arc::clone(sessions), None);
    request.extensions_mut().insert(session.clone());
    let plain = Plain::of(&state, &request);

    let mut response = next.run(request).await;

    if session.is_empty().await {
        // Not in answer to a server function: one that was under way while its page signed in again, with the
        // old cookie, would take the new one away.
        if sent.is_some() && !polled {
            cookies::remove(&mut response, &state.public_url, Jar::Session);
        }
    } else if session.is_modified() && !response.status().is_server_error() {
        if let Err(error) = session.save().await {
            return plain.unavailable(&error);
        }
        if let Some(id) = session.id() {
            cookies::set_session(&mut response, &state.public_url, &id.to_string());
        }
    }
    response
}

/// The account that signed in, as the session has it. Whether it still may is not known here.
pub(super) async fn account_of(session: &Session) -> Result<Option<String>, Error> {
    session.get::<String>(ACCOUNT).await
}

/// When whoever sits at the browser last proved to be the account's owner; none where that is not known.
pub(super) async fn proved_at(session: &Session) -> Result<Option<Timestamp>, Error> {
    Ok(session.get::<i64>(PROVEN_AT).await?.map(Timestamp::from_micros))
}

/// The password was given; kept with the answer.
pub(super) async fn note_proof(session: &Session, now: Timestamp) -> Result<(), Error> {
    session.insert(PROVEN_AT, now.micros()).await
}

/// A passkey answered, whose holder it verified; kept with the answer.
pub(super) async fn note_passkey(session: &Session, now: Timestamp) -> Result<(), Error> {
    note_proof(session, now).await?;
    session.insert(PASSKEY_AT, now.micros()).await
}

/// When a passkey last answered in this session; none where none did.
pub(super) async fn passkey_at(session: &Session) -> Result<Option<Timestamp>, Error> {
    Ok(session.get::<i64>(PASSKEY_AT).await?.map(Timestamp::from_micros))
}

/// What a session begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Proof {
    /// A role that counts in this session alone, and until then.
    pub(super) told: Option<(AccountRole, Timestamp)>,
    /// When somebody proved themselves: to the provider, or with the password.
    pub(super) at: Option<Timestamp>,
    /// It was proved by a passkey.
    pub(super) by_passkey: bool,
}

/// The role that a provider told of for this session, while it counts.
pub(super) async fn told_role(session: &Session, now: Timestamp) -> Result<Option<AccountRole>, Error> {
    let until = session.get::<i64>(TOLD_UNTIL).await?.unwrap_or(0);
    let role = session.get::<String>(TOLD_ROLE).await?;
    Ok(role.filter(|_| now.micros() < until).and_then(|word| word.parse().ok()))
}

/// The same of a session as it is stored.
pub(super) fn told_role_in(row: &ConsoleSession, now: Timestamp) -> Option<AccountRole> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    let until = data.get(TOLD_UNTIL).and_then(Value::as_i64).unwrap_or(0);
    let role = data.get(TOLD_ROLE).and_then(Value::as_str)?;
    if now.micros() < until { role.parse().ok() } else { None }
}

/// When whoever holds this session proved themselves.
pub(super) fn proven_at(row: &ConsoleSession) -> Option<Timestamp> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    data.get(PROVEN_AT).and_then(Value::as_i64).map(Timestamp::from_micros)
}

/// When a passkey last answered in a session as it is stored.
pub(super) fn passkey_at_in(row: &ConsoleSession) -> Option<Timestamp> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    data.get(PASSKEY_AT).and_then(Value::as_i64).map(Timestamp::from_micros)
}

/// Keeps a value, or keeps none: what an earlier sign-in left in the browser does not count.
async fn keep(session: &Session, name: &str, value: Option<Value>) -> Result<(), Error> {
    match value {
        Some(value) => session.insert_value(name, value).await?,
        None => session.remove_value(name).await?,
    };
    Ok(())
}

/// Starts a session under a fresh id: one that was planted before sign-in is worth nothing after it. False where
/// the account was switched off, or given another password, since it was read.
pub(super) async fn start(
    session: &Session,
    account: &Account,
    headers: &HeaderMap,
    address: Option<&str>,
    proof: &Proof,
) -> Result<bool, Error> {
    session.cycle_id().await?;
    keep(session, TOLD_ROLE, proof.told.map(|(role, _)| Value::from(role.as_str()))).await?;
    keep(session, TOLD_UNTIL, proof.told.map(|(_, until)| Value::from(until.micros()))).await?;
    keep(session, PROVEN_AT, proof.at.map(|at| Value::from(at.micros()))).await?;
    let by_passkey = proof.at.filter(|_| proof.by_passkey);
    keep(session, PASSKEY_AT, by_passkey.map(|at| Value::from(at.micros()))).await?;
    session.insert(ACCOUNT, &account.id).await?;
    session.insert(PASSWORD_VERSION, account.password_version).await?;
    if let Some(user_agent) = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()) {
        session.insert(USER_AGENT, user_agent).await?;
    }
    if let Some(address) = address {
        session.insert(ADDRESS, address).await?;
    }
    // At once, and not with the answer: only the database knows whether it may start.
    match session.save().await {
        Ok(()) => Ok(true),
        Err(Error::Store(session_store::Error::Backend(why))) if why == REFUSED => {
            session.flush().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> ConsoleSession {
        let at = Timestamp::from_micros(1_000_000);
        ConsoleSession {
            id_digest: digest(Id(7)),
            account: Some("a".to_owned()),
            data: r#"{"account": "somebody else", "other": 1}"#.to_owned(),
            created_at: at,
            expires_at: Timestamp::from_micros(2_000_000),
            absolute_expires_at: Timestamp::from_micros(3_000_000),
            last_seen_at: at,
            user_agent: None,
            address: Some("192.0.2.1".to_owned()),
        }
    }

    #[test]
    fn the_account_is_the_columns() {
        let record = record(Id(7), &row()).unwrap();
        assert_eq!(record.data.get(ACCOUNT), Some(&Value::String("a".to_owned())));
        assert_eq!(record.data.get("other"), Some(&Value::from(1)));
        assert_eq!(record.data.get(USER_AGENT), None);
        assert_eq!(record.expiry_date.unix_timestamp(), 2);
        let nobody = ConsoleSession { account: None, ..row() };
        assert_eq!(super::record(Id(7), &nobody).unwrap().data.get(ACCOUNT), None);
    }

    #[test]
    fn when_somebody_proved_themselves_is_read_from_the_row() {
        assert_eq!(proven_at(&row()), None);
        let proven = ConsoleSession { data: r#"{"proven_at": 7}"#.to_owned(), ..row() };
        assert_eq!(proven_at(&proven), Some(Timestamp::from_micros(7)));
    }

    #[test]
    fn a_told_role_counts_until_its_time() {
        let at = Timestamp::from_micros;
        let told =
            ConsoleSession { data: r#"{"told_role": "approver", "told_until": 9}"#.to_owned(), ..row() };
        assert_eq!(told_role_in(&told, at(8)), Some(AccountRole::Approver));
        assert_eq!(told_role_in(&told, at(9)), None);
        for data in ["{}", "", r#"{"told_role": "approver"}"#, r#"{"told_role": "root", "told_until": 9}"#] {
            let row = ConsoleSession { data: data.to_owned(), ..row() };
            assert_eq!(told_role_in(&row, at(8)), None, "{data}");
        }
    }

    #[test]
    fn a_public_id_is_not_the_id() {
        let id = Id(7);
        assert_eq!(public_id(id).len(), 64);
        assert_eq!(digest_of(&public_id(id)), Some(digest(id)));
        assert_eq!((digest_of(""), digest_of("00"), digest_of(&"x".repeat(64))), (None, None, None));
        assert!(!public_id(id).contains(&id.to_string()));
        assert_ne!(digest(Id(7)), digest(Id(8)));
    }
}

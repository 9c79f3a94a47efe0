//! Sessions of the console, kept under the SHA-256 of their id; the id itself is never stored.
//!
//! `server` puts its session layer on top of these. Who is signed in is `account`; what else the session
//! holds is opaque JSON here.

use crate::Store;
use crate::accounts::note_sign_in;
use crate::db::{StoreError, Tx};
use policy::Timestamp;
use sea_query::{DeleteStatement, Expr, ExprTrait, Iden, OnConflict, Order, Query, SelectStatement};
use sha2::{Digest, Sha256};
use std::fmt;

#[derive(Debug, Clone, Copy, Iden)]
enum ConsoleSessions {
    Table,
    IdDigest,
    Account,
    Data,
    CreatedAt,
    ExpiresAt,
    AbsoluteExpiresAt,
    LastSeenAt,
    UserAgent,
    Address,
}

/// Longer texts of browsers are cut.
const MAX_USER_AGENT: usize = 400;

/// What a session is stored under.
pub fn session_digest(id: &[u8]) -> [u8; 32] {
    Sha256::digest(id).into()
}

/// A session. `Debug` leaves out its digest and its data.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// See [`session_digest`].
    pub id_digest: [u8; 32],
    /// None: not signed in yet.
    pub account: Option<String>,
    /// JSON.
    pub data: String,
    pub created_at: Timestamp,
    /// The idle expiry, which moves with use; never beyond the absolute one.
    pub expires_at: Timestamp,
    /// Never moves.
    pub absolute_expires_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub user_agent: Option<String>,
    pub address: Option<String>,
}

impl ConsoleSession {
    fn idle_expiry(&self) -> i64 {
        Ord::min(self.expires_at, self.absolute_expires_at).micros()
    }

    fn short_user_agent(&self) -> Option<String> {
        let keep = |text: &String| text.chars().filter(|c| *c != '\0').take(MAX_USER_AGENT).collect();
        self.user_agent.as_ref().map(keep)
    }
}

impl fmt::Debug for ConsoleSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleSession")
            .field("account", &self.account)
            .field("expires_at", &self.expires_at)
            .field("absolute_expires_at", &self.absolute_expires_at)
            .finish_non_exhaustive()
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id_digest: Vec<u8>,
    account: Option<String>,
    data: String,
    created_at: i64,
    expires_at: i64,
    absolute_expires_at: i64,
    last_seen_at: i64,
    user_agent: Option<String>,
    address: Option<String>,
}

impl TryFrom<SessionRow> for ConsoleSession {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        Ok(Self {
            id_digest: <[u8; 32]>::try_from(row.id_digest.as_slice())
                .map_err(|_| StoreError::corrupt("a session's digest is not 32 bytes"))?,
            account: row.account,
            data: row.data,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            absolute_expires_at: Timestamp::from_micros(row.absolute_expires_at),
            last_seen_at: Timestamp::from_micros(row.last_seen_at),
            user_agent: row.user_agent,
            address: row.address,
        })
    }
}

const COLUMNS: [ConsoleSessions; 9] = [
    ConsoleSessions::IdDigest,
    ConsoleSessions::Account,
    ConsoleSessions::Data,
    ConsoleSessions::CreatedAt,
    ConsoleSessions::ExpiresAt,
    ConsoleSessions::AbsoluteExpiresAt,
    ConsoleSessions::LastSeenAt,
    ConsoleSessions::UserAgent,
    ConsoleSessions::Address,
];

fn is(digest: &[u8; 32]) -> Expr {
    Expr::col(ConsoleSessions::IdDigest).eq(digest.to_vec())
}

/// What came of starting a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    Yes,
    /// Another id is to be tried.
    IdTaken,
    /// The account is off, gone, or has another password than the one that was checked.
    Refused,
}

/// Ends all sessions of an account, or all but one.
pub(crate) fn delete_of_account(account: &str, except: Option<&[u8; 32]>) -> DeleteStatement {
    let mut delete = Query::delete();
    delete
        .from_table(ConsoleSessions::Table)
        .and_where(Expr::col(ConsoleSessions::Account).eq(account))
        .and_where_option(except.map(|digest| Expr::col(ConsoleSessions::IdDigest).ne(digest.to_vec())));
    delete
}

/// Ends all sessions of these accounts.
pub(crate) fn delete_of_accounts(accounts: SelectStatement) -> DeleteStatement {
    Query::delete()
        .from_table(ConsoleSessions::Table)
        .and_where(Expr::col(ConsoleSessions::Account).in_subquery(accounts))
        .take()
}

/// Whether the account has this session still. Where the account is held, it goes on until the transaction is over: whoever
/// takes the account's sessions away holds it first.
pub(crate) async fn has_session(tx: &mut Tx, account: &str, digest: &[u8; 32]) -> Result<bool, StoreError> {
    let query = Query::select()
        .columns(COLUMNS)
        .from(ConsoleSessions::Table)
        .and_where(is(digest))
        .and_where(Expr::col(ConsoleSessions::Account).eq(account))
        .take();
    Ok(tx.fetch_optional::<SessionRow>(&query).await?.is_some())
}

impl Store {
    /// Stores the session of somebody who has just proven who they are, and notes the sign-in. Both happen only
    /// if the account is still on, and its password still of the version that was checked: checking one takes
    /// time, in which it may be changed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn start_session(
        &self,
        session: &ConsoleSession,
        password_version: i64,
    ) -> Result<Started, StoreError> {
        let Some(account) = &session.account else { return Ok(Started::Refused) };
        let insert = Query::insert()
            .into_table(ConsoleSessions::Table)
            .columns(COLUMNS)
            .values_panic([
                session.id_digest.to_vec().into(),
                account.as_str().into(),
                session.data.as_str().into(),
                session.created_at.micros().into(),
                session.idle_expiry().into(),
                session.absolute_expires_at.micros().into(),
                session.last_seen_at.micros().into(),
                session.short_user_agent().into(),
                session.address.clone().into(),
            ])
            .on_conflict(OnConflict::column(ConsoleSessions::IdDigest).do_nothing().to_owned())
            .take();
        let mut tx = self.db.begin_write().await?;
        // First, as it holds the account's row: whoever changes the account waits, and then ends this session.
        if tx.execute(&note_sign_in(account, password_version, session.created_at)).await? == 0 {
            return Ok(Started::Refused);
        }
        if tx.execute(&insert).await? == 0 {
            return Ok(Started::IdTaken);
        }
        tx.commit().await?;
        Ok(Started::Yes)
    }

    /// The session, unless it has expired in either way.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn load_session(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<ConsoleSession>, StoreError> {
        let query = Query::select()
            .columns(COLUMNS)
            .from(ConsoleSessions::Table)
            .and_where(is(digest))
            .and_where(Expr::col(ConsoleSessions::ExpiresAt).gt(now.micros()))
            .and_where(Expr::col(ConsoleSessions::AbsoluteExpiresAt).gt(now.micros()))
            .take();
        self.db.fetch_optional::<SessionRow>(&query).await?.map(ConsoleSession::try_from).transpose()
    }

    /// Stores what may change of a session: who is signed in, data, idle expiry, last seen. False if it is
    /// gone: a session that was ended meanwhile does not come back.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such account.
    pub async fn save_session(&self, session: &ConsoleSession) -> Result<bool, StoreError> {
        let update = Query::update()
            .table(ConsoleSessions::Table)
            .value(ConsoleSessions::Account, session.account.clone())
            .value(ConsoleSessions::Data, session.data.as_str())
            .value(ConsoleSessions::ExpiresAt, session.idle_expiry())
            .value(ConsoleSessions::LastSeenAt, session.last_seen_at.micros())
            .value(ConsoleSessions::UserAgent, session.short_user_agent())
            .value(ConsoleSessions::Address, session.address.clone())
            .and_where(is(&session.id_digest))
            .take();
        Ok(self.db.execute(&update).await? > 0)
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn delete_session(&self, digest: &[u8; 32]) -> Result<bool, StoreError> {
        let delete = Query::delete().from_table(ConsoleSessions::Table).and_where(is(digest)).take();
        Ok(self.db.execute(&delete).await? > 0)
    }

    /// The account's live sessions, the one used last first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_sessions(
        &self,
        account: &str,
        now: Timestamp,
    ) -> Result<Vec<ConsoleSession>, StoreError> {
        let query = Query::select()
            .columns(COLUMNS)
            .from(ConsoleSessions::Table)
            .and_where(Expr::col(ConsoleSessions::Account).eq(account))
            .and_where(Expr::col(ConsoleSessions::ExpiresAt).gt(now.micros()))
            .and_where(Expr::col(ConsoleSessions::AbsoluteExpiresAt).gt(now.micros()))
            .order_by(ConsoleSessions::LastSeenAt, Order::Desc)
            .take();
        self.db.fetch_all::<SessionRow>(&query).await?.into_iter().map(ConsoleSession::try_from).collect()
    }

    /// Removes what has expired; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        // The idle expiry is never beyond the absolute one.
        let delete = Query::delete()
            .from_table(ConsoleSessions::Table)
            .and_where(Expr::col(ConsoleSessions::ExpiresAt).lte(now.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::SqliteQueryBuilder;

    #[test]
    fn all_but_one() {
        let all = delete_of_account("a", None).to_string(SqliteQueryBuilder);
        assert_eq!(all, r#"DELETE FROM "console_sessions" WHERE "account" = 'a'"#);
        let but_one = delete_of_account("a", Some(&session_digest(b"id"))).to_string(SqliteQueryBuilder);
        assert!(but_one.starts_with(&all) && but_one.contains("<>"), "{but_one}");
    }

    #[test]
    fn a_session_prints_neither_digest_nor_data() {
        let moment = Timestamp::from_micros(1);
        let session = ConsoleSession {
            id_digest: session_digest(b"id"),
            account: None,
            data: "secret".to_owned(),
            created_at: moment,
            expires_at: Timestamp::from_micros(9),
            absolute_expires_at: Timestamp::from_micros(5),
            last_seen_at: moment,
            user_agent: Some("x".repeat(1_000)),
            address: None,
        };
        assert!(!format!("{session:?}").contains("secret"));
        assert_eq!(session.idle_expiry(), 5);
        assert_eq!(session.short_user_agent().map(|text| text.len()), Some(MAX_USER_AGENT));
    }
}

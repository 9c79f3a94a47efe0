//! The transactions, statements and errors that every query of this crate goes through.
//!
//! On SQLite one connection writes and the others only read; every writing transaction starts with
//! `BEGIN IMMEDIATE`. Booleans are stored as BIGINT 0 or 1, moments as BIGINT microseconds (UTC). This file
//! knows no table.

mod tx;

pub(crate) use tx::Tx;

use crate::connect::{self, OpenError, Settings};
use crate::held::{Held, in_time};
use crate::kept::Kept;
use sea_query::{Expr, PostgresQueryBuilder, SqliteQueryBuilder};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow, PgPool, Postgres, Sqlite, SqlitePool};

/// Which of the two databases a statement is rendered for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// A standby answers, but cannot be written to.
    #[error("the database is a standby")]
    Standby,
    /// A uniqueness, reference or check was violated.
    #[error("the database refused the change: {what}")]
    Constraint { what: String },
    /// These very values cannot be stored; others can.
    #[error("the database refused the values")]
    Refused(#[source] sqlx::Error),
    #[error("stored data does not read back: {what}")]
    Corrupt { what: String },
}

impl StoreError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::error::ErrorKind;
        match &error {
            sqlx::Error::Database(inner) => match inner.kind() {
                ErrorKind::UniqueViolation
                | ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation
                | ErrorKind::ExclusionViolation => Self::Constraint { what: inner.message().to_owned() },
                // Postgres class 22 is "data exception"; SQLite 18 and 20 are TOOBIG and MISMATCH.
                _ if inner.code().is_some_and(|code| {
                    code == "18" || code == "20" || (code.len() == 5 && code.starts_with("22"))
                }) =>
                {
                    Self::Refused(error)
                }
                _ => Self::Unavailable(error),
            },
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. } => Self::Corrupt { what: error.to_string() },
            sqlx::Error::Encode(_) => Self::Refused(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// A row that reads from both databases; any `#[derive(sqlx::FromRow)]` of `String`, `i64`, `Vec<u8>` and
/// their `Option`s is one.
pub(crate) trait FromAnyRow:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

impl<T> FromAnyRow for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

/// A statement that renders for both databases: every statement of sea-query is one.
pub(crate) trait Statement: Sync {
    fn sqlite(&self) -> (AssertSqlSafe<String>, SqlxValues);
    fn postgres(&self) -> (AssertSqlSafe<String>, SqlxValues);
}

impl<S: SqlxBinder + Sync> Statement for S {
    fn sqlite(&self) -> (AssertSqlSafe<String>, SqlxValues) {
        let (sql, values) = self.build_sqlx(SqliteQueryBuilder);
        (AssertSqlSafe(sql), values)
    }

    fn postgres(&self) -> (AssertSqlSafe<String>, SqlxValues) {
        let (sql, values) = self.build_sqlx(PostgresQueryBuilder);
        (AssertSqlSafe(sql), values)
    }
}

/// Something that statements which read can be run on: the database, or one open transaction.
pub(crate) trait Source: Send {
    fn all<T: FromAnyRow, S: Statement>(
        &mut self,
        query: &S,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;

    fn optional<T: FromAnyRow, S: Statement>(
        &mut self,
        query: &S,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send;
}

/// The open connections.
#[derive(Clone)]
pub(crate) enum Db {
    /// `live` is the decision path's own.
    Sqlite {
        read: SqlitePool,
        live: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    pub(crate) async fn open(settings: &Settings, tells: bool) -> Result<Self, OpenError> {
        connect::open(settings, tells).await
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite { .. } => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { read, .. } => {
                sqlx::query_scalar::<Sqlite, i64>("SELECT 1").fetch_one(read).await?;
            }
            Self::Postgres(pool) => {
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_scalar::<Postgres, bool>("SELECT pg_is_in_recovery()");
                let standby = in_time(asking.fetch_one(held.connection()?)).await?;
                held.release();
                if standby {
                    return Err(StoreError::Standby);
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, live, write } => {
                // The writer last: the last to leave brings the write-ahead log back into the file.
                live.close().await;
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Runs a statement that only reads. On SQLite the connection refuses any other.
    pub(crate) async fn fetch_all<T: FromAnyRow>(
        &self,
        query: &impl Statement,
    ) -> Result<Vec<T>, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (sql, values) = query.sqlite();
                sqlx::query_as_with::<Sqlite, T, SqlxValues>(sql, values).fetch_all(read).await?
            }
            Self::Postgres(pool) => {
                let (sql, values) = query.postgres();
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_as_with::<Postgres, T, SqlxValues>(sql, values);
                let answer = in_time(asking.fetch_all(held.connection()?)).await?;
                held.release();
                answer
            }
        })
    }

    /// As [`Db::fetch_all`], with a text that is kept: the decision path's way.
    pub(crate) async fn fetch_kept<T: FromAnyRow>(
        &self,
        kept: &Kept,
        values: SqlxValues,
    ) -> Result<Vec<T>, StoreError> {
        let sql = kept.sql();
        Ok(match self {
            Self::Sqlite { live, .. } => {
                sqlx::query_as_with::<Sqlite, T, SqlxValues>(sql, values).fetch_all(live).await?
            }
            Self::Postgres(pool) => {
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_as_with::<Postgres, T, SqlxValues>(sql, values);
                let answer = in_time(asking.fetch_all(held.connection()?)).await?;
                held.release();
                answer
            }
        })
    }

    /// As [`Db::fetch_all`], for at most one row.
    pub(crate) async fn fetch_optional<T: FromAnyRow>(
        &self,
        query: &impl Statement,
    ) -> Result<Option<T>, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => {
                let (sql, values) = query.sqlite();
                sqlx::query_as_with::<Sqlite, T, SqlxValues>(sql, values).fetch_optional(read).await?
            }
            Self::Postgres(pool) => {
                let (sql, values) = query.postgres();
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_as_with::<Postgres, T, SqlxValues>(sql, values);
                let answer = in_time(asking.fetch_optional(held.connection()?)).await?;
                held.release();
                answer
            }
        })
    }

    /// Runs one statement that writes, in a transaction of its own; answers how many rows it touched.
    pub(crate) async fn execute(&self, query: &impl Statement) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => {
                let (sql, values) = query.sqlite();
                sqlx::query_with::<Sqlite, SqlxValues>(sql, values).execute(write).await?.rows_affected()
            }
            Self::Postgres(pool) => {
                let (sql, values) = query.postgres();
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_with::<Postgres, SqlxValues>(sql, values);
                let done = in_time(asking.execute(held.connection()?)).await?;
                held.release();
                done.rows_affected()
            }
        })
    }

    /// As [`Db::execute`], with a text that is kept.
    pub(crate) async fn execute_kept(&self, kept: &Kept, values: SqlxValues) -> Result<u64, StoreError> {
        let sql = kept.sql();
        Ok(match self {
            Self::Sqlite { write, .. } => {
                sqlx::query_with::<Sqlite, SqlxValues>(sql, values).execute(write).await?.rows_affected()
            }
            Self::Postgres(pool) => {
                let mut held = Held::take(pool).await?;
                let asking = sqlx::query_with::<Postgres, SqlxValues>(sql, values);
                let done = in_time(asking.execute(held.connection()?)).await?;
                held.release();
                done.rows_affected()
            }
        })
    }

    /// Starts a transaction that writes.
    pub(crate) async fn begin_write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::on_sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::on_postgres(Held::begin(pool, "BEGIN").await?),
        })
    }

    /// Starts a transaction whose statements all see the same moment, and which cannot write.
    pub(crate) async fn begin_snapshot(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { read, .. } => Tx::on_sqlite(read.begin().await?),
            Self::Postgres(pool) => {
                let how = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
                Tx::on_postgres(Held::begin(pool, how).await?)
            }
        })
    }
}

impl Source for &Db {
    async fn all<T: FromAnyRow, S: Statement>(&mut self, query: &S) -> Result<Vec<T>, StoreError> {
        self.fetch_all(query).await
    }

    async fn optional<T: FromAnyRow, S: Statement>(&mut self, query: &S) -> Result<Option<T>, StoreError> {
        self.fetch_optional(query).await
    }
}

/// A fresh id: UUIDv7, in the order in which this process made them.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The database's own clock in microseconds (SQLite knows milliseconds).
pub(crate) fn now_micros(dialect: Dialect) -> Expr {
    match dialect {
        Dialect::Sqlite => Expr::cust("CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000"),
        Dialect::Postgres => Expr::cust("(extract(epoch from clock_timestamp()) * 1000000)::bigint"),
    }
}

/// The same as it was when the statement began. Only a clock that stands still within a statement is looked up in an index:
/// one that moves is held against every row.
pub(crate) fn statement_micros(dialect: Dialect) -> Expr {
    match dialect {
        Dialect::Sqlite => now_micros(dialect),
        Dialect::Postgres => Expr::cust("(extract(epoch from statement_timestamp()) * 1000000)::bigint"),
    }
}

/// A stored 0 or 1.
pub(crate) fn flag(stored: i64, what: &str) -> Result<bool, StoreError> {
    match stored {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(StoreError::corrupt(format!("{what} is neither 0 nor 1"))),
    }
}

/// A stored word of a closed set.
pub(crate) fn word<T: std::str::FromStr>(stored: &str, what: &str) -> Result<T, StoreError> {
    stored.parse().map_err(|_| StoreError::corrupt(format!("{what} is an unknown word")))
}

/// Stored JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(stored: &str, what: &str) -> Result<T, StoreError> {
    serde_json::from_str(stored)
        .map_err(|_| StoreError::corrupt(format!("{what} is not the JSON it should be")))
}

/// JSON to be stored.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::corrupt(format!("not writable as JSON: {error}")))
}

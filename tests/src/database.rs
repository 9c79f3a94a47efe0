//! A fresh database for one story.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database that nobody else uses, and a folder for what lies beside it.
#[derive(Debug)]
pub struct Database {
    pub backend: Backend,
    pub url: String,
    folder: TempDir,
}

/// The server of which each Postgres story gets a database of its own.
const POSTGRES: &str = "COUNTERSIGN_TEST_POSTGRES_URL";

impl Database {
    pub async fn fresh(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}/countersign.db", folder.path().display());
                Self { backend, url, folder }
            }
            Backend::Postgres => {
                let server = std::env::var(POSTGRES).unwrap_or_else(|_| {
                    panic!("{POSTGRES} is not set; `cargo xtask test` starts a Postgres and sets it")
                });
                Self::fresh_on(&server).await
            }
        }
    }

    /// One on this Postgres server.
    pub async fn fresh_on(server: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let name = format!("story_{}", uuid::Uuid::now_v7().simple());
        let mut admin = PgConnection::connect(server).await.expect("the test Postgres answers");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await
            .expect("a fresh database");
        let (base, _) = server.rsplit_once('/').expect("an URL with a database");
        Self { backend: Backend::Postgres, url: format!("{base}/{name}"), folder }
    }

    /// A file beside the database.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the Postgres server of this database listens.
    pub fn server_address(&self) -> SocketAddr {
        let (_, rest) = self.url.rsplit_once('@').expect("a Postgres URL");
        let (host, _) = rest.split_once('/').expect("a host and a database");
        host.to_socket_addrs().expect("resolves").next().expect("an address")
    }

    /// The same database by another way.
    pub fn url_through(&self, address: SocketAddr) -> String {
        let (login, rest) = self.url.rsplit_once('@').expect("a Postgres URL");
        let (_, name) = rest.split_once('/').expect("a host and a database");
        format!("{login}@{address}/{name}")
    }

    /// Waits until nothing can be written any more that a server had sent before it was killed or cut off. Postgres may only
    /// come to it later; whatever writes records holds a lock of their table until it ends.
    pub async fn settled(&self) {
        if self.backend == Backend::Postgres {
            self.by_hand("BEGIN; LOCK TABLE decisions IN SHARE MODE; COMMIT").await;
        }
    }

    /// A change made by hand, past everything of ours.
    pub async fn by_hand(&self, sql: &str) {
        let statement = AssertSqlSafe(sql.to_owned());
        match self.backend {
            Backend::Sqlite => {
                let mut connection = SqliteConnection::connect(&self.url).await.expect("the file opens");
                sqlx::raw_sql(statement).execute(&mut connection).await.expect("the statement runs");
                connection.close().await.expect("closed");
            }
            Backend::Postgres => {
                let mut connection = PgConnection::connect(&self.url).await.expect("the database answers");
                sqlx::raw_sql(statement).execute(&mut connection).await.expect("the statement runs");
                connection.close().await.expect("closed");
            }
        }
    }
}

/// Waits until as many sessions of this Postgres database wait for a lock. The connection may be within a transaction.
pub async fn wait_for_locks(hand: &mut PgConnection, many: i64) {
    let query = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async {
        while sqlx::query_scalar::<_, i64>(query).fetch_one(&mut *hand).await.expect("reads") < many {
            tokio::time::sleep(Duration::from_millis(10)).await;
            // Within a transaction Postgres shows the activity of its first look again and again.
            sqlx::raw_sql("SELECT pg_stat_clear_snapshot()").execute(&mut *hand).await.expect("forgets");
        }
    };
    tokio::time::timeout(Duration::from_secs(120), waiting).await.expect("they wait within 120 s");
}

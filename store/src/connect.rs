//! Opening the database: addresses, connection settings, the SQLite file and its folder.

use crate::db::Db;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Where the database is.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/database`.
    pub url: String,
    /// How many connections may read at the same time.
    pub read_connections: u32,
}

impl Settings {
    /// The SQLite file that the address names, where there is none yet: opening makes it.
    pub fn missing_file(&self) -> Option<&Path> {
        // What is no file, and what cannot be looked at, is for opening to complain of.
        let file = file_at(sqlite_path(&self.url)?).ok()?;
        file.try_exists().is_ok_and(|there| !there).then_some(file)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &redacted(&self.url))
            .field("read_connections", &self.read_connections)
            .finish()
    }
}

/// The address without password and parameters (which may hold one too).
fn redacted(url: &str) -> String {
    if sqlite_path(url).is_some() {
        return url.to_owned();
    }
    let address = url.split('?').next().unwrap_or_default();
    let Some((scheme, rest)) = address.split_once("://") else {
        return "(unreadable)".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{place}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

/// The file of a SQLite address. None: it is the address of something else.
pub fn sqlite_path(url: &str) -> Option<&str> {
    url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a database address starts with `sqlite://` or `postgres://`")]
    Scheme,
    #[error("the SQLite address names no file; an in-memory database is not supported")]
    NoFile,
    #[error("the SQLite address has parameters (`?`); it takes none")]
    Parameters,
    #[error("the database address cannot be read")]
    Address(#[source] sqlx::Error),
    #[error("the folder `{}` cannot be made", .path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the database cannot be opened")]
    Connect(#[source] sqlx::Error),
}

/// Beside the readers, Postgres gets this many connections for those who write.
const POSTGRES_WRITERS: u32 = 4;

/// `tells`: each statement is told to `tracing`, by its text.
pub(crate) async fn open(settings: &Settings, tells: bool) -> Result<Db, OpenError> {
    let readers = settings.read_connections.max(1);
    if let Some(path) = sqlite_path(&settings.url) {
        open_sqlite(path, readers, tells).await
    } else if settings.url.starts_with("postgres://") || settings.url.starts_with("postgresql://") {
        open_postgres(&settings.url, readers, tells).await
    } else {
        Err(OpenError::Scheme)
    }
}

/// The driver tells of each statement, and of slow ones as warnings, unless it is told not to.
fn telling<O: ConnectOptions>(options: O, tells: bool) -> O {
    if tells { options } else { options.disable_statement_logging() }
}

/// The file that the path of a SQLite address names.
fn file_at(path: &str) -> Result<&Path, OpenError> {
    if path.is_empty() || path == ":memory:" {
        return Err(OpenError::NoFile);
    }
    // Taken for a part of the name, a second database would come to be beside the one that is meant.
    if path.contains('?') {
        return Err(OpenError::Parameters);
    }
    Ok(Path::new(path))
}

async fn open_sqlite(path: &str, readers: u32, tells: bool) -> Result<Db, OpenError> {
    let file = file_at(path)?;
    make_folder(file)?;
    make_file(file)?;
    let common =
        SqliteConnectOptions::new().filename(file).foreign_keys(true).busy_timeout(Duration::from_secs(5));
    let common = telling(common, tells);
    let writer = common
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // A record is on disk before its answer leaves.
        .synchronous(SqliteSynchronous::Full)
        // Each checkpoint holds the record up for as long as two disks' syncs: at 16 MB instead of SQLite's 4.
        .pragma("wal_autocheckpoint", "4000")
        // The record's inserts are one statement for each number of rows.
        .statement_cache_capacity(200)
        .pragma("journal_size_limit", "67108864");
    let write = sqlite_pool(1).connect_with(writer).await.map_err(OpenError::Connect)?;
    let reader = common.pragma("query_only", "ON");
    let read = sqlite_pool(readers).connect_with(reader.clone()).await.map_err(OpenError::Connect)?;
    // A pool hands its connections out in turn, and each has a thread: few of them stay warm, many do not.
    let live = sqlite_pool(lanes(readers)).connect_with(reader).await.map_err(OpenError::Connect)?;
    Ok(Db::Sqlite { read, live, write })
}

/// How many statements of the decision path run at the same time: as many as there are cores, and no more than may read.
pub(crate) fn lanes(readers: u32) -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    readers.clamp(1, u32::try_from(cores).unwrap_or(u32::MAX))
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(5))
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .test_before_acquire(false)
}

/// Makes the file where it is missing, for its owner alone; SQLite gives its write-ahead log the same mode.
fn make_file(path: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(OpenError::Folder { path: path.to_owned(), source }),
    }
}

/// Makes the folder of the file, for its owner alone, where it is missing.
fn make_folder(file: &Path) -> Result<(), OpenError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|source| OpenError::Folder { path: folder.to_owned(), source })
}

async fn open_postgres(url: &str, readers: u32, tells: bool) -> Result<Db, OpenError> {
    let options = telling(postgres_options(url)?, tells);
    let opened = PgPoolOptions::new()
        .max_connections(readers.saturating_add(POSTGRES_WRITERS))
        .acquire_timeout(Duration::from_secs(3))
        // A ping before every statement would double the way to the database; one that lay idle is asked.
        .test_before_acquire(false)
        .before_acquire(|connection, met| {
            Box::pin(async move {
                if met.idle_for > Duration::from_secs(5) {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options.clone())
        .await;
    match opened {
        Ok(pool) => Ok(Db::Postgres(pool)),
        Err(error) => Err(OpenError::Connect(cause(error, &options).await)),
    }
}

/// What kept a pool from opening. One that tried until its time was over does not say: one more try by itself does.
async fn cause(error: sqlx::Error, options: &PgConnectOptions) -> sqlx::Error {
    if !matches!(error, sqlx::Error::PoolTimedOut) {
        return error;
    }
    match tokio::time::timeout(Duration::from_secs(3), Box::pin(options.connect())).await {
        Ok(Err(cause)) => cause,
        // It is there by now, or as silent as before.
        Ok(Ok(_)) | Err(_) => error,
    }
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, OpenError> {
    Ok(PgConnectOptions::from_str(url)
        .map_err(OpenError::Address)?
        .application_name("countersign")
        // Who vanished within a transaction, with no word to the database, would hold its locks for hours: until TCP says so.
        // No statement of ours runs for long enough to be worth compiling: that alone may take Postgres seconds.
        .options([
            ("statement_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "60s"),
            ("jit", "off"),
        ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_holds_a_postgres_for_long() {
        let options = postgres_options("postgres://me@db.example/c").expect("an address");
        let told = options.get_options().expect("settings");
        for setting in ["statement_timeout=5s", "idle_in_transaction_session_timeout=60s", "jit=off"] {
            assert!(told.contains(setting), "{told}");
        }
    }

    #[tokio::test]
    async fn who_cannot_be_reached_is_said_to_refuse() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let url = format!("postgres://me@{}/c", nobody.expect("an address nobody listens on any more"));
        let options = postgres_options(&url).expect("an address");
        let told = cause(sqlx::Error::PoolTimedOut, &options).await;
        let sqlx::Error::Io(refusal) = told else { panic!("{told:?}") };
        assert_eq!(refusal.kind(), std::io::ErrorKind::ConnectionRefused);
        // Anything else is the cause itself.
        let told = cause(sqlx::Error::RowNotFound, &options).await;
        assert!(matches!(told, sqlx::Error::RowNotFound), "{told:?}");
    }

    #[test]
    fn a_file_that_is_not_there_is_missing() {
        let missing = |url: &str| {
            let settings = Settings { url: url.to_owned(), read_connections: 1 };
            settings.missing_file().map(Path::to_owned)
        };
        assert_eq!(missing("sqlite://no/such.db"), Some(PathBuf::from("no/such.db")));
        assert_eq!(missing("sqlite:no/such.db"), Some(PathBuf::from("no/such.db")));
        assert_eq!(missing("sqlite://Cargo.toml"), None, "tests run in the folder of their crate");
        for elsewhere in [
            "postgres://db.example/c",
            "sqlite://",
            "sqlite://:memory:",
            "sqlite://no.db?mode=ro",
            "mysql://x",
        ] {
            assert_eq!(missing(elsewhere), None, "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn a_file_is_named_and_nothing_else() {
        for (url, why) in [
            ("sqlite://", "names no file"),
            ("sqlite::memory:", "names no file"),
            ("sqlite://x.db?mode=ro", "has parameters"),
            ("mysql://db.example/c", "starts with"),
        ] {
            let settings = Settings { url: url.to_owned(), read_connections: 1 };
            let error = open(&settings, false).await.err().expect(url);
            assert!(error.to_string().contains(why), "{url}: {error}");
        }
    }

    #[test]
    fn settings_never_print_a_password() {
        for (url, shown) in [
            ("postgres://me:s3cret@db.example/c", "postgres://me:***@db.example/c"),
            ("postgres://me:s3/c@ret@db.example/c?password=s3cret", "postgres://me:***@db.example/c"),
            ("postgres://db.example/c", "postgres://db.example/c"),
            ("sqlite://data/countersign.db", "sqlite://data/countersign.db"),
            ("s3cret", "(unreadable)"),
        ] {
            assert_eq!(redacted(url), shown);
            let printed = format!("{:?}", Settings { url: url.to_owned(), read_connections: 1 });
            assert!(!printed.contains("s3"), "{printed}");
        }
    }
}

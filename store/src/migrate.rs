//! Bringing the schema up to date: forward only, each script once, all of them in one transaction.
//!
//! The scripts are compiled into the binary. A script that was edited after it was applied, or one that this
//! version does not know, is refused rather than guessed at.

use crate::Store;
use crate::db::{Dialect, Source, StoreError, Tx, now_micros};
use crate::schema::Migrations;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use sha2::{Digest, Sha256};

/// One script, in both dialects.
struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
        }
    };
}

/// In the order in which they are applied; a script is never edited once it has landed.
const MIGRATIONS: &[Migration] = &[
    migration!("0001_policy"),
    migration!("0002_record"),
    migration!("0003_console"),
    migration!("0004_accounts"),
    migration!("0005_issuers"),
    migration!("0006_vault"),
    migration!("0007_resources"),
    migration!("0008_emergency"),
    migration!("0009_api"),
    migration!("0010_delegation"),
    migration!("0011_tasks"),
    migration!("0012_search"),
    migration!("0013_approvals"),
    migration!("0014_signing_keys"),
    migration!("0015_sign_in"),
    migration!("0016_notifications"),
    migration!("0017_mappings"),
    migration!("0018_passkeys"),
    migration!("0019_reach"),
    migration!("0020_approval_retention"),
    migration!("0021_told"),
    migration!("0022_system"),
    migration!("0023_live_stamp"),
    migration!("0024_handed_out"),
    migration!("0025_live_stamp_moved"),
    migration!("0026_pressing"),
    migration!("0027_in_hand"),
    migration!("0028_touched"),
    migration!("0029_escalating"),
];

/// The whole schema, for tests of statements.
#[cfg(test)]
pub(crate) fn sqlite_scripts() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|migration| migration.sqlite)
}

impl Migration {
    fn script(&self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }

    fn digest(&self, dialect: Dialect) -> String {
        hex::encode(Sha256::digest(self.script(dialect).as_bytes()))
    }

    /// The number its name starts with.
    fn version(&self) -> i64 {
        let digits = self.name.split('_').next().unwrap_or_default();
        digits.parse().unwrap_or_default()
    }
}

/// One migration and whether it is in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationState {
    pub name: String,
    pub version: i64,
    /// None: not yet applied.
    pub applied_at: Option<Timestamp>,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("migration `{name}` was edited after it was applied")]
    Edited { name: String },
    #[error("the database has migration `{name}`, which this version does not know")]
    Unknown { name: String },
    #[error("migration `{name}` failed")]
    Failed { name: &'static str, source: sqlx::Error },
}

/// Postgres: one migrator at a time.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7264918201)";

const TABLE_SQLITE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    name TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at INTEGER NOT NULL)";
const TABLE_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS migrations (
    name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, digest TEXT COLLATE \"C\" NOT NULL, applied_at BIGINT NOT NULL)";

#[derive(sqlx::FromRow)]
struct AppliedRow {
    name: String,
    digest: String,
    applied_at: i64,
}

#[derive(sqlx::FromRow)]
struct Found {
    found: i64,
}

fn select_applied() -> SelectStatement {
    Query::select()
        .columns([Migrations::Name, Migrations::Digest, Migrations::AppliedAt])
        .from(Migrations::Table)
        .order_by(Migrations::Name, Order::Asc)
        .take()
}

/// How many tables are called `migrations`: none in a database that was never migrated.
fn select_table(dialect: Dialect) -> SelectStatement {
    let mut query = Query::select();
    query.expr_as(Expr::cust("count(*)"), "found");
    match dialect {
        Dialect::Sqlite => query
            .from("sqlite_master")
            .and_where(Expr::col("type").eq("table"))
            .and_where(Expr::col("name").eq("migrations")),
        Dialect::Postgres => query
            .from(("information_schema", "tables"))
            .and_where(Expr::cust("table_schema = current_schema()"))
            .and_where(Expr::col("table_name").eq("migrations")),
    };
    query
}

/// Refuses a database that holds a script this version does not have, or has otherwise.
fn check(applied: &[AppliedRow], dialect: Dialect) -> Result<(), MigrateError> {
    for row in applied {
        match MIGRATIONS.iter().find(|migration| migration.name == row.name) {
            None => return Err(MigrateError::Unknown { name: row.name.clone() }),
            Some(migration) if migration.digest(dialect) != row.digest => {
                return Err(MigrateError::Edited { name: row.name.clone() });
            }
            Some(_) => {}
        }
    }
    Ok(())
}

async fn prepare(tx: &mut Tx) -> Result<(), StoreError> {
    match tx.dialect() {
        Dialect::Sqlite => tx.run_script(TABLE_SQLITE).await?,
        Dialect::Postgres => {
            tx.run_script("SET LOCAL statement_timeout = 0").await?;
            tx.run_script(LOCK).await?;
            tx.run_script(TABLE_POSTGRES).await?;
        }
    }
    Ok(())
}

impl Store {
    /// Applies what is missing and answers the names of it. Safe to call on several instances at once.
    ///
    /// # Errors
    /// When a script fails (then none of this call is applied), or the database is of another version.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        let dialect = self.dialect();
        let mut tx = self.db.begin_write().await?;
        prepare(&mut tx).await?;
        let applied: Vec<AppliedRow> = tx.fetch_all(&select_applied()).await?;
        check(&applied, dialect)?;
        let mut done = Vec::new();
        for migration in MIGRATIONS {
            if applied.iter().any(|row| row.name == migration.name) {
                continue;
            }
            tx.run_script(migration.script(dialect))
                .await
                .map_err(|source| MigrateError::Failed { name: migration.name, source })?;
            let note = Query::insert()
                .into_table(Migrations::Table)
                .columns([Migrations::Name, Migrations::Digest, Migrations::AppliedAt])
                .values_panic([migration.name.into(), migration.digest(dialect).into(), now_micros(dialect)])
                .take();
            tx.execute(&note).await?;
            done.push(migration.name.to_owned());
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Every migration of this version, and when it was applied. Changes nothing.
    ///
    /// # Errors
    /// When the database cannot be read, or is of another version.
    pub async fn migration_status(&self) -> Result<Vec<MigrationState>, MigrateError> {
        let dialect = self.dialect();
        let mut source = &self.db;
        let table: Option<Found> = source.optional(&select_table(dialect)).await?;
        let applied: Vec<AppliedRow> = if table.is_some_and(|table| table.found > 0) {
            source.all(&select_applied()).await?
        } else {
            Vec::new()
        };
        check(&applied, dialect)?;
        Ok(MIGRATIONS
            .iter()
            .map(|migration| MigrationState {
                name: migration.name.to_owned(),
                version: migration.version(),
                applied_at: applied
                    .iter()
                    .find(|row| row.name == migration.name)
                    .map(|row| Timestamp::from_micros(row.applied_at)),
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_script_is_known_in_both_dialects() {
        for folder in ["sqlite", "postgres"] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
            let mut names: Vec<String> = std::fs::read_dir(&folder)
                .expect("the folder is there")
                .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            let known: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.name)).collect();
            assert_eq!(names, known, "{}", folder.display());
        }
    }

    #[test]
    fn versions_count_up() {
        let versions: Vec<i64> = MIGRATIONS.iter().map(Migration::version).collect();
        assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{versions:?}");
        assert!(versions.first().is_some_and(|first| *first == 1));
    }
}

//! How far files of resources were brought in. The position is written in the transaction that brought in what lies
//! before it, so an import that was cut off goes on exactly there.

mod holding;

use crate::Store;
use crate::db::{Dialect, Source, StoreError, json, new_id, now_micros, word};
use crate::schema::ResourceImports;
use policy::{TenantSlug, Timestamp};
use sea_query::{Cond, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// RFC 4180, with a line of names at the top.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

impl FileFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    /// Somebody has it in hand.
    Running,
    Finished,
    /// It failed, or whoever had it in hand was killed; it can be gone on with.
    Stopped,
}

impl ImportState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
        }
    }
}

/// A word that names neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an unknown word")]
pub struct ImportWordError;

impl FromStr for FileFormat {
    type Err = ImportWordError;

    fn from_str(text: &str) -> Result<Self, ImportWordError> {
        match text {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err(ImportWordError),
        }
    }
}

impl FromStr for ImportState {
    type Err = ImportWordError;

    fn from_str(text: &str) -> Result<Self, ImportWordError> {
        match text {
            "running" => Ok(Self::Running),
            "finished" => Ok(Self::Finished),
            "stopped" => Ok(Self::Stopped),
            _ => Err(ImportWordError),
        }
    }
}

/// A line that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// From 1.
    pub line: i64,
    pub why: String,
}

/// One file and how far it was brought in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceImport {
    pub id: String,
    /// SHA-256 of the file, in hexadecimal.
    pub digest: String,
    pub format: FileFormat,
    /// None: each line says its own.
    pub tenant: Option<TenantSlug>,
    /// Of the file, in bytes.
    pub size: i64,
    /// The byte to go on at.
    pub position: i64,
    /// The line to go on after.
    pub line: i64,
    pub created: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub refused: i64,
    /// The first of the refused lines.
    pub problems: Vec<RefusedLine>,
    pub state: ImportState,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
    pub by: String,
    /// How often it was taken in hand: whoever counted it up last has it.
    pub attempt: i64,
}

/// So many refused lines are kept.
pub const MOST_PROBLEMS: usize = 100;

impl ResourceImport {
    /// Nothing of the file is in yet.
    pub fn new(digest: impl Into<String>, size: i64, format: FileFormat, tenant: Option<TenantSlug>) -> Self {
        Self {
            id: new_id(),
            digest: digest.into(),
            format,
            tenant,
            size,
            position: 0,
            line: 0,
            created: 0,
            changed: 0,
            unchanged: 0,
            refused: 0,
            problems: Vec::new(),
            state: ImportState::Running,
            started_at: Timestamp::default(),
            updated_at: Timestamp::default(),
            by: String::new(),
            attempt: 1,
        }
    }

    /// Counts a line that was not taken.
    pub fn refuse(&mut self, line: RefusedLine) {
        self.refused += 1;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(line);
        }
    }
}

#[derive(sqlx::FromRow)]
struct ImportRow {
    id: String,
    digest: String,
    format: String,
    tenant: Option<String>,
    size: i64,
    position: i64,
    line: i64,
    created: i64,
    changed: i64,
    unchanged: i64,
    refused: i64,
    problems: String,
    state: String,
    started_at: i64,
    updated_at: i64,
    by: String,
    attempt: i64,
}

impl TryFrom<ImportRow> for ResourceImport {
    type Error = StoreError;

    fn try_from(row: ImportRow) -> Result<Self, StoreError> {
        Ok(Self {
            format: word(&row.format, "resource_imports.format")?,
            problems: json(&row.problems, "resource_imports.problems")?,
            state: word(&row.state, "resource_imports.state")?,
            id: row.id,
            digest: row.digest,
            tenant: row.tenant.map(TenantSlug::new),
            size: row.size,
            position: row.position,
            line: row.line,
            created: row.created,
            changed: row.changed,
            unchanged: row.unchanged,
            refused: row.refused,
            started_at: Timestamp::from_micros(row.started_at),
            updated_at: Timestamp::from_micros(row.updated_at),
            by: row.by,
            attempt: row.attempt,
        })
    }
}

/// All that is read but the state.
const COLUMNS: [ResourceImports; 16] = [
    ResourceImports::Id,
    ResourceImports::Digest,
    ResourceImports::Format,
    ResourceImports::Tenant,
    ResourceImports::Size,
    ResourceImports::Position,
    ResourceImports::Line,
    ResourceImports::Created,
    ResourceImports::Changed,
    ResourceImports::Unchanged,
    ResourceImports::Refused,
    ResourceImports::Problems,
    ResourceImports::StartedAt,
    ResourceImports::UpdatedAt,
    ResourceImports::By,
    ResourceImports::Attempt,
];

/// The state as it stands. Whoever was killed wrote nothing of it: what runs by what is written, and is in nobody's hand any
/// more, has stopped.
fn standing(dialect: Dialect) -> Expr {
    let is_left = Expr::col(ResourceImports::State)
        .eq(ImportState::Running.as_str())
        .and(Expr::col(ResourceImports::HeldUntil).lte(now_micros(dialect)));
    Expr::case(is_left, ImportState::Stopped.as_str()).finally(Expr::col(ResourceImports::State)).into()
}

/// The newest first.
fn select(state: Expr) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .expr_as(state, ResourceImports::State)
        .from(ResourceImports::Table)
        .order_by(ResourceImports::Id, Order::Desc)
        .take()
}

/// The name of imports that are looked for beside the one at hand.
const OTHER: &str = "other";

/// Imports of the very same file, brought in the same way.
fn of_this_file(import: &ResourceImport) -> Cond {
    let tenant = Expr::col(ResourceImports::Tenant);
    Cond::all()
        .add(Expr::col(ResourceImports::Digest).eq(import.digest.as_str()))
        .add(Expr::col(ResourceImports::Format).eq(import.format.as_str()))
        .add(match &import.tenant {
            Some(slug) => tenant.eq(slug.as_str()),
            None => tenant.is_null(),
        })
}

/// Those of them that did not come to their end.
fn unfinished(import: &ResourceImport, dialect: Dialect) -> SelectStatement {
    let mut query = select(standing(dialect));
    query
        .cond_where(of_this_file(import))
        .and_where(Expr::col(ResourceImports::State).ne(ImportState::Finished.as_str()))
        .limit(1);
    query
}

/// Imports of the very same file that came to their end after anything was written of the one at hand. In the query that this
/// is a part of, that one goes by the table's own name.
fn ended_since(import: &ResourceImport) -> SelectStatement {
    let ended = Expr::col((OTHER, ResourceImports::UpdatedAt));
    Query::select()
        .column((OTHER, ResourceImports::Id))
        .from_as(ResourceImports::Table, OTHER)
        .cond_where(of_this_file(import))
        .and_where(Expr::col((OTHER, ResourceImports::State)).eq(ImportState::Finished.as_str()))
        .and_where(ended.gte(Expr::col((ResourceImports::Table, ResourceImports::UpdatedAt))))
        .take()
}

async fn find<S: Source>(
    source: &mut S,
    state: Expr,
    id: &str,
) -> Result<Option<ResourceImport>, StoreError> {
    let mut query = select(state);
    query.and_where(Expr::col(ResourceImports::Id).eq(id));
    source.optional::<ImportRow, _>(&query).await?.map(ResourceImport::try_from).transpose()
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_import(&self, id: &str) -> Result<Option<ResourceImport>, StoreError> {
        find(&mut &self.db, standing(self.dialect()), id).await
    }

    /// The newest imports first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_imports(&self, limit: u64) -> Result<Vec<ResourceImport>, StoreError> {
        let mut query = select(standing(self.dialect()));
        query.limit(limit);
        let rows: Vec<ImportRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(ResourceImport::try_from).collect()
    }

    /// The newest imports first: those of one tenant where one is given, and those after this id.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn page_imports(
        &self,
        tenant: Option<&TenantSlug>,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<ResourceImport>, StoreError> {
        let mut query = select(standing(self.dialect()));
        query
            .and_where_option(tenant.map(|own| Expr::col(ResourceImports::Tenant).eq(own.as_str())))
            .and_where_option(after.map(|after| Expr::col(ResourceImports::Id).lt(after)))
            .limit(limit);
        let rows: Vec<ImportRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(ResourceImport::try_from).collect()
    }

    /// The last import of this very file, in this format and for this tenant, that did not come to its end.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn find_unfinished_import(
        &self,
        import: &ResourceImport,
    ) -> Result<Option<ResourceImport>, StoreError> {
        let query = unfinished(import, self.dialect());
        self.db.fetch_optional::<ImportRow>(&query).await?.map(ResourceImport::try_from).transpose()
    }

    /// The same, unless the file came in as a whole since: by another import, which came to its end after anything was written
    /// of this one. By the database's clock, whoever of them began first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn find_interrupted_import(
        &self,
        import: &ResourceImport,
    ) -> Result<Option<ResourceImport>, StoreError> {
        let mut query = unfinished(import, self.dialect());
        query.and_where(Expr::not_exists(ended_since(import)));
        self.db.fetch_optional::<ImportRow>(&query).await?.map(ResourceImport::try_from).transpose()
    }
}

//! The unit of work: everything people change in one go, with a record of each change, or nothing of it.

use super::{EmergencyError, TaskError};
use crate::Store;
use crate::changes::{self, Action, Change};
use crate::db::{Dialect, StoreError, Tx, new_id, now_micros};
use crate::schema::Revisions;
use policy::binding::BindingError;
use policy::ids::NameError;
use policy::issuer::IssuerError;
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Query};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// Through which door somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    Cli,
    Console,
    Api,
    /// What the server does by itself.
    System,
}

impl Via {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Console => "console",
            Self::Api => "api",
            Self::System => "system",
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no door.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of cli, console, api, system")]
pub struct ViaError;

impl FromStr for Via {
    type Err = ViaError;

    fn from_str(text: &str) -> Result<Self, ViaError> {
        match text {
            "cli" => Ok(Self::Cli),
            "console" => Ok(Self::Console),
            "api" => Ok(Self::Api),
            "system" => Ok(Self::System),
            _ => Err(ViaError),
        }
    }
}

/// Who changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// An account's name, or who ran the command.
    pub name: String,
    pub via: Via,
    pub request_id: Option<String>,
}

/// Why a change was not made. The texts are for the person who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{kind} `{given}` {why}")]
    Name { kind: &'static str, given: String, why: NameError },
    #[error("{field} {reason}")]
    Invalid { field: &'static str, reason: &'static str },
    #[error("unknown {kind} `{name}`")]
    Unknown { kind: &'static str, name: String },
    #[error("unknown role `{name}` in tenant `{tenant}`")]
    UnknownRole { name: String, tenant: TenantSlug },
    #[error("role `{name}` exists both for every tenant and in tenant `{tenant}`")]
    AmbiguousRole { name: String, tenant: TenantSlug },
    #[error("{what} already belongs to {owner}")]
    Taken { what: String, owner: String },
    /// A setting of an issuer.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// A binding of a tool, or the type or id of a resource.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// A stop switch or a break-glass grant.
    #[error(transparent)]
    Emergency(#[from] EmergencyError),
    /// A task.
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error("the identity `{sub}` of `{issuer}` is blocked; unblock it first")]
    Blocked { issuer: String, sub: String },
    #[error("{what} is still used by {by}")]
    InUse { what: String, by: String },
    #[error("{what} was changed meanwhile; it is now at version {version}")]
    Stale { what: String, version: i64 },
    /// Tests to one account.
    #[error("the account was sent too many tests lately; try again in {seconds} seconds")]
    TooSoon { seconds: i64 },
}

/// What a commit left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The revision that all tenants share, as of this commit.
    pub global_revision: i64,
    pub changes: Vec<Change>,
}

/// One unit of work. Nothing of it is visible to others before [`Writer::commit`]; dropped, it is undone.
///
/// On SQLite it holds the one connection that writes, and on Postgres a lock that keeps other writers out: be
/// done with reading files and asking people before starting one.
pub struct Writer {
    pub(crate) tx: Tx,
    /// The database's clock at the start.
    pub(crate) now: Timestamp,
    pub(super) actor: Actor,
    changes: Vec<Change>,
}

/// What a change is about.
pub(crate) struct About<'a> {
    pub(crate) kind: &'static str,
    pub(crate) object: &'a str,
    pub(crate) tenant: Option<&'a TenantSlug>,
}

impl About<'_> {
    /// The same, unless it went from one tenant to another: the record tells of both, so it is neither's to read.
    pub(crate) fn unless_moved(self, moved: bool) -> Self {
        Self { tenant: self.tenant.filter(|_| !moved), ..self }
    }
}

/// Postgres: administrative writers go one at a time, so that none compares with a state that another is
/// about to change.
const LOCK: &str = "pg_advisory_xact_lock(7264918202)";

/// Keeps administrative writers out, until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    if tx.dialect() == Dialect::Postgres {
        tx.execute(&Query::select().expr(Expr::cust(LOCK)).take()).await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Moment {
    now: i64,
}

#[derive(sqlx::FromRow)]
struct RevisionRow {
    value: i64,
}

fn as_json<T: Serialize>(value: Option<&T>) -> Result<Option<serde_json::Value>, StoreError> {
    value
        .map(serde_json::to_value)
        .transpose()
        .map_err(|error| StoreError::corrupt(format!("not writable as JSON: {error}")))
}

impl Writer {
    /// What was changed so far.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Who these changes are written down as.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The database's clock at the start of this unit of work.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Records one change; which action it was follows from what is there.
    pub(crate) async fn record<T: Serialize>(
        &mut self,
        about: About<'_>,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<(), StoreError> {
        let action = match (before.is_some(), after.is_some()) {
            (false, _) => Action::Create,
            (true, true) => Action::Update,
            (true, false) => Action::Delete,
        };
        let change = Change {
            id: new_id(),
            at: self.now,
            actor: self.actor.name.clone(),
            via: self.actor.via,
            request_id: self.actor.request_id.clone(),
            kind: about.kind.to_owned(),
            object: about.object.to_owned(),
            tenant: about.tenant.cloned(),
            action,
            before: as_json(before)?,
            after: as_json(after)?,
        };
        self.tx.execute(&changes::insert(&change)?).await?;
        self.changes.push(change);
        Ok(())
    }

    /// Makes everything of this unit of work count.
    ///
    /// # Errors
    /// When the database does not answer; then nothing of it counts.
    pub async fn commit(mut self) -> Result<Committed, StoreError> {
        let query = Query::select()
            .column(Revisions::Value)
            .from(Revisions::Table)
            .and_where(Expr::col(Revisions::Scope).eq(""))
            .take();
        let revision: Option<RevisionRow> = self.tx.fetch_optional(&query).await?;
        let revision = revision.ok_or_else(|| StoreError::corrupt("the common revision is missing"))?;
        self.tx.commit().await?;
        Ok(Committed { global_revision: revision.value, changes: self.changes })
    }

    /// Undoes everything of this unit of work.
    ///
    /// # Errors
    /// When the database does not answer; it undoes it by itself then.
    pub async fn rollback(self) -> Result<(), StoreError> {
        self.tx.rollback().await
    }
}

impl Store {
    /// Starts a unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or others keep writing for too long.
    pub async fn write(&self, actor: Actor) -> Result<Writer, StoreError> {
        let dialect = self.dialect();
        let mut tx = self.db.begin_write().await?;
        lock(&mut tx).await?;
        let clock = Query::select().expr_as(now_micros(dialect), "now").take();
        let moment: Option<Moment> = tx.fetch_optional(&clock).await?;
        let moment = moment.ok_or_else(|| StoreError::corrupt("the database has no clock"))?;
        Ok(Writer { tx, now: Timestamp::from_micros(moment.now), actor, changes: Vec::new() })
    }
}

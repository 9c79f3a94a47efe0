//! The record, read: lists with filters and keyset paging, one decision, and the statistics of Overview.
//!
//! Pages are keyed by the decision's id, a UUIDv7: the newest is the greatest. Nothing here writes.

mod break_glass;
mod filter;
#[cfg(test)]
mod plans;
mod stats;

pub use filter::DecisionFilter;
pub use stats::{DecisionStats, HourCount, ReasonCount, ToolCount};

use crate::chain::RecordHash;
use crate::counting::count;
use crate::recorder::tables::{DECISION_COLUMNS, Decisions};
use crate::recorder::to_hash;
use crate::{Store, StoreError};
use policy::{DecisionId, Outcome, Reason, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edge {
    /// At the newest.
    #[default]
    Newest,
    OlderThan(DecisionId),
    NewerThan(DecisionId),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    pub edge: Edge,
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { edge: Edge::Newest, limit: 50 }
    }
}

/// A decision as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    pub id: DecisionId,
    pub at: Timestamp,
    pub tenant: Option<String>,
    pub subject: Option<String>,
    pub credential: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub action: String,
    pub outcome: Outcome,
    /// The code, as recorded: a later version may have written one that this one does not know.
    pub reason: String,
    /// Who acted for the subject.
    pub actor: Option<String>,
}

impl DecisionRow {
    pub fn reason(&self) -> Option<Reason> {
        Reason::from_code(&self.reason)
    }

    /// Whether the call waits for a person.
    pub fn waits(&self) -> bool {
        self.reason().is_some_and(Reason::waits)
    }
}

/// Newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionPage {
    pub rows: Vec<DecisionRow>,
    pub has_older: bool,
    pub has_newer: bool,
}

/// One decision with all that was recorded of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedDecision {
    pub row: DecisionRow,
    /// JSON.
    pub body: String,
    /// Canonical JSON, redacted; `None` where none were sent or retention took them.
    pub arguments: Option<String>,
    /// Whether there were arguments when it was recorded.
    pub had_arguments: bool,
    pub chain: String,
    pub seq: i64,
    pub hash: RecordHash,
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: String,
    at: i64,
    tenant: Option<String>,
    subject: Option<String>,
    credential: Option<String>,
    server: Option<String>,
    tool: Option<String>,
    action: String,
    outcome: String,
    reason: String,
    actor: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FullRow {
    #[sqlx(flatten)]
    row: ListRow,
    chain: String,
    seq: i64,
    body: String,
    arguments: Option<String>,
    arguments_digest: Option<Vec<u8>>,
    hash: Vec<u8>,
}

/// Anything but a plain allow is a denial.
fn read_outcome(code: &str) -> Outcome {
    if code == "allow" { Outcome::Allow } else { Outcome::Deny }
}

impl From<ListRow> for DecisionRow {
    fn from(row: ListRow) -> Self {
        Self {
            id: DecisionId::new(row.id),
            at: Timestamp::from_micros(row.at),
            tenant: row.tenant,
            subject: row.subject,
            credential: row.credential,
            server: row.server,
            tool: row.tool,
            action: row.action,
            outcome: read_outcome(&row.outcome),
            reason: row.reason,
            actor: row.actor,
        }
    }
}

/// The rows of a page and one more, from its edge on.
fn select(filter: &DecisionFilter, page: &Page) -> SelectStatement {
    let [id, _, _, at, tenant, subject, credential, server, tool, action, outcome, reason, ..] =
        DECISION_COLUMNS;
    let mut query = Query::select();
    query
        .columns([id, at, tenant, subject, credential, server, tool, action, outcome, reason])
        .column(Decisions::Actor)
        .from(Decisions::Table)
        .limit(u64::from(page.limit) + 1);
    filter.narrow(&mut query);
    let order = match &page.edge {
        Edge::Newest => Order::Desc,
        Edge::OlderThan(id) => {
            query.and_where(filter.key().lt(id.as_str()));
            Order::Desc
        }
        Edge::NewerThan(id) => {
            query.and_where(filter.key().gt(id.as_str()));
            Order::Asc
        }
    };
    query.order_by_expr(filter.key(), order);
    query
}

impl Store {
    /// One page, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_decisions(
        &self,
        filter: &DecisionFilter,
        page: &Page,
    ) -> Result<DecisionPage, StoreError> {
        let query = select(filter, page);
        let mut rows: Vec<DecisionRow> =
            self.db.fetch_all::<ListRow>(&query).await?.into_iter().map(DecisionRow::from).collect();
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let (has_older, has_newer) = match page.edge {
            Edge::Newest => (more, false),
            Edge::OlderThan(_) => (more, true),
            Edge::NewerThan(_) => {
                rows.reverse();
                (true, more)
            }
        };
        Ok(DecisionPage { rows, has_older, has_newer })
    }

    /// How many are newer than `than`, counted no further than `cap`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_newer(
        &self,
        filter: &DecisionFilter,
        than: &DecisionId,
        cap: u32,
    ) -> Result<u32, StoreError> {
        let mut newer = Query::select();
        newer
            .column(Decisions::Id)
            .from(Decisions::Table)
            .and_where(filter.key().gt(than.as_str()))
            .limit(u64::from(cap));
        filter.narrow(&mut newer);
        let found = count(&mut &self.db, Query::select().from_subquery(newer, "newer").take()).await?;
        Ok(u32::try_from(found).unwrap_or(cap))
    }

    /// The whole of one decision. Whether the reader may see its tenant is for the caller to check.
    ///
    /// # Errors
    /// When the database fails, or the stored hash is none.
    pub async fn get_decision(&self, id: &DecisionId) -> Result<Option<RecordedDecision>, StoreError> {
        let query = Query::select()
            .columns(DECISION_COLUMNS)
            .from(Decisions::Table)
            .and_where(Expr::col(Decisions::Id).eq(id.as_str()))
            .to_owned();
        let Some(full) = self.db.fetch_optional::<FullRow>(&query).await? else {
            return Ok(None);
        };
        Ok(Some(RecordedDecision {
            had_arguments: full.arguments.is_some() || full.arguments_digest.is_some(),
            row: DecisionRow::from(full.row),
            body: full.body,
            arguments: full.arguments,
            chain: full.chain,
            seq: full.seq,
            hash: to_hash(&full.hash)?,
        }))
    }
}

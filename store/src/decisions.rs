//! The record, read: lists with filters and keyset paging, one decision, and the statistics of Overview.
//!
//! Pages are keyed by the decision's id, a UUIDv7: the newest is the greatest. Nothing here writes.

mod break_glass;
mod stats;

pub use stats::{DecisionStats, HourCount, ReasonCount, ToolCount};

use crate::chain::RecordHash;
use crate::counting::count;
use crate::recorder::tables::{DECISION_COLUMNS, Decisions};
use crate::recorder::to_hash;
use crate::{Store, StoreError};
use policy::{DecisionId, Outcome, Reason, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

/// How far (in microseconds) the clock that made an id may be off the one that made its `at`.
const SKEW: i64 = 3_600_000_000;

/// Which decisions are meant; what is `None` does not narrow. Shared by list and count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DecisionFilter {
    /// Any of these tenants; an empty list means none at all. Decisions without a tenant (the caller was not
    /// recognised, say) are found only without this.
    pub tenants: Option<Vec<String>>,
    pub subject: Option<String>,
    pub credential: Option<String>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub task: Option<String>,
    pub outcome: Option<Outcome>,
    pub reason: Option<Reason>,
    /// Whether the call waits for a person ([`Reason::waits`]). With `outcome: Deny` and `false` here, the
    /// list is what the console calls "Denied".
    pub waiting: Option<bool>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// Who acted for the subject.
    pub actor: Option<String>,
    /// Only calls for which nobody acted: the subject's own.
    pub without_actor: bool,
}

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

/// The beginning of every UUIDv7 of that millisecond: less than each of them, greater than all earlier ones.
fn id_at(micros: i64) -> String {
    let millis = u64::try_from(micros.div_euclid(1_000)).unwrap_or_default() & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

fn waiting_codes() -> Vec<&'static str> {
    Reason::ALL.iter().filter(|reason| reason.waits()).map(|reason| reason.code()).collect()
}

/// Written out, not bound: only so may SQLite use the indexes of denials alone.
fn denied() -> Expr {
    Expr::cust("\"outcome\" = 'deny'")
}

fn tenant_is(tenants: &[String]) -> Expr {
    match tenants {
        [one] => Expr::col(Decisions::Tenant).eq(one.as_str()),
        several => Expr::col(Decisions::Tenant).is_in(several.iter().map(String::as_str)),
    }
}

impl DecisionFilter {
    fn narrow(&self, query: &mut SelectStatement) {
        if let Some(tenants) = &self.tenants {
            query.and_where(tenant_is(tenants));
        }
        let texts = [
            (Decisions::Subject, &self.subject),
            (Decisions::Credential, &self.credential),
            (Decisions::Server, &self.server),
            (Decisions::Tool, &self.tool),
            (Decisions::Actor, &self.actor),
            (Decisions::Task, &self.task),
        ];
        for (column, text) in texts {
            if let Some(text) = text {
                query.and_where(Expr::col(column).eq(text.as_str()));
            }
        }
        if self.without_actor {
            query.and_where(Expr::col(Decisions::Actor).is_null());
        }
        match self.outcome {
            Some(Outcome::Allow) => {
                query.and_where(Expr::cust("\"outcome\" = 'allow'"));
            }
            Some(Outcome::Deny) => {
                query.and_where(denied());
            }
            None => {}
        }
        if let Some(reason) = self.reason {
            if reason != Reason::Allowed {
                query.and_where(denied());
            }
            query.and_where(Expr::col(Decisions::Reason).eq(reason.code()));
        }
        match self.waiting {
            Some(true) => {
                query.and_where(denied());
                query.and_where(Expr::col(Decisions::Reason).is_in(waiting_codes()));
            }
            Some(false) => {
                query.and_where(Expr::col(Decisions::Reason).is_not_in(waiting_codes()));
            }
            None => {}
        }
        // The moment decides; the id only spares the reading of what is surely outside.
        if let Some(from) = self.from {
            let from = from.micros();
            query.and_where(Expr::col(Decisions::At).gte(from));
            query.and_where(Expr::col(Decisions::Id).gte(id_at(from.saturating_sub(SKEW))));
        }
        if let Some(to) = self.to {
            let to = to.micros();
            query.and_where(Expr::col(Decisions::At).lt(to));
            query.and_where(Expr::col(Decisions::Id).lt(id_at(to.saturating_add(SKEW))));
        }
    }
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
                query.and_where(Expr::col(Decisions::Id).lt(id.as_str()));
                Order::Desc
            }
            Edge::NewerThan(id) => {
                query.and_where(Expr::col(Decisions::Id).gt(id.as_str()));
                Order::Asc
            }
        };
        query.order_by(Decisions::Id, order);
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
            .and_where(Expr::col(Decisions::Id).gt(than.as_str()))
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

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    #[test]
    fn ids_of_a_moment_lie_between_its_bounds() {
        // RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F is 2022-02-22T19:22:22Z.
        let moment = Timestamp::parse("2022-02-22T19:22:22Z").expect("reads").micros();
        let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
        assert_eq!(id_at(moment), "017f22e2-79b0");
        assert!(id_at(moment).as_str() < id);
        assert!(id_at(moment + 1_000).as_str() > id);
        assert_eq!(id_at(-5), "00000000-0000");
    }

    #[test]
    fn a_filter_is_the_same_in_both_dialects() {
        let filter = DecisionFilter {
            tenants: Some(vec!["acme".to_owned()]),
            outcome: Some(Outcome::Deny),
            waiting: Some(false),
            without_actor: true,
            ..DecisionFilter::default()
        };
        let mut query = Query::select();
        query.column(Decisions::Id).from(Decisions::Table);
        filter.narrow(&mut query);
        let expected = "SELECT \"id\" FROM \"decisions\" WHERE \"tenant\" = 'acme' AND \"actor\" IS NULL \
                        AND \"outcome\" = 'deny' AND \"reason\" NOT IN ('approval_required', 'approval_pending')";
        let sqlite: String = query.to_string(SqliteQueryBuilder);
        let postgres: String = query.to_string(PostgresQueryBuilder);
        // Whether a written-out part stands in parentheses is sea-query's affair.
        let plain = |text: String| text.replace(['(', ')'], "");
        assert_eq!(plain(sqlite.clone()), plain(expected.to_owned()));
        assert_eq!(sqlite, postgres);
    }
}

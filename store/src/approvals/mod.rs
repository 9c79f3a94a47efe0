//! Requests for approval: filed and used where decisions are recorded, decided by persons through the unit of work, read
//! live with each call that names the same thing. Nothing here judges who may decide what.

mod answers;
mod asks;
mod calls;
mod deciding;
mod events;
mod expiring;
mod filing;
mod filings;
mod following;
mod locking;
#[cfg(test)]
mod plans;
mod rates;
mod retention;
mod substitutes;
pub(crate) mod tables;
mod using;
mod votes;

pub use answers::AnswerFilter;
pub use asks::{AskedPerson, MOST_COUNTED};
pub use calls::ApprovalCall;
pub use deciding::{NewVote, Settlement};
pub use events::{ApprovalEvent, ApprovalEventKind, ApprovalEventKindError};
pub use expiring::EndedApprovals;
pub use filing::{MOST_PENDING, NewApproval};
pub(crate) use filing::{attempt, file};
pub use filings::{FILED_WITHIN, MOST_FILED};
pub use following::FollowedApprovals;
pub(crate) use locking::{lock_filing, lock_rows};
pub use rates::{ApprovalRate, ApprovalRates, MOST_RATED};
pub use retention::ApprovalPruneReport;
pub use substitutes::{MAX_AWAY, NewSubstitute, Substitute};
pub use using::ApprovalUse;
pub(crate) use using::use_up;
pub use votes::ApprovalVote;

use crate::counting::count;
use crate::db::{Dialect, Source, StoreError, flag, json, now_micros, word};
use crate::{Store, Writer};
use policy::approval::Requirement;
use policy::labels::ApprovalState;
use policy::{
    ApprovalId, CredentialId, DecisionId, ResourceRef, Risk, RuleId, Sensitivity, ServerSlug, SubjectId,
    TaskId, TenantSlug, Timestamp,
};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use serde_json::{Map, Value};
use tables::{ApprovalSlots, Approvals};

/// For how long a use is found again by the key that came with it, in microseconds.
pub const ANSWERED_AGAIN: i64 = 60 * 1_000_000;

/// What a decision does to a request for approval, in the transaction of its record.
#[derive(Debug, Clone)]
pub enum ApprovalStep {
    File(Box<NewApproval>),
    /// The call was repeated while the request waits.
    Attempt(ApprovalId),
    Use(ApprovalUse),
}

/// A request for approval as it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Approval {
    pub id: ApprovalId,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    /// Who acts for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<SubjectId>,
    pub credential: CredentialId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerSlug>,
    /// Hostile text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    pub action: String,
    pub resource: ResourceRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub definition_hash: Option<String>,
    /// A keyed digest of the canonical text of the whole arguments, in lower-case hexadecimal.
    pub arguments_digest: String,
    /// The members of the call's context that the rules read.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub context: Map<String, Value>,
    /// The claims of the caller's token that the rules read.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub claims: Map<String, Value>,
    /// Canonical JSON, redacted as the tool says. Hostile text.
    pub arguments: String,
    /// Whether the whole arguments were kept in the vault; they are while it waits.
    pub sealed: bool,
    /// A keyed digest of all that it is bound to.
    pub binding: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitivity: Option<Sensitivity>,
    /// The rules that ask, as they stood when it was filed.
    pub requirements: Vec<Requirement>,
    pub uses: i64,
    pub used: i64,
    /// How long an answer holds, in microseconds.
    pub hold_for: i64,
    pub state: ApprovalState,
    pub filed_at: Timestamp,
    pub filed_by: DecisionId,
    /// It waits, or stays denied, until then.
    pub expires_at: Timestamp,
    pub attempts: i64,
    pub last_attempt_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// The person whose vote decided, or who took it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<SubjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// An approved one lets no call pass from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
}

impl Approval {
    /// Where it stands at this moment: its time may be over before anybody wrote that down.
    pub fn state_at(&self, now: Timestamp) -> ApprovalState {
        let over = match self.state {
            ApprovalState::Pending => self.expires_at <= now,
            ApprovalState::Approved => self.valid_until.is_none_or(|until| until <= now),
            _ => false,
        };
        if over { ApprovalState::Expired } else { self.state }
    }

    /// Who acts, else the subject: whose requests are counted together.
    pub fn party(&self) -> &SubjectId {
        self.actor.as_ref().unwrap_or(&self.subject)
    }
}

/// Which requests to list; what is None does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApprovalFilter<'a> {
    pub tenant: Option<&'a TenantSlug>,
    /// Any of these tenants; an empty list means none at all.
    pub tenants: Option<&'a [TenantSlug]>,
    pub subject: Option<&'a SubjectId>,
    /// As it is written down; see [`Approval::state_at`].
    pub state: Option<ApprovalState>,
    /// Only those that wait and that this rule asks for.
    pub rule: Option<&'a RuleId>,
    /// Only those that wait now.
    pub pending: bool,
}

#[derive(sqlx::FromRow)]
struct ApprovalRow {
    id: String,
    tenant: String,
    subject: String,
    actor: Option<String>,
    credential: String,
    server: Option<String>,
    tool: Option<String>,
    action: String,
    resource_type: String,
    resource_id: String,
    task: Option<String>,
    definition_hash: Option<String>,
    arguments_digest: String,
    binding: String,
    context: String,
    claims: String,
    arguments: String,
    sealed: i64,
    risk: Option<String>,
    sensitivity: Option<String>,
    requirements: String,
    uses: i64,
    used: i64,
    hold_for: i64,
    state: String,
    filed_at: i64,
    filed_by: String,
    expires_at: i64,
    attempts: i64,
    last_attempt_at: i64,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    reason: Option<String>,
    valid_until: Option<i64>,
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = StoreError;

    fn try_from(row: ApprovalRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ApprovalId::new(row.id),
            tenant: TenantSlug::new(row.tenant),
            subject: SubjectId::new(row.subject),
            actor: row.actor.map(SubjectId::new),
            credential: CredentialId::new(row.credential),
            server: row.server.map(ServerSlug::new),
            tool: row.tool,
            action: row.action,
            resource: ResourceRef { kind: row.resource_type, id: row.resource_id },
            task: row.task.map(TaskId::new),
            definition_hash: row.definition_hash,
            arguments_digest: row.arguments_digest,
            context: json(&row.context, "approvals.context")?,
            claims: json(&row.claims, "approvals.claims")?,
            arguments: row.arguments,
            sealed: flag(row.sealed, "approvals.sealed")?,
            binding: row.binding,
            risk: row.risk.map(|risk| word(&risk, "approvals.risk")).transpose()?,
            sensitivity: row.sensitivity.map(|label| word(&label, "approvals.sensitivity")).transpose()?,
            requirements: json(&row.requirements, "approvals.requirements")?,
            uses: row.uses,
            used: row.used,
            hold_for: row.hold_for,
            state: word(&row.state, "approvals.state")?,
            filed_at: Timestamp::from_micros(row.filed_at),
            filed_by: DecisionId::new(row.filed_by),
            expires_at: Timestamp::from_micros(row.expires_at),
            attempts: row.attempts,
            last_attempt_at: Timestamp::from_micros(row.last_attempt_at),
            decided_at: row.decided_at.map(Timestamp::from_micros),
            decided_by: row.decided_by.map(SubjectId::new),
            reason: row.reason,
            valid_until: row.valid_until.map(Timestamp::from_micros),
        })
    }
}

const READ: [Approvals; 34] = [
    Approvals::Id,
    Approvals::Tenant,
    Approvals::Subject,
    Approvals::Actor,
    Approvals::Credential,
    Approvals::Server,
    Approvals::Tool,
    Approvals::Action,
    Approvals::ResourceType,
    Approvals::ResourceId,
    Approvals::Task,
    Approvals::DefinitionHash,
    Approvals::ArgumentsDigest,
    Approvals::Binding,
    Approvals::Context,
    Approvals::Claims,
    Approvals::Arguments,
    Approvals::Sealed,
    Approvals::Risk,
    Approvals::Sensitivity,
    Approvals::Requirements,
    Approvals::Uses,
    Approvals::Used,
    Approvals::HoldFor,
    Approvals::State,
    Approvals::FiledAt,
    Approvals::FiledBy,
    Approvals::ExpiresAt,
    Approvals::Attempts,
    Approvals::LastAttemptAt,
    Approvals::DecidedAt,
    Approvals::DecidedBy,
    Approvals::Reason,
    Approvals::ValidUntil,
];

fn select() -> SelectStatement {
    Query::select().columns(READ.map(|column| (Approvals::Table, column))).from(Approvals::Table).take()
}

/// Written out, not bound: only so may SQLite use the index of those that wait.
fn waits(query: &mut SelectStatement, dialect: Dialect) {
    query
        .and_where(Expr::cust("\"approvals\".\"state\" = 'pending'"))
        .and_where(Expr::col((Approvals::Table, Approvals::ExpiresAt)).gt(now_micros(dialect)));
}

impl ApprovalFilter<'_> {
    /// Whether it leaves out any.
    fn narrows(&self) -> bool {
        let Self { tenant, tenants, subject, state, rule, pending } = self;
        let of_whom = tenant.is_some() || tenants.is_some() || subject.is_some();
        of_whom || state.is_some() || rule.is_some() || *pending
    }

    fn narrow(&self, query: &mut SelectStatement, dialect: Dialect) {
        let column = |column: Approvals| Expr::col((Approvals::Table, column));
        query
            .and_where_option(self.tenant.map(|tenant| column(Approvals::Tenant).eq(tenant.as_str())))
            .and_where_option(
                self.tenants.map(|any| column(Approvals::Tenant).is_in(any.iter().map(TenantSlug::as_str))),
            )
            .and_where_option(self.subject.map(|subject| column(Approvals::Subject).eq(subject.as_str())))
            .and_where_option(self.state.map(|state| column(Approvals::State).eq(state.as_str())));
        if let Some(rule) = self.rule {
            let of_rule = Query::select()
                .column(ApprovalSlots::Approval)
                .from(ApprovalSlots::Table)
                .and_where(Expr::col(ApprovalSlots::Rule).eq(rule.as_str()))
                .take();
            query.and_where(column(Approvals::Id).in_subquery(of_rule));
        }
        if self.pending {
            waits(query, dialect);
        }
    }
}

/// What is counted.
fn counted(filter: &ApprovalFilter<'_>, dialect: Dialect) -> SelectStatement {
    let mut first = Query::select();
    first.column((Approvals::Table, Approvals::Id)).from(Approvals::Table);
    filter.narrow(&mut first, dialect);
    first.limit(MOST_COUNTED.unsigned_abs());
    Query::select().from_subquery(first, "first").take()
}

async fn find<S: Source>(source: &mut S, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
    // Nothing that is stored holds U+0000, and Postgres takes no such text.
    if id.as_str().contains('\0') {
        return Ok(None);
    }
    let mut query = select();
    query.and_where(Expr::col((Approvals::Table, Approvals::Id)).eq(id.as_str()));
    source.optional::<ApprovalRow, _>(&query).await?.map(Approval::try_from).transpose()
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        find(&mut &self.db, id).await
    }

    /// Requests, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_approvals(
        &self,
        filter: &ApprovalFilter<'_>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        let mut query = select();
        filter.narrow(&mut query, self.dialect());
        query
            .and_where_option(before.map(|id| Expr::col((Approvals::Table, Approvals::Id)).lt(id)))
            .order_by((Approvals::Table, Approvals::Id), Order::Desc)
            .limit(limit);
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// How many there are, counted no further than [`MOST_COUNTED`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_approvals(&self, filter: &ApprovalFilter<'_>) -> Result<i64, StoreError> {
        count(&mut &self.db, counted(filter, self.dialect())).await
    }
}

impl Writer {
    /// As [`Store::get_approval`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_approval(&mut self, id: &ApprovalId) -> Result<Option<Approval>, StoreError> {
        find(&mut self.tx, id).await
    }
}

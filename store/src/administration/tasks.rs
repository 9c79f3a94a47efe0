//! Tasks: opened for a subject in a tenant, paused, resumed, completed and revoked. The next call reads them.
//!
//! How much of a budget is used is written where decisions are recorded, and nowhere here.

use super::writer::About;
use super::{WriteError, Writer};
use crate::Store;
use crate::db::{Dialect, Source, StoreError, json, new_id, now_micros, to_json, word};
use crate::schema::Tasks;
use policy::labels::{OpenedBy, TaskState};
use policy::pattern::Pattern;
use policy::task::MAX_PURPOSE;
use policy::{SubjectId, TaskId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// The most tools that one task names, and their longest text together, in bytes: they stand in each record of a call.
const MAX_TOOLS: usize = 50;
const MAX_TOOLS_TEXT: usize = 4_096;
/// The largest budget.
pub const MAX_BUDGET: i64 = 1_000_000;
/// The longest a task lasts: 31 days, in microseconds.
pub const MAX_LIFE: i64 = 31 * 86_400 * 1_000_000;
/// So many tasks that are not over a caller may have opened for itself in one tenant.
const MOST_OPEN: i64 = 100;

/// Why a task was not opened or changed. The texts are for whoever asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    #[error("purpose must be given, in at most {MAX_PURPOSE} characters, none of them a control character")]
    Purpose,
    #[error("actor must be 1 to 200 characters, none of them a control character")]
    Actor,
    #[error(
        "tools must be 1 to {MAX_TOOLS} patterns such as crm/refund or crm/*, {MAX_TOOLS_TEXT} bytes together"
    )]
    Tools,
    #[error("budget must be from 1 to {MAX_BUDGET}")]
    Budget,
    #[error("expires_at must be in the future, and at most 31 days from now")]
    Expiry,
    #[error("the subject is no member of the tenant")]
    NoMember,
    #[error("{MOST_OPEN} tasks are open already; complete one first")]
    TooMany,
    #[error("the task is {0}, and stays so")]
    Over(TaskState),
    #[error("the task has expired")]
    Expired,
}

impl TaskError {
    /// The member that is wrong, where it is one.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::Purpose => Some("purpose"),
            Self::Actor => Some("actor"),
            Self::Tools => Some("tools"),
            Self::Budget => Some("budget"),
            Self::Expiry => Some("expires_at"),
            Self::NoMember => Some("subject"),
            Self::TooMany | Self::Over(_) | Self::Expired => None,
        }
    }
}

/// A task as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Task {
    pub id: TaskId,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    /// None: whoever acts for the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Hostile text.
    pub purpose: String,
    pub tools: Vec<Pattern>,
    pub budget: i64,
    pub used: i64,
    pub state: TaskState,
    pub opened_by: OpenedBy,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
}

impl Task {
    /// Whether it may still come to cover calls.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.state, TaskState::Active | TaskState::Paused) && now < self.expires_at
    }
}

/// A task to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewTask<'a> {
    pub tenant: &'a TenantSlug,
    pub subject: &'a SubjectId,
    pub actor: Option<&'a str>,
    pub purpose: &'a str,
    /// Patterns `server/name`.
    pub tools: &'a [String],
    pub budget: i64,
    pub expires_at: Timestamp,
    pub opened_by: OpenedBy,
}

/// Which tasks to list; what is None does not narrow.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaskFilter<'a> {
    pub tenant: Option<&'a TenantSlug>,
    /// Any of these tenants; an empty list means none at all.
    pub tenants: Option<&'a [TenantSlug]>,
    pub subject: Option<&'a SubjectId>,
    pub state: Option<TaskState>,
    /// Only those that may still come to cover calls.
    pub open: bool,
}

#[derive(sqlx::FromRow)]
struct TaskRow {
    id: String,
    tenant: String,
    subject: String,
    actor: Option<String>,
    purpose: String,
    tools: String,
    budget: i64,
    used: i64,
    state: String,
    opened_by: String,
    opened_at: i64,
    expires_at: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    n: i64,
}

impl TryFrom<TaskRow> for Task {
    type Error = StoreError;

    fn try_from(row: TaskRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: TaskId::new(row.id),
            tenant: TenantSlug::new(row.tenant),
            subject: SubjectId::new(row.subject),
            actor: row.actor,
            purpose: row.purpose,
            tools: json(&row.tools, "tasks.tools")?,
            budget: row.budget,
            used: row.used,
            state: word(&row.state, "tasks.state")?,
            opened_by: word(&row.opened_by, "tasks.opened_by")?,
            opened_at: Timestamp::from_micros(row.opened_at),
            expires_at: Timestamp::from_micros(row.expires_at),
        })
    }
}

const COLUMNS: [Tasks; 12] = [
    Tasks::Id,
    Tasks::Tenant,
    Tasks::Subject,
    Tasks::Actor,
    Tasks::Purpose,
    Tasks::Tools,
    Tasks::Budget,
    Tasks::Used,
    Tasks::State,
    Tasks::OpenedBy,
    Tasks::OpenedAt,
    Tasks::ExpiresAt,
];

fn select() -> SelectStatement {
    Query::select().columns(COLUMNS).from(Tasks::Table).take()
}

/// Written out, not bound: only so may SQLite use the index of open tasks alone.
fn open(query: &mut SelectStatement, dialect: Dialect) {
    query
        .and_where(Expr::cust("\"state\" IN ('active', 'paused')"))
        .and_where(Expr::col(Tasks::ExpiresAt).gt(now_micros(dialect)));
}

async fn find<S: Source>(source: &mut S, id: &TaskId) -> Result<Option<Task>, StoreError> {
    // Nothing that is stored holds U+0000, and Postgres takes no such text.
    if id.as_str().contains('\0') {
        return Ok(None);
    }
    let mut query = select();
    query.and_where(Expr::col(Tasks::Id).eq(id.as_str()));
    source.optional::<TaskRow, _>(&query).await?.map(Task::try_from).transpose()
}

impl Store {
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_task(&self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        find(&mut &self.db, id).await
    }

    /// Tasks, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tasks(
        &self,
        filter: &TaskFilter<'_>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Task>, StoreError> {
        let mut query = select();
        query
            .and_where_option(filter.tenant.map(|tenant| Expr::col(Tasks::Tenant).eq(tenant.as_str())))
            .and_where_option(
                filter.tenants.map(|any| Expr::col(Tasks::Tenant).is_in(any.iter().map(TenantSlug::as_str))),
            )
            .and_where_option(filter.subject.map(|subject| Expr::col(Tasks::Subject).eq(subject.as_str())))
            .and_where_option(filter.state.map(|state| Expr::col(Tasks::State).eq(state.as_str())))
            .and_where_option(before.map(|id| Expr::col(Tasks::Id).lt(id)))
            .order_by(Tasks::Id, Order::Desc)
            .limit(limit);
        if filter.open {
            open(&mut query, self.dialect());
        }
        let rows: Vec<TaskRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Task::try_from).collect()
    }
}

impl Writer {
    /// As [`Store::get_task`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_task(&mut self, id: &TaskId) -> Result<Option<Task>, StoreError> {
        find(&mut self.tx, id).await
    }

    /// Opens a task. It covers calls from now on.
    ///
    /// # Errors
    /// When the tenant is unknown, the subject is no member of it, or something of the task cannot be taken.
    pub async fn open_task(&mut self, new: &NewTask<'_>) -> Result<Task, WriteError> {
        let purpose = purpose(new.purpose)?;
        if new.actor.is_some_and(|actor| policy::ids::check_id(actor).is_err()) {
            return Err(TaskError::Actor.into());
        }
        let tools = patterns(new.tools)?;
        if !(1..=MAX_BUDGET).contains(&new.budget) {
            return Err(TaskError::Budget.into());
        }
        let latest = self.now.saturating_add_micros(MAX_LIFE);
        if new.expires_at <= self.now || new.expires_at > latest {
            return Err(TaskError::Expiry.into());
        }
        super::slug("tenant", new.tenant.as_str())?;
        super::name("subject", new.subject.as_str())?;
        self.need_tenant(new.tenant).await?;
        // Whom only other tenants have is answered like whom nobody has.
        let membership = self.get_membership(new.subject, new.tenant).await?;
        if membership.is_none_or(|held| held.until.is_some_and(|until| until <= self.now)) {
            return Err(TaskError::NoMember.into());
        }
        if new.opened_by == OpenedBy::Agent && self.count_own(new).await? >= MOST_OPEN {
            return Err(TaskError::TooMany.into());
        }
        let task = Task {
            id: TaskId::new(new_id()),
            tenant: new.tenant.clone(),
            subject: new.subject.clone(),
            actor: new.actor.map(str::to_owned),
            purpose,
            tools,
            budget: new.budget,
            used: 0,
            state: TaskState::Active,
            opened_by: new.opened_by,
            opened_at: self.now,
            expires_at: new.expires_at,
        };
        let insert = Query::insert()
            .into_table(Tasks::Table)
            .columns(COLUMNS)
            .values_panic([
                task.id.as_str().into(),
                task.tenant.as_str().into(),
                task.subject.as_str().into(),
                task.actor.clone().into(),
                task.purpose.as_str().into(),
                to_json(&task.tools)?.into(),
                task.budget.into(),
                task.used.into(),
                task.state.as_str().into(),
                task.opened_by.as_str().into(),
                task.opened_at.micros().into(),
                task.expires_at.micros().into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record_task(None, &task).await?;
        Ok(task)
    }

    /// How many the caller has open that it opened for itself.
    async fn count_own(&mut self, new: &NewTask<'_>) -> Result<i64, StoreError> {
        let mut query = Query::select();
        query
            .expr_as(Expr::cust("count(*)"), "n")
            .from(Tasks::Table)
            .and_where(Expr::col(Tasks::Tenant).eq(new.tenant.as_str()))
            .and_where(Expr::col(Tasks::Subject).eq(new.subject.as_str()))
            .and_where(Expr::col(Tasks::OpenedBy).eq(OpenedBy::Agent.as_str()));
        open(&mut query, self.tx.dialect());
        let row: Option<CountRow> = self.tx.fetch_optional(&query).await?;
        Ok(row.map_or(0, |row| row.n))
    }

    /// Pauses, resumes (`active`), completes or revokes a task. One that is so already stays as it is; a completed or
    /// revoked one stays so for good.
    ///
    /// # Errors
    /// When there is no such task, or it is over.
    pub async fn set_task_state(&mut self, id: &TaskId, state: TaskState) -> Result<Task, WriteError> {
        let unknown = || WriteError::Unknown { kind: "task", name: id.to_string() };
        let before = find(&mut self.tx, id).await?.ok_or_else(unknown)?;
        if before.state == state {
            return Ok(before);
        }
        match before.state {
            TaskState::Completed | TaskState::Revoked => return Err(TaskError::Over(before.state).into()),
            TaskState::Active | TaskState::Paused => {}
        }
        if state == TaskState::Active && before.expires_at <= self.now {
            return Err(TaskError::Expired.into());
        }
        // Calls may be taken of it at this moment: what they count is left alone.
        let update = Query::update()
            .table(Tasks::Table)
            .value(Tasks::State, state.as_str())
            .and_where(Expr::col(Tasks::Id).eq(id.as_str()))
            .take();
        self.tx.execute(&update).await?;
        let after = Task { state, ..before.clone() };
        self.record_task(Some(&before), &after).await?;
        Ok(after)
    }

    async fn record_task(&mut self, before: Option<&Task>, after: &Task) -> Result<(), StoreError> {
        let about = About { kind: "task", object: after.id.as_str(), tenant: Some(&after.tenant) };
        self.record(about, before, Some(after)).await
    }
}

/// The purpose as it is kept.
fn purpose(given: &str) -> Result<String, TaskError> {
    let purpose = given.trim();
    let length = purpose.chars().count();
    if length == 0 || length > MAX_PURPOSE || purpose.chars().any(char::is_control) {
        return Err(TaskError::Purpose);
    }
    Ok(purpose.to_owned())
}

fn patterns(given: &[String]) -> Result<Vec<Pattern>, TaskError> {
    let size: usize = given.iter().map(String::len).sum();
    if given.is_empty() || given.len() > MAX_TOOLS || size > MAX_TOOLS_TEXT {
        return Err(TaskError::Tools);
    }
    given.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>().map_err(|_| TaskError::Tools)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_one_line_of_text() {
        let long = "ü".repeat(MAX_PURPOSE);
        for (given, kept) in [(" refund order 17 ", "refund order 17"), (long.as_str(), long.as_str())] {
            assert_eq!(purpose(given).as_deref(), Ok(kept));
        }
        // Text that rearranges others is kept as it came; whoever shows it makes it plain.
        assert!(purpose("a\u{202e}b<script>").is_ok());
        for bad in ["", "  ", "a\0b", "a\nb", "a\u{7f}b", &"x".repeat(MAX_PURPOSE + 1)] {
            assert_eq!(purpose(bad), Err(TaskError::Purpose), "{bad:?}");
        }
    }

    #[test]
    fn tools_are_few_patterns() {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(patterns(&list(&["crm/refund", "crm/*"])).map(|tools| tools.len()), Ok(2));
        let many = vec!["a/b".to_owned(); MAX_TOOLS + 1];
        let long: Vec<String> = (0..20).map(|number| format!("a/{number}{}", "b".repeat(300))).collect();
        for bad in [list(&[]), list(&["refund"]), list(&["crm/"]), list(&["a\0/b"]), many, long] {
            assert_eq!(patterns(&bad), Err(TaskError::Tools), "{bad:?}");
        }
    }
}

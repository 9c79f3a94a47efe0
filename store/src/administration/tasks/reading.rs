//! Tasks as they are read: one, and lists of them.

use super::{Task, TaskFilter};
use crate::Store;
use crate::administration::Writer;
use crate::db::{Dialect, Source, StoreError, json, now_micros, word};
use crate::schema::Tasks;
use policy::{SubjectId, TaskId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};

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

pub(super) const COLUMNS: [Tasks; 12] = [
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
pub(super) fn open(query: &mut SelectStatement, dialect: Dialect) {
    query
        .and_where(Expr::cust("\"state\" IN ('active', 'paused')"))
        .and_where(Expr::col(Tasks::ExpiresAt).gt(now_micros(dialect)));
}

pub(super) async fn find<S: Source>(source: &mut S, id: &TaskId) -> Result<Option<Task>, StoreError> {
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
}

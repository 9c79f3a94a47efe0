//! What the pages of tasks read from the server.

use super::query::TasksQuery;
use crate::drawn;
use crate::error::AppError;
use crate::moment::Moment;
use crate::pages::decisions::read::DecisionLine;
use serde::{Deserialize, Serialize};

/// A task as a row. Purpose and subject are hostile text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskLine {
    pub id: String,
    pub purpose: String,
    pub subject: String,
    pub tenant: String,
    /// "Active", "Paused", "Expired", "Completed", "Revoked".
    pub state: String,
    /// "2 of 5".
    pub used: String,
    /// "an agent for itself", "a platform", "a person".
    pub opened_by: String,
    pub opened: Moment,
    pub expires: Moment,
}

/// A page of them, the newest first, with the question it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskList {
    pub query: TasksQuery,
    pub lines: Vec<TaskLine>,
    pub next: Option<String>,
}

/// One task with some of its calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskView {
    pub line: TaskLine,
    pub actor: Option<String>,
    /// "crm/refund, crm/get_*".
    pub tools: String,
    pub active: bool,
    pub paused: bool,
    /// It can still be completed or revoked.
    pub open: bool,
    /// The newest first.
    pub calls: Vec<DecisionLine>,
    /// Behind which older ones begin.
    pub older: Option<String>,
}

#[cfg(feature = "ssr")]
pub async fn read_tasks(query: TasksQuery) -> Result<TaskList, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadTasks)?;
    let console = crate::console::Console::current()?;
    server::list(&console, &reach, query).await
}

drawn::unread!(read_tasks(TasksQuery) -> Result<TaskList, AppError>);

/// None: no such task, or not one that the reader may see. `older`: the decision behind which the calls begin; empty for
/// the newest.
#[cfg(feature = "ssr")]
pub async fn read_task(id: String, older: String) -> Result<Option<TaskView>, AppError> {
    let (_, reach) = crate::session::require_within(crate::permission::Permission::ReadTasks)?;
    let console = crate::console::Console::current()?;
    server::task(&console, &reach, id, older).await
}

drawn::unread!(read_task(String, String) -> Result<Option<TaskView>, AppError>);

#[cfg(feature = "ssr")]
mod server {
    use super::{TaskLine, TaskList, TaskView, TasksQuery};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::decisions::read::line as call;
    use crate::pages::form::read::{ROWS_AND_ONE, cut, refuse_zero};
    use policy::labels::{OpenedBy, TaskState};
    use policy::{DecisionId, Reach, SubjectId, TaskId, TenantSlug, Timestamp};
    use store::administration::{Task, TaskFilter};
    use store::decisions::{DecisionFilter, Edge, Page};

    /// Calls of one page.
    const CALLS: u32 = 50;

    pub(super) async fn list(
        console: &Console,
        reach: &Reach,
        query: TasksQuery,
    ) -> Result<TaskList, AppError> {
        refuse_zero([&query.tenant, &query.subject, &query.after])?;
        let tenant = query.tenant.as_deref().map(TenantSlug::from);
        let subject = query.subject.as_deref().map(SubjectId::from);
        let own: Option<Vec<TenantSlug>> = reach.tenants().map(|own| own.iter().cloned().collect());
        let filter = TaskFilter {
            tenant: tenant.as_ref(),
            tenants: own.as_deref(),
            subject: subject.as_ref(),
            state: query.state.as_deref().and_then(|word| word.parse().ok()),
            open: query.state.is_none(),
        };
        let after = query.after.as_deref();
        let mut found = console.store.list_tasks(&filter, after, ROWS_AND_ONE).await?;
        let next = cut(&mut found, |task: &Task| task.id.to_string());
        let now = console.now();
        Ok(TaskList { query, lines: found.iter().map(|task| line(task, now)).collect(), next })
    }

    pub(super) async fn task(
        console: &Console,
        reach: &Reach,
        id: String,
        older: String,
    ) -> Result<Option<TaskView>, AppError> {
        let older = Some(older).filter(|older| !older.is_empty());
        refuse_zero([&older])?;
        let store = &console.store;
        let found = store.get_task(&TaskId::new(id)).await?;
        let Some(task) = found.filter(|task| reach.holds(task.tenant.as_str())) else { return Ok(None) };
        let filter = DecisionFilter { task: Some(task.id.to_string()), ..DecisionFilter::default() };
        let edge = older.map_or(Edge::Newest, |id| Edge::OlderThan(DecisionId::new(id)));
        let calls = store.list_decisions(&filter, &Page { edge, limit: CALLS }).await?;
        let older = calls.rows.last().filter(|_| calls.has_older).map(|row| row.id.to_string());
        let now = console.now();
        let tools: Vec<String> = task.tools.iter().map(ToString::to_string).collect();
        Ok(Some(TaskView {
            line: line(&task, now),
            tools: tools.join(", "),
            active: task.state == TaskState::Active && now < task.expires_at,
            paused: task.state == TaskState::Paused && now < task.expires_at,
            open: task.is_open(now),
            calls: calls.rows.into_iter().map(|row| call(row, now)).collect(),
            older,
            actor: task.actor,
        }))
    }

    fn line(task: &Task, now: Timestamp) -> TaskLine {
        let state = match task.state {
            TaskState::Active | TaskState::Paused if task.expires_at <= now => "Expired",
            TaskState::Active => "Active",
            TaskState::Paused => "Paused",
            TaskState::Completed => "Completed",
            TaskState::Revoked => "Revoked",
        };
        let opened_by = match task.opened_by {
            OpenedBy::Agent => "an agent for itself",
            OpenedBy::Platform => "a platform",
            OpenedBy::Person => "a person",
        };
        TaskLine {
            id: task.id.to_string(),
            purpose: task.purpose.clone(),
            subject: task.subject.to_string(),
            tenant: task.tenant.to_string(),
            state: state.to_owned(),
            used: format!("{} of {}", task.used, task.budget),
            opened_by: opened_by.to_owned(),
            opened: Moment::new(task.opened_at, now),
            expires: Moment::new(task.expires_at, now),
        }
    }
}

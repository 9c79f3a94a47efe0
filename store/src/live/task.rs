//! The task that a call names, read in the live statement itself by its primary key. Of another subject than the caller
//! it is not found; whether it is of the right tenant, covers the call and is active is judged elsewhere.

use super::there;
use crate::db::{StoreError, json, word};
use crate::schema::{Subjects, Tasks};
use policy::task::TaskFacts;
use policy::{SubjectId, TaskId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, JoinType, SelectStatement};

/// Not selected where no task is named.
#[derive(sqlx::FromRow)]
pub(super) struct Columns {
    #[sqlx(default)]
    task_id: Option<String>,
    #[sqlx(default)]
    task_tenant: Option<String>,
    #[sqlx(default)]
    task_subject: Option<String>,
    #[sqlx(default)]
    task_actor: Option<String>,
    #[sqlx(default)]
    task_purpose: Option<String>,
    #[sqlx(default)]
    task_tools: Option<String>,
    #[sqlx(default)]
    task_budget: Option<i64>,
    #[sqlx(default)]
    task_used: Option<i64>,
    #[sqlx(default)]
    task_state: Option<String>,
    #[sqlx(default)]
    task_opened_by: Option<String>,
    #[sqlx(default)]
    task_expires_at: Option<i64>,
}

/// Adds the columns of the task with this `id`, where it is the subject's.
pub(super) fn add(select: &mut SelectStatement, id: Expr) {
    for (column, alias) in [
        (Tasks::Id, "task_id"),
        (Tasks::Tenant, "task_tenant"),
        (Tasks::Subject, "task_subject"),
        (Tasks::Actor, "task_actor"),
        (Tasks::Purpose, "task_purpose"),
        (Tasks::Tools, "task_tools"),
        (Tasks::Budget, "task_budget"),
        (Tasks::Used, "task_used"),
        (Tasks::State, "task_state"),
        (Tasks::OpenedBy, "task_opened_by"),
        (Tasks::ExpiresAt, "task_expires_at"),
    ] {
        select.expr_as(Expr::col(("tk", column)), alias);
    }
    let own = Expr::col(("tk", Tasks::Subject)).equals(("s", Subjects::Id));
    select.join_as(JoinType::LeftJoin, Tasks::Table, "tk", Expr::col(("tk", Tasks::Id)).eq(id).and(own));
}

impl Columns {
    pub(super) fn read(&self) -> Result<Option<TaskFacts>, StoreError> {
        let Some(id) = &self.task_id else {
            return Ok(None);
        };
        let text = |value: &Option<String>, what: &str| there(value.clone(), what);
        Ok(Some(TaskFacts {
            id: TaskId::new(id.as_str()),
            tenant: TenantSlug::new(text(&self.task_tenant, "tasks.tenant")?),
            subject: SubjectId::new(text(&self.task_subject, "tasks.subject")?),
            actor: self.task_actor.clone(),
            purpose: text(&self.task_purpose, "tasks.purpose")?,
            tools: json(&text(&self.task_tools, "tasks.tools")?, "tasks.tools")?,
            budget: there(self.task_budget, "tasks.budget")?,
            used: there(self.task_used, "tasks.used")?,
            state: word(&text(&self.task_state, "tasks.state")?, "tasks.state")?,
            opened_by: word(&text(&self.task_opened_by, "tasks.opened_by")?, "tasks.opened_by")?,
            expires_at: Timestamp::from_micros(there(self.task_expires_at, "tasks.expires_at")?),
        }))
    }
}

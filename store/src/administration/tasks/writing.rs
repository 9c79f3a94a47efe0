//! How tasks are opened, and how their state changes.

use super::reading::{COLUMNS, find, open};
use super::{MAX_BUDGET, MAX_LIFE, MAX_TOOLS, MAX_TOOLS_TEXT, MOST_OPEN, NewTask, Task, TaskError};
use crate::administration::writer::About;
use crate::administration::{WriteError, Writer, name, slug};
use crate::counting::count;
use crate::db::{StoreError, new_id, to_json};
use crate::schema::Tasks;
use policy::TaskId;
use policy::labels::{OpenedBy, TaskState};
use policy::pattern::Pattern;
use policy::task::MAX_PURPOSE;
use sea_query::{Expr, ExprTrait, Query};

impl Writer {
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
        slug("tenant", new.tenant.as_str())?;
        name("subject", new.subject.as_str())?;
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
        let mut tasks = Query::select();
        tasks
            .from(Tasks::Table)
            .and_where(Expr::col(Tasks::Tenant).eq(new.tenant.as_str()))
            .and_where(Expr::col(Tasks::Subject).eq(new.subject.as_str()))
            .and_where(Expr::col(Tasks::OpenedBy).eq(OpenedBy::Agent.as_str()));
        open(&mut tasks, self.tx.dialect());
        count(&mut self.tx, tasks).await
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

//! `/api/v1/tasks`: opened by agents for themselves, by platforms for their subjects, and by administrators; and whatever
//! becomes of them after that. The next call reads it.

use super::ApiState;
use super::answer::created;
use super::caller::Caller;
use super::paging::{Listed, Place};
use super::problem::Problem;
use super::reading::{Asked, Given, Segments, known_id, known_slug};
use super::route::{Route, Verb};
use super::task_shapes::{TaskToOpen, TaskView, TasksQuery};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::on;
use policy::labels::{OpenedBy, TaskState};
use policy::scope::AdminScope;
use policy::{SubjectId, TaskId, TenantSlug};
use store::administration::{NewTask, Task, TaskFilter};

const TASKS: &str = "/api/v1/tasks";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Get, TASKS, AdminScope::Read, "List tasks, newest first", |m| on(m, list))
        .asks::<TasksQuery>()
        .lists::<TaskView>()
        .for_callers(),
    Route::new(Verb::Post, TASKS, AdminScope::Tasks, "Open a task", |m| on(m, open))
        .takes::<TaskToOpen>()
        .creates::<TaskView>()
        .for_callers(),
    Route::new(Verb::Get, "/api/v1/tasks/{id}", AdminScope::Read, "Get a task", |m| on(m, get))
        .gives::<TaskView>()
        .for_callers(),
    Route::new(Verb::Post, "/api/v1/tasks/{id}/pause", AdminScope::Tasks, "Pause a task", |m| on(m, pause))
        .gives::<TaskView>()
        .for_callers(),
    Route::new(Verb::Post, "/api/v1/tasks/{id}/resume", AdminScope::Tasks, "Resume a paused task", |m| {
        on(m, resume)
    })
    .gives::<TaskView>()
    .for_callers(),
    Route::new(Verb::Post, "/api/v1/tasks/{id}/complete", AdminScope::Tasks, "Complete a task", |m| {
        on(m, complete)
    })
    .gives::<TaskView>()
    .for_callers(),
    Route::new(Verb::Post, "/api/v1/tasks/{id}/revoke", AdminScope::Tasks, "Revoke a task", |m| {
        on(m, revoke)
    })
    .gives::<TaskView>()
    .for_callers(),
];

/// The tenant that is meant: the one that is named, or the only one it can be.
fn tenant_of(caller: &Caller, named: Option<TenantSlug>) -> Result<TenantSlug, Problem> {
    let only = match caller {
        Caller::Administrator(administrator) => administrator.tenant(),
        Caller::Platform { tenant, .. } => tenant.as_ref(),
        Caller::Own { tenants, .. } => match tenants.as_slice() {
            [only] => Some(only),
            _ => None,
        },
    };
    named
        .or_else(|| only.cloned())
        .ok_or_else(|| Problem::invalid("tenant", "must be given: it could be several"))
}

/// On whose behalf: a caller's own, and nobody else's.
fn subject_of(caller: &Caller, named: Option<SubjectId>) -> Result<SubjectId, Problem> {
    match (caller, named) {
        (Caller::Own { subject, .. }, None) => Ok(subject.clone()),
        (_, Some(named)) => Ok(named),
        (_, None) => Err(Problem::invalid("subject", "must be given")),
    }
}

fn not_yours(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "not_yours", detail)
}

async fn open(
    State(state): State<ApiState>,
    caller: Caller,
    Given(new): Given<TaskToOpen>,
) -> Result<Response, Problem> {
    let tenant = tenant_of(&caller, new.tenant.clone())?;
    let subject = subject_of(&caller, new.subject.clone())?;
    if !caller.sees(&tenant, &subject) {
        return Err(match &caller {
            Caller::Administrator(_) => Problem::of_another_tenant(),
            Caller::Platform { .. } => not_yours("this enforcement key is of another tenant"),
            Caller::Own { .. } => not_yours("a caller opens tasks for itself, where it is a member"),
        });
    }
    let opened_by = match &caller {
        Caller::Administrator(_) => OpenedBy::Person,
        Caller::Platform { .. } => OpenedBy::Platform,
        Caller::Own { .. } => OpenedBy::Agent,
    };
    let mut writer = state.store.write(caller.actor()).await?;
    let expires_at = new.end(writer.now())?;
    let new = NewTask {
        tenant: &tenant,
        subject: &subject,
        actor: new.actor.as_deref(),
        purpose: &new.purpose,
        tools: &new.tools,
        budget: new.budget,
        expires_at,
        opened_by,
    };
    let task = writer.open_task(&new).await?;
    writer.commit().await?;
    Ok(created(&format!("{TASKS}/{}", task.id), &TaskView::from(task)))
}

async fn list(
    State(state): State<ApiState>,
    caller: Caller,
    Asked(query): Asked<TasksQuery>,
) -> Result<Json<Listed<TaskView>>, Problem> {
    let place = Place::new(None, query.after.as_deref(), query.limit)?;
    let named = match query.tenant.as_deref() {
        Some(slug) => Some(TenantSlug::from(known_slug("tenant", slug)?)),
        None => None,
    };
    let subject = match query.subject.as_deref() {
        Some(id) => Some(SubjectId::from(known_id("subject", id)?)),
        None => None,
    };
    let state_of = |text: &str| {
        text.parse::<TaskState>().map_err(|error| Problem::malformed(format!("`state`: {error}")))
    };
    let wanted = query.state.as_deref().map(state_of).transpose()?;
    // What is not the caller's is not there.
    let (tenants, subject) = match &caller {
        Caller::Administrator(administrator) => {
            let tenant = administrator.narrowed(query.tenant.as_deref())?;
            (tenant.map(|tenant| vec![tenant]), subject)
        }
        Caller::Platform { tenant, .. } => (tenant.clone().map(|tenant| vec![tenant]), subject),
        Caller::Own { subject: own, tenants, .. } => {
            let others = subject.is_some_and(|subject| subject != *own);
            (Some(if others { Vec::new() } else { tenants.clone() }), Some(own.clone()))
        }
    };
    let filter = TaskFilter {
        tenant: named.as_ref(),
        tenants: tenants.as_deref(),
        subject: subject.as_ref(),
        state: wanted,
        open: false,
    };
    let found = state.store.list_tasks(&filter, place.after(), u64::from(place.limit()) + 1).await?;
    Ok(place.list(found, |task| task.id.to_string()))
}

async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<TaskView>, Problem> {
    let id = TaskId::from(known_id("task", &id)?);
    let task = state.store.get_task(&id).await?.filter(|task| caller.sees(&task.tenant, &task.subject));
    task.map(|task| Json(task.into())).ok_or_else(|| Problem::not_found("task"))
}

async fn pause(
    State(state): State<ApiState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<TaskView>, Problem> {
    change(&state, &caller, &id, TaskState::Paused).await
}

async fn resume(
    State(state): State<ApiState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<TaskView>, Problem> {
    change(&state, &caller, &id, TaskState::Active).await
}

async fn complete(
    State(state): State<ApiState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<TaskView>, Problem> {
    change(&state, &caller, &id, TaskState::Completed).await
}

async fn revoke(
    State(state): State<ApiState>,
    caller: Caller,
    Segments(id): Segments<String>,
) -> Result<Json<TaskView>, Problem> {
    change(&state, &caller, &id, TaskState::Revoked).await
}

async fn change(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    wanted: TaskState,
) -> Result<Json<TaskView>, Problem> {
    let id = TaskId::from(known_id("task", id)?);
    let mut writer = state.store.write(caller.actor()).await?;
    let task: Option<Task> = writer.get_task(&id).await?;
    if !task.is_some_and(|task| caller.sees(&task.tenant, &task.subject)) {
        return Err(Problem::not_found("task"));
    }
    // What others paused, the paused one must not resume.
    if matches!(caller, Caller::Own { .. }) && wanted != TaskState::Completed {
        return Err(not_yours("a caller may complete its own task, and nothing else"));
    }
    let task = writer.set_task_state(&id, wanted).await?;
    writer.commit().await?;
    Ok(Json(task.into()))
}

//! The server's side of the forms of one task.

use super::one::page_of;
use crate::console::Console;
use crate::error::AppError;
use crate::pages::form::answer::{Done, Draft, Saved};
use crate::pages::form::place::Ask;
use crate::pages::form::problem::{Fault, Problem};
use crate::pages::form::respond::{Refusal, actor, respond, saved};
use crate::session::SignedIn;
use policy::TaskId;
use policy::labels::TaskState;
use store::WriteError;

pub(super) async fn set(
    console: &Console,
    signed_in: &SignedIn,
    id: &str,
    state: &str,
) -> Result<(), AppError> {
    let page = page_of(id);
    // What is for good is asked about.
    let ask = match state.parse() {
        Ok(TaskState::Completed) => Some(Ask::Complete),
        Ok(TaskState::Revoked) => Some(Ask::Revoke),
        _ => None,
    };
    let (back, draft) = match ask {
        Some(ask) => (page.clone().asking(ask), Draft::new(ask.as_str(), [])),
        None => (page.clone(), Draft::default()),
    };
    respond(turn(console, signed_in, id, state).await.map(|saved| (page, saved)), &back, draft)
}

async fn turn(console: &Console, signed_in: &SignedIn, id: &str, state: &str) -> Result<Saved, Refusal> {
    let (state, done) = match state.parse() {
        Ok(TaskState::Active) => (TaskState::Active, Done::TaskResumed),
        Ok(TaskState::Paused) => (TaskState::Paused, Done::TaskPaused),
        Ok(TaskState::Completed) => (TaskState::Completed, Done::TaskCompleted),
        Ok(TaskState::Revoked) => (TaskState::Revoked, Done::TaskRevoked),
        _ => return Err(Problem::of_form(Fault::Gone).into()),
    };
    let (id, reach) = (TaskId::new(id), signed_in.reach());
    // A task stays in its tenant, so it does not matter when that is looked at.
    let found = console.store.get_task(&id).await?;
    if found.is_some_and(|task| !reach.holds(task.tenant.as_str())) {
        // Answered as one that there is not.
        return Err(WriteError::Unknown { kind: "task", name: id.to_string() }.into());
    }
    let mut writer = console.store.write(actor(signed_in)).await?;
    writer.set_task_state(&id, state).await?;
    Ok(saved(done, &writer.commit().await?))
}

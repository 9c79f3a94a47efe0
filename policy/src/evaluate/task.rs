//! The task that a call names. It can deny and does nothing else: what it is for, rules must allow all the same.

use super::EvaluationRequest;
use super::values::{map_of, moment, text};
use super::words::short;
use crate::call::{Call, TOOLS_CALL};
use crate::compile::{CompiledServer, CompiledTool};
use crate::decision::Decision;
use crate::facts::Facts;
use crate::ids::TenantSlug;
use crate::labels::{Effect, OpenedBy, TaskNeed, TaskState};
use crate::reason::Reason;
use crate::task::TaskFacts;
use cel::Value as Cel;
use serde_json::Value;

/// Who acts for the subject: by the id of a registered subject. None where nobody does.
fn actor(facts: &Facts) -> Option<&str> {
    facts.actor.as_ref().and_then(|actor| actor.subject()).map(|subject| subject.id.as_str())
}

/// Whether the task is the caller's own: of its tenant, its subject, and whoever acts for it.
fn is_own(task: &TaskFacts, request: &EvaluationRequest<'_>, tenant: &TenantSlug) -> bool {
    let subject = request.facts.identity.subject().map(|subject| &subject.id);
    task.tenant == *tenant
        && Some(&task.subject) == subject
        && (task.actor.is_none() || task.actor.as_deref() == actor(request.facts))
}

/// Whether the task that the call names, if any, covers it in this tenant. `tool`: the one that is called; None for a
/// method of a server as a whole, which takes nothing from the budget.
pub(super) fn check(
    request: &EvaluationRequest<'_>,
    tenant: &TenantSlug,
    tool: Option<(&CompiledServer, &CompiledTool)>,
) -> Result<(), Decision> {
    let named = match request.call.context.get("task") {
        None | Some(Value::Null) => {
            return match tool {
                Some((server, tool)) if tool.source.task == TaskNeed::Required => {
                    let name = short(&tool.source.name);
                    let why = format!("tool `{}/{name}` asks for a task, and none was named", server.slug);
                    Err(Decision::deny(Reason::TaskRequired, why))
                }
                _ => Ok(()),
            };
        }
        Some(named) => named.as_str().unwrap_or_default(),
    };
    // One answer for a task of others and for none, so that nobody learns which there are.
    let Some(task) =
        request.facts.task.as_ref().filter(|task| task.id.as_str() == named && is_own(task, request, tenant))
    else {
        return Err(Decision::deny(
            Reason::TaskOutOfScope,
            format!("`{}` is no task of the caller in tenant `{tenant}`, or another agent's", short(named)),
        ));
    };
    let id = &task.id;
    if task.state != TaskState::Active {
        return Err(Decision::deny(Reason::TaskInactive, format!("task `{id}` is {}", task.state)));
    }
    if task.expires_at <= request.facts.now {
        let end = task.expires_at;
        return Err(Decision::deny(Reason::TaskInactive, format!("task `{id}` expired {end}")));
    }
    let Some((server, tool)) = tool else { return Ok(()) };
    let name = &tool.source.name;
    if !task.tools.iter().any(|pattern| pattern.matches(server.slug.as_str(), name)) {
        return Err(Decision::deny(
            Reason::TaskOutOfScope,
            format!("task `{id}` is not for tool `{}/{}`", server.slug, short(name)),
        ));
    }
    if task.used >= task.budget {
        return Err(Decision::deny(
            Reason::TaskBudgetSpent,
            format!("all {} calls of task `{id}` are spent", task.budget),
        ));
    }
    Ok(())
}

/// The task of which this decision takes one call: those that are denied take nothing.
pub fn spends<'a>(facts: &'a Facts, call: &Call, decision: &Decision) -> Option<&'a TaskFacts> {
    let calls = call.action == TOOLS_CALL && call.resource.kind == "tool";
    let names = call.context.get("task").is_some_and(|named| !named.is_null());
    facts.task.as_ref().filter(|_| decision.is_allow() && calls && names)
}

/// The variable `task`: null where the call names none. What an agent wrote about itself is no ground to allow anything:
/// then an allow rule does not see the purpose, and a condition that reads it is unknown.
pub(super) fn variable(facts: &Facts, effect: Effect) -> Cel {
    let Some(task) = &facts.task else { return Cel::Null };
    let known = [
        ("id", text(task.id.as_str())),
        ("opened_by", text(task.opened_by.as_str())),
        ("budget", Cel::Int(task.budget)),
        ("used", Cel::Int(task.used)),
        ("expires_at", moment(task.expires_at.micros())),
    ];
    let hidden = effect == Effect::Allow && task.opened_by == OpenedBy::Agent;
    let purpose = (!hidden).then(|| ("purpose", text(&task.purpose)));
    map_of(known.into_iter().chain(purpose).map(|(key, value)| (key.to_owned(), value)))
}

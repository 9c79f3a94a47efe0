//! How tasks look over the API.

use super::problem::Problem;
use policy::labels::{OpenedBy, TaskState};
use policy::pattern::Pattern;
use policy::rule::duration_seconds;
use policy::{SubjectId, TaskId, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};
use store::administration::Task;
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct TasksQuery {
    pub(super) tenant: Option<String>,
    pub(super) subject: Option<String>,
    /// `active`, `paused`, `completed` or `revoked`.
    pub(super) state: Option<String>,
    /// `next` of the page before.
    pub(super) after: Option<String>,
    /// At most so many: 50 unless said, never more than 200.
    pub(super) limit: Option<u32>,
}

/// A task to be opened.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TaskToOpen {
    /// A caller that belongs to one tenant alone, and an enforcement key of one, may leave it out.
    #[schema(value_type = Option<String>)]
    pub(super) tenant: Option<TenantSlug>,
    /// On whose behalf calls are made. A caller opens for itself and may leave it out.
    #[schema(value_type = Option<String>)]
    pub(super) subject: Option<SubjectId>,
    /// The agent that acts: then calls must name it.
    pub(super) actor: Option<String>,
    /// At most 500 characters.
    pub(super) purpose: String,
    /// Patterns `server/name`.
    pub(super) tools: Vec<String>,
    /// How many calls may be allowed.
    pub(super) budget: i64,
    /// Such as `30m` or `8h`; at most 31 days. Instead of `expires_at`.
    pub(super) expires_in: Option<String>,
    #[schema(value_type = Option<String>)]
    pub(super) expires_at: Option<Timestamp>,
}

impl TaskToOpen {
    /// When it is to expire.
    ///
    /// # Errors
    /// When that is said twice, not at all, or not understandably.
    pub(super) fn end(&self, now: Timestamp) -> Result<Timestamp, Problem> {
        match (&self.expires_in, self.expires_at) {
            (None, Some(moment)) => Ok(moment),
            (Some(text), None) => {
                let seconds = duration_seconds(text).and_then(|seconds| i64::try_from(seconds).ok());
                let unread = || Problem::invalid("expires_in", "must be such as 30m or 8h");
                let seconds = seconds.ok_or_else(unread)?;
                Ok(now.saturating_add_micros(seconds.saturating_mul(1_000_000)))
            }
            _ => Err(Problem::invalid("expires_in", "or `expires_at` must be given, and one of them alone")),
        }
    }
}

/// A task as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskView {
    #[schema(value_type = String)]
    id: TaskId,
    #[schema(value_type = String)]
    tenant: TenantSlug,
    #[schema(value_type = String)]
    subject: SubjectId,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    purpose: String,
    #[schema(value_type = Vec<String>)]
    tools: Vec<Pattern>,
    budget: i64,
    /// How many calls were allowed under it.
    used: i64,
    /// `active`, `paused`, `completed` or `revoked`.
    #[schema(value_type = String)]
    state: TaskState,
    /// `agent`, `platform` or `person`.
    #[schema(value_type = String)]
    opened_by: OpenedBy,
    #[schema(value_type = String)]
    opened_at: Timestamp,
    #[schema(value_type = String)]
    expires_at: Timestamp,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            tenant: task.tenant,
            subject: task.subject,
            actor: task.actor,
            purpose: task.purpose,
            tools: task.tools,
            budget: task.budget,
            used: task.used,
            state: task.state,
            opened_by: task.opened_by,
            opened_at: task.opened_at,
            expires_at: task.expires_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_end_is_said_once() {
        let now = Timestamp::from_micros(0);
        let end = |more: serde_json::Value| {
            let mut body = json!({"purpose": "p", "tools": ["crm/*"], "budget": 1});
            let members = body.as_object_mut().expect("an object");
            members.extend(more.as_object().expect("an object").clone());
            serde_json::from_value::<TaskToOpen>(body).expect("reads").end(now).ok()
        };
        assert_eq!(end(json!({"expires_in": "2s"})), Some(Timestamp::from_micros(2_000_000)));
        let moment = Timestamp::from_micros(3_000_000);
        assert_eq!(end(json!({"expires_at": "1970-01-01T00:00:03Z"})), Some(moment));
        for bad in [
            json!({}),
            json!({"expires_in": "soon"}),
            json!({"expires_in": "-1h"}),
            json!({"expires_in": "1h", "expires_at": "1970-01-01T00:00:03Z"}),
        ] {
            assert_eq!(end(bad.clone()), None, "{bad}");
        }
    }
}

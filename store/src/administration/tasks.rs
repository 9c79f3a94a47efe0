//! Tasks: opened for a subject in a tenant, paused, resumed, completed and revoked. The next call reads them.
//!
//! How much of a budget is used is written where decisions are recorded, and nowhere here.

mod reading;
mod writing;

use policy::labels::{OpenedBy, TaskState};
use policy::pattern::Pattern;
use policy::task::MAX_PURPOSE;
use policy::{SubjectId, TaskId, TenantSlug, Timestamp};
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

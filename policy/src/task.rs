//! What an agent is doing now, as a call's facts have it.

use crate::ids::{SubjectId, TaskId, TenantSlug};
use crate::labels::{OpenedBy, TaskState};
use crate::pattern::Pattern;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// The longest purpose, in characters.
pub const MAX_PURPOSE: usize = 500;

/// A task of the caller as it stands now. It narrows what rules allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFacts {
    pub id: TaskId,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    /// None: whoever acts for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Whoever opened the task wrote it: hostile text.
    pub purpose: String,
    /// It is for tools that one of these matches.
    pub tools: Vec<Pattern>,
    /// How many calls of tools may be allowed under it.
    pub budget: i64,
    /// How many were.
    pub used: i64,
    pub state: TaskState,
    pub opened_by: OpenedBy,
    /// From here on it allows nothing.
    pub expires_at: Timestamp,
}

//! What of a call is left open while it is asked whether it could be allowed.

use super::Thing;

/// What is not known yet. Nothing that speaks about it is judged: it is told as a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    arguments: bool,
    call: bool,
    subject: bool,
}

impl Open {
    pub(crate) const NOTHING: Self = Self { arguments: false, call: false, subject: false };
    /// A tool's arguments, and so what they name.
    pub const ARGUMENTS: Self = Self { arguments: true, ..Self::NOTHING };
    /// All that comes with a call beside the caller and the tool: also its context, token, agent and task.
    pub const CALL: Self = Self { call: true, ..Self::ARGUMENTS };
    /// The caller as well: only the roles are known.
    pub const CALLER: Self = Self { subject: true, ..Self::CALL };

    /// Whether a variable of conditions is left open.
    pub(crate) fn holds(self, variable: &str) -> bool {
        match variable {
            "args" | "bound" => self.arguments,
            "actor" | "context" | "task" | "token" => self.call,
            "subject" => self.subject,
            _ => false,
        }
    }

    /// What has no arguments leaves none open.
    pub(super) fn about(self, thing: Thing<'_>) -> Self {
        match thing {
            Thing::Tool { .. } => self,
            Thing::Resource { .. } => Self { arguments: false, ..self },
        }
    }
}

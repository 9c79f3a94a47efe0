//! What of a call is left open while it is asked whether it could be allowed.

use super::Thing;

/// What is not known yet. Nothing that speaks about it is judged: it is told as a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    arguments: bool,
    call: bool,
    actor: bool,
    subject: bool,
}

impl Open {
    pub(crate) const NOTHING: Self = Self { arguments: false, call: false, actor: false, subject: false };
    /// A tool's arguments, and so what they name.
    pub const ARGUMENTS: Self = Self { arguments: true, ..Self::NOTHING };
    /// All that comes with a call beside the caller, who acts and the tool: also its context, token and task.
    pub const PAIR: Self = Self { call: true, ..Self::ARGUMENTS };
    /// The same, and who acts.
    pub const CALL: Self = Self { actor: true, ..Self::PAIR };
    /// The caller as well: only the roles are known.
    pub const CALLER: Self = Self { subject: true, ..Self::CALL };

    /// Whether a variable of conditions is left open.
    pub(crate) fn holds(self, variable: &str) -> bool {
        match variable {
            "args" | "bound" => self.arguments,
            "context" | "task" | "token" => self.call,
            "actor" => self.actor,
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

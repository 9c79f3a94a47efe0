//! Why a mapping is refused, and why an accepted one cannot be resolved for a call.

use super::{MAX_BYTES, MAX_EVALUATIONS, MAX_EXPRESSIONS};
use crate::binding::BindingError;
use crate::compile::ConditionError;

/// Why a declared mapping cannot be accepted. Places are JSON Pointers into the mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    #[error("the mapping is larger than {MAX_BYTES} bytes")]
    TooLarge,
    #[error("the mapping holds more than {MAX_EXPRESSIONS} expressions")]
    TooManyExpressions,
    #[error("the mapping is neither one `evaluation` nor one `evaluations`")]
    Envelope,
    #[error("`evaluations` holds none, or more than {MAX_EVALUATIONS}")]
    Count,
    #[error("the mapping at `{0}` is not an object")]
    NotAnObject(String),
    #[error("the mapping lacks `{0}`")]
    Missing(String),
    #[error("the mapping's member `{0}` is not supported")]
    Unknown(String),
    #[error("`subject` in `{0}` is not allowed; one subject stands for all evaluations")]
    SubjectOfEntry(String),
    #[error("the mapping names another subject than the caller; `subject.id` can only be `$token.sub`")]
    Subject,
    #[error("`{0}` is not a text")]
    NotText(String),
    #[error("`{0}` must be written out; only the id of a resource may be an expression")]
    NotWrittenOut(String),
    #[error("`{0}` is nested too deeply")]
    TooDeep(String),
    #[error("`{0}` means something else in a decision, and a server cannot set it")]
    Reserved(String),
    #[error("`{0}` is empty, longer than 512 bytes, or holds control characters")]
    Action(String),
    #[error("`{at}`: {why}")]
    Resource { at: String, why: BindingError },
    #[error("the expression at `{at}` {why}")]
    Expression { at: String, why: ConditionError },
    #[error("the expression at `{at}` speaks about `{name}`, which is neither params nor token")]
    Variable { at: String, name: String },
    #[error("the mapping reads the argument `{0}`, which the tool does not take")]
    UnknownArgument(String),
}

/// Why a mapping comes to nothing for one call. Never repeats a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingProblem {
    /// A JSON Pointer into the mapping.
    pub at: String,
    pub why: &'static str,
}

impl MappingProblem {
    pub(super) fn new(at: &str, why: &'static str) -> Self {
        Self { at: at.to_owned(), why }
    }
}

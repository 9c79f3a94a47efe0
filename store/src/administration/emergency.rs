//! What stop switches and break-glass grants have in common: why one of them is refused, and what a reason is.

use super::WriteError;

/// The longest reason, in characters.
pub const MAX_REASON: usize = 500;

/// Why an emergency measure was not taken. The texts are for the person who asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmergencyError {
    #[error("a reason is needed")]
    NoReason,
    #[error("the reason must not be longer than {MAX_REASON} characters")]
    LongReason,
    #[error("control characters are not allowed here")]
    Control,
    #[error("{0}")]
    Scope(&'static str),
    #[error("this subject is a person; stop it as a subject")]
    NotAnAgent,
    #[error(
        "the tools must be `server/tool`, or `server/*` for all of a server, with the server named exactly"
    )]
    Tools,
    #[error("it may last from 1 to 15 minutes")]
    Minutes,
    #[error("only an active owner may do this")]
    NotAnOwner,
    #[error("another person who is an owner must confirm it")]
    SecondPerson,
    #[error(
        "it was asked for more than 15 minutes ago or by who is no active owner any longer, is confirmed already, or was taken back"
    )]
    Over,
}

/// The reason as it is kept.
pub(super) fn reason(given: &str) -> Result<String, WriteError> {
    let reason = given.trim();
    if reason.is_empty() {
        return Err(EmergencyError::NoReason.into());
    }
    if reason.chars().count() > MAX_REASON {
        return Err(EmergencyError::LongReason.into());
    }
    named(reason)?;
    Ok(reason.to_owned())
}

/// Text that is looked up or kept: Postgres takes no U+0000, and a sentence no line breaks.
pub(super) fn named(given: &str) -> Result<(), WriteError> {
    if given.chars().any(char::is_control) { Err(EmergencyError::Control.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_needed_and_is_one_line() {
        assert!(matches!(reason("  it runs wild "), Ok(kept) if kept == "it runs wild"));
        for bad in ["", " \t ", "a\0b", "a\nb", &"x".repeat(MAX_REASON + 1)] {
            assert!(matches!(reason(bad), Err(WriteError::Emergency(_))), "{bad:?}");
        }
    }
}

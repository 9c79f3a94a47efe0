//! New-typed ids: a tenant is never passed where a server is meant.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; who creates the thing checks the form (see [`check_slug`], [`check_id`]).
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// A tenant's slug: the boundary nothing crosses.
    TenantSlug
}
id! {
    /// A registered MCP server's slug.
    ServerSlug
}
id! {
    /// A Countersign subject id, unique over all tenants.
    SubjectId
}
id! {
    /// A rule (UUIDv7).
    RuleId
}
id! {
    /// A tool of a server's catalog (UUIDv7).
    ToolId
}
id! {
    /// An enforcement credential (UUIDv7).
    CredentialId
}
id! {
    /// One recorded decision (UUIDv7).
    DecisionId
}
id! {
    /// A task (UUIDv7).
    TaskId
}
id! {
    /// A request for approval (UUIDv7).
    ApprovalId
}

/// Why an id or a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("must not be empty")]
    Empty,
    #[error("must not be longer than {0} characters")]
    TooLong(usize),
    #[error("must be lower-case letters, digits and hyphens, starting with a letter or digit")]
    Slug,
    #[error("is reserved")]
    Reserved,
    #[error("is reserved: it stands for whoever a token belongs to")]
    ReservedWhoever,
    #[error("must not hold control characters")]
    Control,
}

/// Slugs of tenants and servers: `[a-z0-9][a-z0-9-]*`, at most 63 characters, never `new`.
///
/// # Errors
/// Says which of these the text breaks.
pub fn check_slug(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > 63 {
        return Err(NameError::TooLong(63));
    }
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if text.starts_with('-') || !text.bytes().all(allowed) {
        return Err(NameError::Slug);
    }
    if text == "new" { Err(NameError::Reserved) } else { Ok(()) }
}

/// Ids and names that people give (subjects, roles, rules, keys): 1 to 200 characters, none of them a
/// control character, and never `new`.
///
/// # Errors
/// Says which of these the text breaks.
pub fn check_id(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > 200 {
        return Err(NameError::TooLong(200));
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    if text == "new" { Err(NameError::Reserved) } else { Ok(()) }
}

/// The subject id with which a PEP says "whoever the token belongs to".
pub const WHOEVER: &str = "self";

/// Subject ids: as [`check_id`], and never [`WHOEVER`].
///
/// # Errors
/// Says which of these the text breaks.
pub fn check_subject_id(text: &str) -> Result<(), NameError> {
    if text == WHOEVER { Err(NameError::ReservedWhoever) } else { check_id(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_narrow() {
        for good in ["a", "crm", "0-day", "a-b-c"] {
            assert_eq!(check_slug(good), Ok(()), "{good}");
        }
        for bad in ["", "new", "-a", "A", "a b", "a/b", "ä", "a_b", &"x".repeat(64)] {
            assert!(check_slug(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ids_hold_no_control_characters() {
        assert_eq!(check_id("alice@example.org"), Ok(()));
        for bad in ["", "a\0b", "a\nb", "a\u{7f}b", "new"] {
            assert!(check_id(bad).is_err(), "{bad:?}");
        }
    }
}

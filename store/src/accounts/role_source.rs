//! Whether an administrator gave a role, or a provider tells of it, or told of it once.

use serde::Serialize;
use std::str::FromStr;

/// Where the role of an account comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleSource {
    /// An administrator gave it; it stays until one takes it.
    Given,
    /// A provider told of it. It counts within the sign-in that proved it, and nowhere else.
    Mapped,
    /// A provider told of it once, and its last word gives none: it counts nowhere.
    Lapsed,
}

impl RoleSource {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Mapped => "mapped",
            Self::Lapsed => "lapsed",
        }
    }
}

/// A word that names no source of roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not one of given, mapped, lapsed")]
pub struct RoleSourceError;

impl FromStr for RoleSource {
    type Err = RoleSourceError;

    fn from_str(text: &str) -> Result<Self, RoleSourceError> {
        match text {
            "given" => Ok(Self::Given),
            "mapped" => Ok(Self::Mapped),
            "lapsed" => Ok(Self::Lapsed),
            _ => Err(RoleSourceError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_read_back() {
        for source in [RoleSource::Given, RoleSource::Mapped, RoleSource::Lapsed] {
            assert_eq!(source.as_str().parse::<RoleSource>(), Ok(source));
        }
        assert_eq!("".parse::<RoleSource>(), Err(RoleSourceError));
    }
}

//! Who is signed in, as far as pages may know: vocabulary, never a secret.

use crate::permission::ConsoleRole;
use leptos::context::use_context;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How the console looks, kept in the cookie `theme` so that the server draws it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// A word that names no theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of system, light, dark")]
pub struct ThemeError;

impl Theme {
    pub const ALL: &'static [Self] = &[Self::System, Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The value of `data-theme`; none where the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light | Self::Dark => Some(self.as_str()),
        }
    }
}

impl FromStr for Theme {
    type Err = ThemeError;

    fn from_str(text: &str) -> Result<Self, ThemeError> {
        Self::ALL.iter().copied().find(|theme| theme.as_str() == text).ok_or(ThemeError)
    }
}

/// The account behind a request. The server puts it into the context; the browser gets it with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub account_id: String,
    pub login: String,
    pub name: String,
    pub role: ConsoleRole,
    /// The session's opaque public id, as the list of sessions shows it; never the cookie's secret.
    pub session: String,
    pub theme: Theme,
}

/// Who is signed in, if anyone.
pub fn current() -> Option<SignedIn> {
    use_context::<SignedIn>()
}

/// The first line of every server function: who calls, and that they may.
///
/// # Errors
/// When nobody is signed in, or the role does not do.
#[cfg(feature = "ssr")]
pub fn require(permission: crate::permission::Permission) -> Result<SignedIn, crate::error::AppError> {
    let signed_in = current().ok_or_else(crate::error::AppError::sign_in_required)?;
    if signed_in.role.may(permission) { Ok(signed_in) } else { Err(crate::error::AppError::forbidden()) }
}

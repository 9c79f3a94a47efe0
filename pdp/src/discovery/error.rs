//! What can go wrong while a server is asked for its tools, told to the person who asked.

use super::Limits;
use crate::address_guard::AddressError;
use std::time::Duration;

/// The longest text of a server's that an error repeats.
const LONGEST: usize = 200;

/// Why a server's tools could not be found. No text of the server's own in here is longer than 200 characters,
/// and none holds control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("cannot reach {url}: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} answered HTTP {status}{said}")]
    Status {
        url: String,
        status: u16,
        /// Empty, or `: ` and how the answer begins.
        said: String,
    },
    #[error("{url} asks for a credential (HTTP {status}); servers that do cannot be discovered yet")]
    Credential { url: String, status: u16 },
    #[error("{url} redirects to `{location}` (HTTP {status}); redirects are not followed")]
    Redirect { url: String, status: u16, location: String },
    #[error("{url} is not an MCP server: {reason}")]
    NotMcp { url: String, reason: String },
    #[error("{url} speaks none of our protocol versions, but {offered}")]
    NoCommonVersion { url: String, offered: String },
    #[error("the server answered with error {code}: {message}")]
    Answered { code: i32, message: String },
    #[error("an answer of the server is larger than {limit} bytes")]
    ResponseTooLarge { limit: usize },
    #[error("the server lists its tools on more than {limit} pages")]
    TooManyPages { limit: usize },
    #[error("the server lists more than {limit} tools")]
    TooManyTools { limit: usize },
    #[error("the server's list of tools runs in a circle: page {page} leads back to one seen before")]
    CursorRepeats { page: usize },
    #[error("the server lists tool `{name}` twice")]
    ToolTwice { name: String },
    #[error("tool {position} of the server's list {reason}")]
    NotATool {
        /// From 1.
        position: usize,
        reason: String,
    },
    #[error("the definition of tool `{name}` is larger than {limit} bytes")]
    DefinitionTooLarge { name: String, limit: usize },
    #[error("the server took longer than {} s", .after.as_secs_f32())]
    TimedOut { after: Duration },
    #[error("the connection ended early: {reason}")]
    Interrupted { reason: String },
}

impl DiscoveryError {
    pub(super) fn not_mcp(url: &str, reason: &str) -> Self {
        Self::NotMcp { url: shown(url), reason: shown(reason) }
    }

    pub(super) fn timed_out(limits: &Limits) -> Self {
        Self::TimedOut { after: limits.overall }
    }
}

/// Foreign text as it may be shown: on one line, without characters that have no look of their own or turn
/// others around, and not long.
pub(super) fn shown(text: &str) -> String {
    policy::text::shown(text, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_short_and_visible() {
        assert_eq!(shown("Not found"), "Not found");
        assert_eq!(shown("a\r\nb\0c\u{1b}[31m"), "a\u{fffd}\u{fffd}b\u{fffd}c\u{fffd}[31m");
        assert_eq!(shown("safe\u{202e}evil\u{200b}\u{2066}"), "safe\u{fffd}evil\u{fffd}\u{fffd}");
        assert_eq!(shown(&"ü".repeat(200)), "ü".repeat(200));
        let long = shown(&"ü".repeat(201));
        assert_eq!(long.chars().count(), 200);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn the_time_is_told_as_it_was_set() {
        let error = DiscoveryError::TimedOut { after: Duration::from_secs(30) };
        assert_eq!(error.to_string(), "the server took longer than 30 s");
    }
}

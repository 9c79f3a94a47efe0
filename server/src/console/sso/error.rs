//! Why a sign-in by a provider did not come about. For the log: the browser is told less.

use pdp::address_guard::AddressError;
use pdp::vault::VaultError;

/// What failed between us and the provider.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignInError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("{url} cannot be reached: {reason}")]
    Unreachable { url: String, reason: String },
    #[error("{url} answered HTTP {status}")]
    Status { url: String, status: u16 },
    #[error("{0} answered more than it may")]
    TooLarge(String),
    #[error("{0} did not answer with a JSON object of one meaning")]
    NotJson(String),
    #[error("the provider's metadata: {0}")]
    Metadata(String),
    #[error("the provider's ID token: {0}")]
    Token(String),
}

impl SignInError {
    /// Whether it is a matter of settings and connections, rather than of what somebody was told.
    pub(super) fn is_ours_to_reach(&self) -> bool {
        match self {
            Self::Address(_)
            | Self::Vault(_)
            | Self::Unreachable { .. }
            | Self::TooLarge(_)
            | Self::NotJson(_)
            | Self::Metadata(_) => true,
            // A code that was used before is refused with 400.
            Self::Status { status, .. } => *status != 400,
            Self::Token(_) => false,
        }
    }
}

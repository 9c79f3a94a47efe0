//! Why a ceremony did not come about, or its answer did not count. For the log: the browser is told less.

use crate::console::answer::Plain;
use axum::http::StatusCode;
use axum::response::Response;
use store::StoreError;
use store::accounts::AccountError;
use webauthn_rs::prelude::WebauthnError;

/// What failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasskeyFailure {
    #[error("the public address can have no passkeys")]
    NoParty,
    #[error("the account has no passkeys")]
    NoPasskey,
    #[error("the browser's answer does not read: {0}")]
    Unreadable(serde_json::Error),
    #[error("the answer was refused: {0}")]
    Refused(#[from] WebauthnError),
    #[error("no such passkey, or it is another account's")]
    Foreign,
    #[error("the counter of the passkey went backwards: there may be a copy of it")]
    CountedBackwards,
    #[error("the account was changed since, or may not sign in so")]
    Outdated,
    #[error("what is kept does not read: {0}")]
    Kept(serde_json::Error),
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// No word of whose passkey it was, nor of whether there is such an account.
const NOT_ACCEPTED: &str = "The passkey was not accepted. Begin once more; if it stays so, come in another way or ask an \
                            owner of this console.";
const NO_PARTY: &str = "Passkeys are bound to a name and to TLS. The address of this console has neither; whoever runs the \
                        server can change that.";
const NONE: &str = "This account has no passkeys.";

impl PasskeyFailure {
    /// What the browser is told.
    pub(super) fn answer(&self, plain: &Plain, title: &str, back: (&str, &str)) -> Response {
        let (status, text) = match self {
            Self::Store(error) | Self::Account(AccountError::Store(error)) => {
                return plain.unavailable(error);
            }
            Self::Kept(_) | Self::Account(_) => return plain.internal(self),
            Self::NoParty => (StatusCode::CONFLICT, NO_PARTY),
            Self::NoPasskey => (StatusCode::CONFLICT, NONE),
            Self::Unreadable(_)
            | Self::Refused(_)
            | Self::Foreign
            | Self::CountedBackwards
            | Self::Outdated => (StatusCode::FORBIDDEN, NOT_ACCEPTED),
        };
        let correlation = &plain.correlation.0;
        tracing::warn!(%correlation, error = %self, "a passkey was not accepted");
        plain.message(status, title, text, Some(back))
    }
}

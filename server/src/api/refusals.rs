//! What the services of accounts, of the vault and of webhooks refuse, as problems. None of them says a secret.

use super::problem::Problem;
use crate::console::LinkError;
use axum::http::StatusCode;
use pdp::notify::RotationError;
use pdp::vault::VaultError;
use store::accounts::AccountError;

impl Problem {
    /// A token makes no owner, and touches none: whoever finds it must not become one.
    pub(super) fn of_owners() -> Self {
        let detail =
            "owners are made and changed by owners at the console alone, with a fresh proof of who they are";
        Self::new(StatusCode::FORBIDDEN, "owners_only", detail)
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Login { source, .. } => Self::invalid("login", source.to_string()),
            AccountError::Name { source, .. } => Self::invalid("name", source.to_string()),
            AccountError::LoginTaken(_) => Self::conflict("taken", detail),
            AccountError::NoTenant | AccountError::NoSuchTenant => Self::invalid("tenants", detail),
            AccountError::Unknown => Self::not_found("account"),
            AccountError::LastOwner | AccountError::OwnersOnly => Self::of_owners(),
            AccountError::PersonsOnly => {
                let detail = "this account answers requests for approval or stands for a person; an owner makes its link at \
                              the console";
                Self::new(StatusCode::FORBIDDEN, "persons_only", detail)
            }
            AccountError::PasskeyStays => {
                let detail = "this account demands a passkey; `keep_passkeys=true` makes a link that goes on to demand it, \
                              and an owner at the console one that does not";
                Self::new(StatusCode::FORBIDDEN, "passkey_demanded", detail)
            }
            AccountError::ToldElsewhere => Self::conflict("told_elsewhere", detail),
            _ => Self::conflict("changed", detail),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Account(error) => error.into(),
            LinkError::Store(error) => error.into(),
            error @ (LinkError::PublicUrl(_) | LinkError::UnknownLogin(_)) => Self::internal(&error),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Write(error) => error.into(),
            VaultError::NotASecret => {
                let detail = "a secret has a bounded length and no U+0000";
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
            }
            error => {
                tracing::error!(cause = %error, "a secret was not kept");
                let detail = "the vault did not keep the secret, and nothing was changed; the log has why";
                Self::conflict("not_kept", detail)
            }
        }
    }
}

impl From<RotationError> for Problem {
    fn from(error: RotationError) -> Self {
        let detail = error.to_string();
        match error {
            RotationError::Vault(error) => error.into(),
            RotationError::Unknown(_) => Self::not_found("webhook"),
            RotationError::TwoSecrets => Self::conflict("too_many_secrets", detail),
            RotationError::OneSecret => Self::conflict("one_secret", detail),
        }
    }
}

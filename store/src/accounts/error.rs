//! Why an account stays as it is.

use super::passkeys::PasskeyError;
use crate::db::StoreError;
use policy::ids::NameError;

/// Why nothing was changed. The texts are for the person who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("set-up is closed: an account exists, or existed")]
    SetupClosed,
    #[error("the link is used, replaced or too old")]
    LinkNotValid,
    #[error("an account with the login `{0}` exists")]
    LoginTaken(String),
    #[error("login `{given}` {source}")]
    Login { given: String, source: NameError },
    #[error("name `{given}` {source}")]
    Name { given: String, source: NameError },
    #[error("no such account")]
    Unknown,
    #[error("the account was changed meanwhile")]
    Stale,
    #[error("the last active owner, or the last one who has a way in, cannot be taken away")]
    LastOwner,
    #[error("owners are made and changed by persons, never with a token")]
    OwnersOnly,
    #[error(
        "it answers requests for approval or stands for a person; an owner makes its link at the console"
    )]
    PersonsOnly,
    #[error("it demands a passkey, which no link of a token takes away")]
    PasskeyStays,
    #[error("its role is told by a provider, where it signs in; give it one of its own first")]
    ToldElsewhere,
    #[error("the issuer or the `sub` of the identity {0}")]
    Identity(&'static str),
    #[error("the identity belongs to the account `{0}`")]
    IdentityTaken(String),
    #[error("no such person is registered")]
    NoSuchPerson,
    #[error("the account has no password; only a link that an owner makes gives it one")]
    NoPassword,
    #[error("no such tenant is registered")]
    NoSuchTenant,
    #[error("it must reach one tenant at least")]
    NoTenant,
    #[error(transparent)]
    Passkey(#[from] PasskeyError),
}

//! Telling others of approvals: signed webhooks and mail. What is told, and that it is told, stands in the outbox of
//! `store`; here it is put into words, signed and sent, and what failed is tried again.
//!
//! A message is delivered at least once, and no order is promised. It tells ids, names and times, never arguments.

mod backoff;
mod brake;
mod mail;
mod secrets;
mod signature;
mod webhook;
mod words;
mod worker;

pub use backoff::{MAX_ATTEMPTS, next_after};
pub use secrets::{RotationError, create, finish, put, rotate, seal_addresses, set_mail};
pub use signature::{SecretError, fresh_secret, header, sign};
pub use worker::{Clock, Notifier, NotifierSettings};

use crate::address_guard::AddressError;
use crate::approvals::ApprovalError;
use crate::vault::VaultError;
use store::StoreError;

/// Why a message was not delivered. The texts are for the administrator; none holds a secret, or the webhook's address.
#[derive(Debug, thiserror::Error)]
enum DeliveryError {
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    #[error("it cannot be put into words")]
    Words(#[from] serde_json::Error),
    #[error("it cannot be reached: {reason}")]
    Unreachable { reason: String },
    #[error("no answer in time")]
    TimedOut,
    #[error("it answered HTTP {status}")]
    Status { status: u16 },
    #[error("it leads elsewhere (HTTP {status} to `{location}`), which is not followed")]
    Redirect { status: u16, location: String },
    /// The receiver says so itself: it wants no more.
    #[error("it answered HTTP 410: it is gone")]
    Gone,
    #[error("the webhook is switched off")]
    Off,
    #[error("the account is switched off, or has no address for mail")]
    NoAddress,
    #[error("no mail server is set")]
    NoMail,
    #[error("mail: {reason}")]
    Mail { reason: String },
}

impl DeliveryError {
    /// Trying again by itself would not help.
    fn is_final(&self) -> bool {
        matches!(self, Self::Gone | Self::Off | Self::NoAddress | Self::NoMail)
    }
}

//! Who is told of approvals, so that nothing of it is lost: the outbox, and what became of each message.
//!
//! Three steps. The database itself puts an event into the outbox, in the transaction that writes it (a trigger of
//! `0016_notifications`). [`Store::make_deliveries`] turns events into deliveries, one to each webhook and person.
//! Whoever delivers claims one for a while ([`Store::claim_delivery`]) and says what came of it; a claim that nobody
//! answers runs out, and the delivery is due again. Nothing here sends anything.

mod deliveries;
mod letters;
mod outbox;
mod pace;
mod people;
pub(crate) mod tables;

pub use deliveries::{Claimed, DeliveryState, Due, Outcome, Receiver};
pub(crate) use deliveries::{insert_test, revive};
pub use letters::{DeadLetter, LastDelivery};
pub(crate) use pace::earlier_test;

use policy::labels::{ApprovalState, NoticeKind, Risk};
use policy::{ApprovalId, ServerSlug, SubjectId, TenantSlug, Timestamp};
use serde::{Deserialize, Serialize};

/// What happened to a request for approval, as it is told. It holds no arguments, no reasons and no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    pub approval: ApprovalId,
    pub tenant: TenantSlug,
    /// For whom the call is.
    pub subject: SubjectId,
    /// Who makes it, where that is another.
    pub actor: Option<SubjectId>,
    pub server: Option<ServerSlug>,
    pub tool: Option<String>,
    /// `tools/call` and its siblings.
    pub action: String,
    pub risk: Option<Risk>,
    /// As of this event: pending, approved, denied, cancelled or expired.
    pub state: ApprovalState,
    /// When it happened.
    pub at: Timestamp,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    /// Who approved, denied or cancelled it.
    pub by: Option<SubjectId>,
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Approval(Box<Notice>),
    /// Somebody tries whether it arrives.
    Test,
}

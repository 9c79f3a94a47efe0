//! Approvals: a person countersigns one exact call. A call that rules ask approval for is denied, and the denial files a
//! request; persons decide it; the identical call passes then, so often as was approved, and only as live policy still
//! allows it.
//!
//! [`Approvals`] is the door for those who decide. Calls come through [`Pdp::enforce`](crate::Pdp::enforce) alone.

mod asking;
mod bound;
mod deciding;
mod enforcing;
mod hearing;
mod inbox;
mod reader;
mod rules;
mod show;
mod standing_in;
mod tool;

pub(crate) use bound::Named;
pub(crate) use enforcing::{Settled, too_many, too_often};
pub use rules::{RuleMoved, RulesMoved, asking, is_elsewhere};
pub use show::{ApprovalView, RequirementView, ToolNow};
pub use standing_in::{may_stand_in, tenants_of};
pub use tool::{ToolForm, ToolMoved};

use crate::Pdp;
use crate::vault::{Vault, VaultError};
use policy::approval::{Difference, Ineligible, Seen};
use policy::labels::{ApprovalState, Verdict};
use policy::{SubjectId, Timestamp};
use store::{Actor, Store, StoreError, WriteError};

/// The longest reason, in characters.
pub const MAX_REASON: usize = 1_000;

/// Requests for approval, for those who decide them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Approvals {
    store: Store,
    vault: Vault,
}

/// Somebody at a console account, as its session has it. What the account is and whose, is read anew.
#[derive(Debug, Clone)]
pub struct Decider<'a> {
    /// The account's id.
    pub account: &'a str,
    /// As it is written down.
    pub actor: Actor,
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    pub verdict: Verdict,
    /// Needed for a denial.
    pub reason: Option<String>,
    /// What was shown: where it moved since, the vote is refused.
    pub seen: Seen,
    /// Not longer than this; never longer than the rules say.
    pub valid_until: Option<Timestamp>,
    /// Not more calls than this; never more than the rules say.
    pub uses: Option<u32>,
}

/// How far somebody may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MayDecide {
    pub person: SubjectId,
    /// In whose place, where that is another.
    pub in_place_of: Option<SubjectId>,
    /// Whether this person's word is all that the rules ask, as they are now.
    pub alone: bool,
    /// So many calls at the most.
    pub most_uses: u32,
    /// Until then at the latest.
    pub latest: Timestamp,
}

/// Why nothing was decided. The texts are for who asked for it.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("no such request for approval")]
    Unknown,
    #[error(transparent)]
    Ineligible(#[from] Ineligible),
    #[error("the request is {0} already")]
    Over(ApprovalState),
    #[error("this person answered the request before")]
    Voted,
    /// Show it again.
    #[error("{0}")]
    Changed(Difference),
    #[error("`{field}` must be narrower than the rules say, and not over yet")]
    Wider { field: &'static str },
    #[error("a reason must be given, in at most {MAX_REASON} characters, without control characters")]
    Reason,
    #[error("only who asked for it takes a request back")]
    NotTheRequester,
    #[error("there is no use of it that could be given back")]
    NothingToReissue,
    #[error("more persons than one are asked: the call asks all of them anew")]
    NotAlone,
}

impl Approvals {
    pub fn new(store: Store, vault: Vault) -> Self {
        Self { store, vault }
    }
}

impl Pdp {
    /// The door for those who decide.
    pub fn approvals(&self) -> Approvals {
        Approvals::new(self.store.clone(), self.tokens.vault().clone())
    }
}

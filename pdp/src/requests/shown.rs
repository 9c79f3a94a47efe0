//! An approval that comes along with a call (`context.approval`). It allows nothing: approvals are found by what they are
//! bound to. One that is not for this very call denies it all the same, because whoever shows it is mistaken, or lies.

use crate::Pdp;
use crate::approvals::Named;
use crate::enforce::{Decided, Question, in_place_of};
use crate::secret::Secret;
use crate::signing::{Kind, NotTaken};
use policy::{ApprovalId, Decision, Reason, TaskId};
use store::approvals::Approval;
use store::chain::AuditKey;

/// An approval as a PEP shows it.
#[derive(Debug, Clone)]
pub struct ShownApproval {
    pub id: ApprovalId,
    /// What was signed about it. Verified, never stored or logged.
    pub state: Secret,
}

/// The request it speaks of, or why it is not taken.
pub(crate) type Shown = Result<Box<Approval>, Reason>;

impl Pdp {
    /// Reads what was shown, by the keys and the requests as they are now.
    pub(crate) async fn read_shown(&self, shown: &ShownApproval) -> Shown {
        let spoken = match self.signing.verify(Kind::Approval, shown.state.expose()).await {
            Ok(spoken) if spoken.approval == shown.id => spoken,
            Ok(_) | Err(NotTaken::Forged) => return Err(Reason::ApprovalUnverifiable),
            Err(NotTaken::Expired) => return Err(Reason::ApprovalExpired),
            Err(NotTaken::Store(error)) => {
                tracing::error!(%error, "the keys that sign approvals could not be read");
                return Err(Reason::PolicyUnavailable);
            }
        };
        match self.store.get_approval(&spoken.approval).await {
            Ok(Some(approval)) if approval.binding == spoken.bound => Ok(Box::new(approval)),
            Ok(_) => Err(Reason::ApprovalUnverifiable),
            Err(error) => {
                tracing::error!(%error, "the approval that was shown could not be read");
                Err(Reason::PolicyUnavailable)
            }
        }
    }
}

/// Denies in place of what approvals left open, where what was shown is not for this call. What was denied before
/// approvals were looked at stays denied for its own reason.
pub(crate) fn hold(decided: &mut Decided, question: &Question, shown: &Shown, key: &AuditKey) {
    let decision = &decided.decision;
    if !decision.is_allow() && !is_about_approval(decision.reason) {
        return;
    }
    let (reason, why) = match shown {
        Ok(approval) if is_for(approval, decided, question, key) => return,
        Ok(_) => (Reason::OutOfScope, "the approval that was shown is for another call"),
        Err(reason) => (*reason, "the approval that was shown is not taken"),
    };
    decided.decision = in_place_of(decision, Decision::deny(reason, why));
    // Nothing is filed or used by it, and nothing is answered again.
    decided.step = None;
    decided.again = None;
}

fn is_about_approval(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::ApprovalRequired
            | Reason::ApprovalPending
            | Reason::ApprovalDenied
            | Reason::ApprovalExpired
            | Reason::ApprovalUsed
    )
}

fn is_for(approval: &Approval, decided: &Decided, question: &Question, key: &AuditKey) -> bool {
    let facts = &decided.gathered.facts;
    let call = &question.call;
    facts.credential.id == approval.credential
        && decided.decision.tenant.as_ref() == Some(&approval.tenant)
        && facts.identity.subject().map(|subject| &subject.id) == Some(&approval.subject)
        && facts.actor.as_ref().and_then(|actor| actor.subject()).map(|subject| &subject.id)
            == approval.actor.as_ref()
        && call.action == approval.action
        && call.resource == approval.resource
        && Named::of(call, key).is_some_and(|named| named.arguments == approval.arguments_digest)
        && call.task() == approval.task.as_ref().map(TaskId::as_str)
}

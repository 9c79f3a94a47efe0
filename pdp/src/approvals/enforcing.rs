//! Where a decision meets the requests for approval: between evaluation and the record.

use super::asking::{Asking, Next};
use crate::Pdp;
use crate::enforce::{Answer, Decided, Question, in_place_of};
use crate::facts::Gathered;
use crate::record::RecordBody;
use policy::compile::PolicySet;
use policy::decision::{ApprovalPart, DecisionApproval};
use policy::{Decision, DecisionId, Reason};
use std::sync::Arc;
use store::StoreError;
use store::approvals::{ApprovalStep, ApprovalUse, MOST_FILED, MOST_PENDING};

/// A decision, with what it does to a request for approval.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) decision: Decision,
    pub(crate) step: Option<ApprovalStep>,
    /// The recorded decision that is answered again instead.
    pub(crate) again: Option<DecisionId>,
}

impl Settled {
    fn plain(decision: Decision) -> Self {
        Self { decision, step: None, again: None }
    }
}

impl Pdp {
    /// What becomes of a decision once approvals are looked at; those that ask for none stay as they are.
    pub(crate) async fn with_approval(
        &self,
        question: &Question,
        gathered: &Gathered,
        set: Option<&Arc<PolicySet>>,
        decision: Decision,
        lost: Option<&ApprovalUse>,
    ) -> Settled {
        let Some(compiled) = set else { return Settled::plain(decision) };
        let Some(asking) = Asking::of(question, gathered, compiled, &decision, &self.key) else {
            return Settled::plain(decision);
        };
        let replaces = match asking.next(lost) {
            Next::Again(id) => return Settled { again: Some(id), ..Settled::plain(decision) },
            Next::Denied(reason, approval, step) => {
                let decision = denied(decision, reason, approval);
                return Settled { decision, step, again: None };
            }
            Next::Approved(met, taken) => {
                let mut again = self.evaluate(set, &gathered.facts, &question.call, &met).await;
                if again.is_allow() {
                    again.approval = Some(DecisionApproval {
                        id: taken.id.clone(),
                        part: ApprovalPart::Used,
                        expires_at: taken.not_after,
                    });
                    again.reviewer_text =
                        format!("{}; approved by request {}", again.reviewer_text, taken.id);
                    return Settled { decision: again, step: Some(ApprovalStep::Use(taken)), again: None };
                }
                if again.reason != Reason::ApprovalRequired {
                    return Settled::plain(again);
                }
                Some(taken.id)
            }
            Next::File(replaces) => replaces,
        };
        let filed = asking.request(&self.store, self.tokens.vault(), &self.key, replaces).await;
        match filed {
            Ok(new) => {
                let approval = DecisionApproval {
                    id: new.id.clone(),
                    part: ApprovalPart::Filed,
                    expires_at: new.expires_at,
                };
                let decision = denied(decision, Reason::ApprovalRequired, approval);
                Settled { decision, step: Some(ApprovalStep::File(Box::new(new))), again: None }
            }
            Err(error) => {
                tracing::error!(%error, "a request for approval cannot be kept, so none was filed");
                Settled::plain(noted(decision, "no request was filed: its arguments cannot be kept sealed"))
            }
        }
    }

    /// The recorded decision once more, for whoever lost the answer. Nothing is used or recorded by that. It is noted first
    /// that the answer leaves: a use is told again or given back, and never both.
    pub(crate) async fn answered_again(&self, id: &DecisionId, decided: &Decided) -> Answer {
        let responses = decided.gathered.facts.credential.responses;
        let recorded = match self.store.note_delivery(id, decided.gathered.facts.now).await {
            Ok(true) => self.recorded_decision(id).await.map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        };
        let why = match recorded {
            Ok(Some(decision)) => {
                tracing::info!(decision = %id, "a use of an approval is answered again");
                return Answer { id: Some(id.clone()), decision, responses };
            }
            Ok(None) => "its use was given back at this moment",
            Err(error) => {
                tracing::error!(error = %error, decision = %id, "a recorded decision cannot be answered again");
                "what was recorded could not be read"
            }
        };
        let decision = in_place_of(&decided.decision, Decision::deny(Reason::PolicyUnavailable, why));
        Answer { id: None, decision, responses }
    }

    /// Notes beside the calls that the answer is on its way. Where this process ends before, nobody knows whether it was.
    pub(crate) fn note_delivery(&self, id: &DecisionId, decided: &Decided) {
        if let Some(ApprovalStep::Use(_)) = &decided.step {
            let (store, id, at) = (self.store.clone(), id.clone(), decided.gathered.facts.now);
            tokio::spawn(async move {
                if let Err(error) = store.note_delivery(&id, at).await {
                    tracing::warn!(%error, decision = %id, "that the answer left was not noted");
                }
            });
        }
    }

    /// The decision as it was recorded.
    ///
    /// # Errors
    /// When it cannot be read.
    async fn recorded_decision(&self, id: &DecisionId) -> Result<Decision, StoreError> {
        let missing = || StoreError::Corrupt { what: format!("decision {id} cannot be read back") };
        let recorded = self.store.get_decision(id).await?.ok_or_else(missing)?;
        let body: RecordBody = serde_json::from_str(&recorded.body).map_err(|_| missing())?;
        Ok(body.decision)
    }
}

fn denied(decision: Decision, reason: Reason, approval: DecisionApproval) -> Decision {
    let why = format!("{}; request {}", decision.reviewer_text, approval.id);
    Decision {
        reason,
        caller_text: reason.caller_text().to_owned(),
        reviewer_text: why,
        approval: Some(approval),
        ..decision
    }
}

fn noted(decision: Decision, note: &str) -> Decision {
    Decision { reviewer_text: format!("{}; {note}", decision.reviewer_text), approval: None, ..decision }
}

/// The denial where the caller has too many requests waiting already.
pub(crate) fn too_many(decision: Decision) -> Decision {
    noted(decision, &format!("no request was filed: {MOST_PENDING} of this caller wait already"))
}

/// The denial where the caller asked too often of late, whatever became of it.
pub(crate) fn too_often(decision: Decision) -> Decision {
    noted(decision, &format!("no request was filed: this caller filed {MOST_FILED} within the last hour"))
}

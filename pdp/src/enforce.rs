//! The door that decides and records: nothing is answered before its record is committed.

mod denials;
mod evaluating;
mod question;

pub(crate) use denials::in_place_of;
pub(crate) use evaluating::evaluate_caught;
pub use question::{Answer, AskError, Question, SubjectClaim};

use crate::Pdp;
use crate::approvals::{Named, Settled, too_many, too_often};
use crate::facts::{self, Gathered, Heard, bound, gather};
use crate::policies::Matched;
use crate::requests::hold;
use crate::secret::Secret;
use crate::{record, unmapped};
use denials::{kept_changing, not_recorded};
use policy::compile::PolicySet;
use policy::evaluate::called_tool;
use policy::labels::Responses;
use policy::{Decision, DecisionId, Reason};
use std::sync::Arc;
use store::StoreError;
use store::approvals::{ApprovalStep, ApprovalUse};
use store::recorder::{AppendError, Lack};

/// How often facts and policy are read anew before a call is denied for want of one moment of both. A first call needs
/// four where its arguments name resources and it needs an approval: the policy, what it binds, that, and what was
/// approved of it. One more, so that somebody may change the policy meanwhile.
const ROUNDS: usize = 5;

/// How often a decision is made anew before it is denied because what it was to take kept changing: a call of its task, or a
/// use of an approval.
const SPENDING_ROUNDS: usize = 3;

/// A decision with what it rests on.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) gathered: Gathered,
    pub(crate) decision: Decision,
    pub(crate) set: Option<Arc<PolicySet>>,
    /// What it does to a request for approval.
    pub(crate) step: Option<ApprovalStep>,
    /// The recorded decision that is answered again instead.
    pub(crate) again: Option<DecisionId>,
}

impl Pdp {
    /// Decides one call for a PEP and records the decision before it is returned.
    ///
    /// # Errors
    /// Only where the PEP's own key is not valid, or what it asserts is too large. An unreadable state or an
    /// unwritable record is a denial.
    pub async fn enforce(&self, key: &Secret, question: &Question) -> Result<Answer, AskError> {
        let id = DecisionId::new(uuid::Uuid::now_v7().to_string());
        let shown = match &question.approval {
            Some(shown) => {
                // For whose key is none, nothing is verified and no request is read.
                self.authenticate(key).await?;
                Some(Box::pin(self.read_shown(shown)).await)
            }
            None => None,
        };
        // Whoever shows one that is not taken uses none and files none.
        let unfit = matches!(shown, Some(Err(_))).then(|| Question { files: false, ..question.clone() });
        let question = unfit.as_ref().unwrap_or(question);
        let mut rounds = 0;
        let mut lost: Option<ApprovalUse> = None;
        let mut heard = Heard::default();
        loop {
            let mut decided = match self.decide(key, question, lost.as_ref(), &mut heard).await {
                Ok(Ok(decided)) => decided,
                Ok(Err(error)) => return Err(error),
                Err(error) => {
                    tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "live state unreadable, call denied");
                    let decision =
                        Decision::deny(Reason::PolicyUnavailable, "the live state could not be read");
                    return Ok(Answer { id: None, decision, responses: Responses::Explained });
                }
            };
            if let Some(shown) = &shown {
                hold(&mut decided, question, shown, &self.key);
            }
            if let Some(again) = &decided.again {
                return Ok(self.answered_again(again, &decided).await);
            }
            rounds += 1;
            let (spent, lack) = match self.recorded(&id, question, decided).await {
                Ok(answer) => return Ok(answer),
                Err(spent) => *spent,
            };
            // Another call took the last of it, or the task was paused: looked at again, the facts say so.
            if rounds < SPENDING_ROUNDS && !matches!(lack, Lack::TooMany | Lack::TooOften) {
                if let Some(ApprovalStep::Use(taken)) = spent.step {
                    lost = Some(taken);
                }
                continue;
            }
            let decision = match (&spent.step, lack) {
                (_, Lack::TooMany) => too_many(spent.decision),
                (_, Lack::TooOften) => too_often(spent.decision),
                // Denied either way.
                (Some(ApprovalStep::File(_) | ApprovalStep::Attempt(_)), _) => {
                    Decision { approval: None, ..spent.decision }
                }
                (_, lack) => kept_changing(&spent.decision, lack),
            };
            let denied = Decided { decision, step: None, ..spent };
            return Ok(match self.recorded(&id, question, denied).await {
                Ok(answer) => answer,
                Err(denied) => not_recorded(&denied.0),
            });
        }
    }

    /// Whether the key is one that may ask at all; nothing is decided or recorded. Where that cannot be found out
    /// nobody is called a stranger: nothing is allowed then either way.
    ///
    /// # Errors
    /// Where it is not.
    pub async fn authenticate(&self, key: &Secret) -> Result<(), AskError> {
        match facts::authenticate(&self.store, key).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(AskError::NotACredential),
            Err(error) => {
                tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "live state unreadable, the enforcement key was not looked up");
                Ok(())
            }
        }
    }

    /// Records a decision, and takes what it takes; given back where that is not to be had.
    async fn recorded(
        &self,
        id: &DecisionId,
        question: &Question,
        decided: Decided,
    ) -> Result<Answer, Box<(Decided, Lack)>> {
        let record = record::describe(id, question, &decided, &self.key);
        let unknown = unmapped::seen(&decided.gathered.facts, question, &record);
        let appended = self.recorder.append(record).await;
        if let Some(unknown) = unknown {
            self.unmapped.note(unknown);
        }
        match appended {
            Ok(_) => {
                self.note_delivery(id, &decided);
                let responses = decided.gathered.facts.credential.responses;
                Ok(Answer { id: Some(id.clone()), decision: decided.decision, responses })
            }
            Err(AppendError::Spent(lack)) => Err(Box::new((decided, lack))),
            Err(error) => {
                tracing::error!(%error, decision = %id, "decision not recorded, call denied");
                Ok(not_recorded(&decided))
            }
        }
    }

    /// Steps 3 to 5, until facts and compiled policy are of one moment.
    async fn decide(
        &self,
        key: &Secret,
        question: &Question,
        lost: Option<&ApprovalUse>,
        heard: &mut Heard,
    ) -> Result<Result<Decided, AskError>, StoreError> {
        let digest = key.digest();
        let mut asked = self.guesses.guess(&digest, &question.call);
        // Most calls need nobody's approval, and digests and rows cost: so they are looked for where one was asked before.
        let mut named = None;
        if question.files && (question.approval.is_some() || self.guesses.asks(&digest, &question.call)) {
            named = Named::of(&question.call, &self.key);
        }
        let mut rounds = 0;
        loop {
            let call = named.as_ref().map(|named| named.call.as_str());
            let gathered = gather(&self.store, &self.tokens, key, question, &asked, call, heard).await?;
            let mut gathered = match gathered {
                Ok(gathered) => gathered,
                Err(error) => return Ok(Err(error)),
            };
            rounds += 1;
            let policy = self.policies.matching(&gathered.facts, &question.call, rounds < ROUNDS).await?;
            let set = match policy {
                Matched::Set(set) => Some(set),
                Matched::None => None,
                Matched::Reloaded => continue,
            };
            gathered.facts.keep_roles(|name| set.as_ref()?.is_global_role(name));
            if let Some(set) = &set {
                let settled = bound::settle(&mut gathered.facts, set, &question.call);
                if settled.is_err() || (!asked.is_empty() && gathered.facts.bound.is_empty()) {
                    let tool = called_tool(set, &gathered.facts, &question.call);
                    self.guesses.learn(&digest, &question.call, tool);
                }
                if let Err(wanted) = settled
                    && rounds < ROUNDS
                {
                    asked = wanted;
                    continue;
                }
            } else {
                gathered.facts.bound.clear();
            }
            let decision = self.evaluate(set.as_ref(), &gathered.facts, &question.call, &[]).await;
            if decision.reason != Reason::ApprovalRequired {
                return Ok(Ok(Decided { gathered, decision, set, step: None, again: None }));
            }
            if question.files {
                self.guesses.learn_asks(&digest, &question.call);
                if named.is_none() {
                    named = Named::of(&question.call, &self.key);
                    if named.is_some() {
                        continue;
                    }
                }
            }
            let settled =
                Box::pin(self.with_approval(question, &gathered, set.as_ref(), decision, lost)).await;
            let Settled { decision, step, again } = settled;
            return Ok(Ok(Decided { gathered, decision, set, step, again }));
        }
    }
}

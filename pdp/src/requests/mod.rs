//! Requests for approval as those who ask for them see them: the AuthZEN Access Request and Approval Profile (draft, as of
//! 2026-08). The denial has filed the request; here it is handed on, looked at, waited for and withdrawn.
//!
//! A request is there for the credential that asked and for nobody else. Nothing here says which rule asks or who
//! approves, and nothing here allows a call: whoever was approved asks again.

mod shown;
mod watch;

pub use shown::ShownApproval;
pub(crate) use shown::hold;
pub(crate) use watch::Watch;

use crate::Pdp;
use crate::approvals::ApprovalError;
use crate::enforce::{Answer, Question};
use crate::facts;
use crate::secret::Secret;
use crate::signing::{Kind, NotTaken, SigningError, Spoken};
use policy::arguments::canonical;
use policy::facts::CredentialFacts;
use policy::labels::{ApprovalState, Responses};
use policy::{ApprovalId, Timestamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::time::Duration;
use store::approvals::Approval;
use store::chain::AuditKey;
use store::{Actor, StoreError, Via};

/// How long a request can be looked at after its time is over, in microseconds.
const KEPT: i64 = 3_600 * 1_000_000;

/// The longest that an answer is waited for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A denial that can be turned into a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub approval: ApprovalId,
    /// When the call was denied, by the database's clock.
    pub at: Timestamp,
    /// From then on nothing comes of it.
    pub expires_at: Timestamp,
    /// Signed: which request it is, and for which call.
    pub binding_token: String,
}

/// What is submitted: the call as it was asked about, with what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    pub question: &'a Question,
    pub binding_token: &'a str,
    /// The header `Idempotency-Key`.
    pub idempotency_key: Option<&'a Secret>,
}

/// Where a request stands (ARAP, task status values).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStatus {
    Pending,
    Approved,
    Denied,
    Expired,
    Cancelled,
}

impl TaskStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A request, as far as those who ask may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: ApprovalId,
    pub status: TaskStatus,
    /// Until when it waits.
    pub expires_at: Timestamp,
    /// When to look again, in seconds. None: nothing changes any more.
    pub retry_after: Option<u64>,
    pub granted: Option<Granted>,
}

/// That it was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    pub approved_at: Option<Timestamp>,
    pub approved_until: Option<Timestamp>,
    /// Signed; goes back with the next evaluation. None: it was used up.
    pub state: Option<String>,
}

/// Why there is no answer about a request.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    #[error("the enforcement key is missing, unknown, expired or switched off")]
    NotACredential,
    #[error("the binding token was not made here for this very call")]
    InvalidBinding,
    #[error("the time of the denial is over; ask again about the call")]
    ExpiredDenial,
    #[error("the same `Idempotency-Key` came with another submission")]
    Duplicate,
    /// There is none, or it is another credential's.
    #[error("there is no such request")]
    Unknown,
    #[error("the time of the request is over")]
    Expired,
    #[error("the request is {0}, and stays so")]
    InvalidState(&'static str),
    #[error("the live state could not be read")]
    Store(#[from] StoreError),
    #[error("the approval could not be signed")]
    Signing(#[from] SigningError),
    #[error("the request could not be withdrawn")]
    Approval(#[from] ApprovalError),
}

impl From<NotTaken> for TaskError {
    fn from(why: NotTaken) -> Self {
        match why {
            NotTaken::Forged => Self::InvalidBinding,
            NotTaken::Expired => Self::ExpiredDenial,
            NotTaken::Store(error) => Self::Store(error),
        }
    }
}

/// A request, and the credential that it is bound to.
struct Bound {
    approval: Approval,
    credential: CredentialFacts,
    now: Timestamp,
}

impl Pdp {
    /// What a denied call may be turned into. None: nothing was filed, or its credential is not told anything.
    pub async fn offer(&self, question: &Question, answer: &Answer) -> Option<Offer> {
        let filed = answer.decision.approval.as_ref().filter(|filed| filed.waits())?;
        if answer.decision.is_allow() || answer.responses == Responses::Minimal {
            return None;
        }
        let spoken = Spoken { approval: filed.id.clone(), bound: asked(question, &self.key) };
        match self.signing.sign(Kind::Denial, &spoken, filed.expires_at).await {
            Ok(signed) => Some(Offer {
                approval: filed.id.clone(),
                at: signed.at,
                expires_at: signed.until,
                binding_token: signed.text,
            }),
            Err(error) => {
                tracing::error!(%error, approval = %filed.id, "a denial could not be signed; it is answered without the request for approval");
                None
            }
        }
    }

    /// The request that the denial filed. The same submission again finds the same.
    ///
    /// # Errors
    /// When the token is not of this call, or the request is another credential's.
    pub async fn submit(&self, key: &Secret, submission: Submission<'_>) -> Result<Task, TaskError> {
        // Whoever has no key learns nothing of the token.
        self.credential(key).await?;
        let spoken = self.signing.verify(Kind::Denial, submission.binding_token).await?;
        let asked = asked(submission.question, &self.key);
        if spoken.bound != asked {
            return Err(TaskError::InvalidBinding);
        }
        let bound = self.bound(key, &spoken.approval).await?;
        if let Some(idempotency) = submission.idempotency_key {
            let body = hex::encode(Sha256::digest(format!("{asked}\n{}", spoken.approval)));
            let until = over_at(&bound.approval);
            let credential = &bound.credential.id;
            if !self.store.note_submission(credential, &idempotency.digest(), &body, until).await? {
                return Err(TaskError::Duplicate);
            }
        }
        self.task(&bound.approval, bound.now).await
    }

    /// Where the request stands; one that waits is waited for so long, and at most [`LONGEST_WAIT`].
    ///
    /// # Errors
    /// When there is none for this credential, or its time is over.
    pub async fn poll(&self, key: &Secret, id: &ApprovalId, wait: Duration) -> Result<Task, TaskError> {
        let bound = self.bound(key, id).await?;
        let left = bound.approval.expires_at.micros().saturating_sub(bound.now.micros());
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        let wait = wait.min(LONGEST_WAIT).min(left);
        if wait.is_zero() || bound.approval.state_at(bound.now) != ApprovalState::Pending {
            return self.task(&bound.approval, bound.now).await;
        }
        drop(bound);
        self.watch.until_decided(id, wait).await;
        // Read anew, the credential too: it may be another one's by now, or nobody's.
        let bound = self.bound(key, id).await?;
        self.task(&bound.approval, bound.now).await
    }

    /// Withdraws a request that waits, for the one on whose behalf it was filed.
    ///
    /// # Errors
    /// When there is none for this credential, or it does not wait any more.
    pub async fn withdraw(&self, key: &Secret, id: &ApprovalId, request_id: &str) -> Result<Task, TaskError> {
        let Bound { approval, credential, now } = self.bound(key, id).await?;
        match approval.state_at(now) {
            ApprovalState::Pending => {}
            ApprovalState::Expired => return Err(TaskError::Expired),
            other => return Err(TaskError::InvalidState(status(other).as_str())),
        }
        let by = Actor { name: credential.name, via: Via::Api, request_id: Some(request_id.to_owned()) };
        match self.approvals().cancel(&approval.subject, by, id).await {
            Ok(approval) => self.task(&approval, now).await,
            Err(ApprovalError::Over(ApprovalState::Expired)) => Err(TaskError::Expired),
            Err(ApprovalError::Over(state)) => Err(TaskError::InvalidState(status(state).as_str())),
            Err(ApprovalError::Unknown) => Err(TaskError::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    /// Answers whoever waits for a decision as things stand, now and from now on.
    pub fn end_waits(&self) {
        self.watch.end();
    }

    async fn credential(&self, key: &Secret) -> Result<(CredentialFacts, Timestamp), TaskError> {
        facts::credential(&self.store, key).await?.ok_or(TaskError::NotACredential)
    }

    /// The request, where it is bound to this credential.
    async fn bound(&self, key: &Secret, id: &ApprovalId) -> Result<Bound, TaskError> {
        let (credential, now) = self.credential(key).await?;
        let approval = self.store.get_approval(id).await?;
        let approval = approval.filter(|approval| approval.credential == credential.id);
        let approval = approval.ok_or(TaskError::Unknown)?;
        if over_at(&approval) <= now {
            return Err(TaskError::Expired);
        }
        Ok(Bound { approval, credential, now })
    }

    async fn task(&self, approval: &Approval, now: Timestamp) -> Result<Task, TaskError> {
        let state = approval.state_at(now);
        let signed = if state == ApprovalState::Approved {
            let spoken = Spoken { approval: approval.id.clone(), bound: approval.binding.clone() };
            let until = approval.valid_until.unwrap_or(approval.expires_at);
            Some(self.signing.sign(Kind::Approval, &spoken, until).await?.text)
        } else {
            None
        };
        let status = status(state);
        Ok(Task {
            id: approval.id.clone(),
            status,
            expires_at: approval.expires_at,
            retry_after: (state == ApprovalState::Pending).then(|| pause(approval, now)),
            granted: (status == TaskStatus::Approved).then_some(Granted {
                approved_at: approval.decided_at,
                approved_until: approval.valid_until,
                state: signed,
            }),
        })
    }
}

/// Used up, it was approved all the same: the next evaluation says that nothing of it is left.
fn status(state: ApprovalState) -> TaskStatus {
    match state {
        ApprovalState::Pending => TaskStatus::Pending,
        ApprovalState::Approved | ApprovalState::Used => TaskStatus::Approved,
        ApprovalState::Denied => TaskStatus::Denied,
        ApprovalState::Expired => TaskStatus::Expired,
        ApprovalState::Cancelled => TaskStatus::Cancelled,
    }
}

/// From then on it cannot be looked at.
fn over_at(approval: &Approval) -> Timestamp {
    let last = approval.valid_until.map_or(approval.expires_at, |until| until.max(approval.expires_at));
    last.saturating_add_micros(KEPT)
}

/// Whoever waited for long may wait a little longer, in seconds.
fn pause(approval: &Approval, now: Timestamp) -> u64 {
    match now.micros().saturating_sub(approval.filed_at.micros()) / 1_000_000 {
        ..60 => 2,
        60..600 => 5,
        _ => 15,
    }
}

/// The call as it was asked about: a keyed digest. Where arguments stood in the question makes no difference.
fn asked(question: &Question, key: &AuditKey) -> String {
    let (subject, call) = (&question.subject, &question.call);
    let parts = json!([
        subject.kind,
        subject.id,
        call.action,
        call.resource.kind,
        call.resource.id,
        call.arguments.known(),
    ]);
    key.binding_digest(&canonical(&parts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enforce::SubjectClaim;
    use policy::arguments::Arguments;
    use policy::facts::AssertedProperties;
    use policy::{Call, ResourceRef};
    use serde_json::{Map, Value};

    fn question(tool: &str, arguments: Value) -> Question {
        Question {
            call: Call {
                action: "tools/call".into(),
                resource: ResourceRef { kind: "tool".into(), id: tool.into() },
                arguments: Arguments::Known(arguments),
                context: Map::new(),
                tenant: None,
            },
            subject: SubjectClaim { kind: "user".into(), id: "self".into(), properties: Map::new() },
            properties: AssertedProperties::default(),
            access_token: None,
            request_id: "r".into(),
            proof: None,
            approval: None,
            idempotency_key: None,
            files: true,
        }
    }

    fn asked(question: &Question) -> String {
        super::asked(question, &AuditKey::from_secret(&[7; 32]))
    }

    #[test]
    fn a_call_is_told_from_every_other() {
        let one = asked(&question("refund", json!({"amount": 1, "to": "c"})));
        assert_eq!(one, asked(&question("refund", json!({"to": "c", "amount": 1.0}))));
        for other in [
            question("refund", json!({"amount": 2, "to": "c"})),
            question("refund", json!({"amount": 1})),
            question("refunds", json!({"amount": 1, "to": "c"})),
            Question {
                subject: SubjectClaim { kind: "user".into(), id: "alice".into(), properties: Map::new() },
                ..question("refund", json!({"amount": 1, "to": "c"}))
            },
        ] {
            assert_ne!(one, asked(&other));
        }
        let far = |digits: u64| asked(&question("refund", json!({ "amount": digits })));
        assert_ne!(far(9_007_199_254_740_993), far(9_007_199_254_740_992));
    }
}

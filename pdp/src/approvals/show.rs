//! A request as a person looks at it before deciding.

use super::hearing::Hearing;
use super::reader::Reader;
use super::tool::graver;
use super::{ApprovalError, Approvals};
use policy::approval::{Requirement, Seen};
use policy::labels::ApprovalState;
use policy::rule::ApprovalTerms;
use policy::{ApprovalId, Risk, SubjectId};
use store::administration::SecretPlace;
use store::approvals::{Approval, ApprovalCall, ApprovalVote};

/// Everything that there is to see of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalView {
    pub approval: Approval,
    /// The whole arguments in canonical form. None: they are not kept any longer; see [`Approval::arguments`].
    pub arguments: Option<String>,
    pub requirements: Vec<RequirementView>,
    pub votes: Vec<ApprovalVote>,
    pub calls: Vec<ApprovalCall>,
    /// Goes with the vote.
    pub seen: Seen,
    /// None: it is about no tool, or that is gone.
    pub tool: Option<ToolNow>,
}

/// A rule that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementView {
    /// As it was filed.
    pub requirement: Requirement,
    /// Its version and terms now. None: it is gone, another tenant's by now, or asks for nothing any more; then what it asked
    /// for still counts.
    pub now: Option<(i64, ApprovalTerms)>,
    /// Whose duty is done.
    pub approved_by: Vec<SubjectId>,
    pub met: bool,
}

/// The tool as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolNow {
    pub definition_hash: Option<String>,
    pub redacts: bool,
    pub risk: Risk,
}

impl ApprovalView {
    /// As [`Approvals::gravest_risk`] has it.
    pub fn gravest_risk(&self) -> Option<Risk> {
        graver(self.approval.risk, self.tool.as_ref().map(|tool| tool.risk))
    }
}

impl Approvals {
    /// Everything that there is to see of a request, with the whole arguments while it waits. None: there is no such one.
    ///
    /// # Errors
    /// When the database does not answer, or the arguments cannot be opened.
    pub async fn show(&self, id: &ApprovalId) -> Result<Option<ApprovalView>, ApprovalError> {
        let Some(approval) = self.store.get_approval(id).await? else { return Ok(None) };
        let arguments = self.arguments(&approval).await?;
        let mut reader = Reader::Page { store: &self.store, now: self.store.now().await? };
        let hearing = Hearing::of(&mut reader, approval).await?;
        let calls = self.store.list_approval_calls(id).await?;
        let requirements = hearing.asks.iter().map(|asks| {
            let (approved_by, met) = hearing.done(asks);
            RequirementView { requirement: asks.filed.clone(), now: asks.now.clone(), approved_by, met }
        });
        let tool = hearing.tool.as_ref().map(|tool| ToolNow {
            definition_hash: tool.definition_hash.clone(),
            redacts: !tool.redact.is_empty(),
            risk: tool.risk,
        });
        Ok(Some(ApprovalView {
            arguments,
            requirements: requirements.collect(),
            calls,
            seen: hearing.seen(),
            tool,
            votes: hearing.given,
            approval: hearing.approval,
        }))
    }

    /// The whole arguments, where they are kept.
    async fn arguments(&self, approval: &Approval) -> Result<Option<String>, ApprovalError> {
        if !approval.sealed {
            return Ok(Some(approval.arguments.clone()));
        }
        if approval.state != ApprovalState::Pending {
            return Ok(None);
        }
        // Decided a moment ago: then they are gone.
        let Some(stored) = self.store.get_secret(&SecretPlace::arguments(approval.id.as_str())).await? else {
            return Ok(None);
        };
        Ok(Some(self.vault.open(&stored.secret)?.expose().to_owned()))
    }
}

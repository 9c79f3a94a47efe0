//! A call that rules ask approval for: what there is of it, and what follows. Pure, up to the sealing of what is filed.

use super::bound::{Bound, Named};
use crate::enforce::Question;
use crate::facts::Gathered;
use crate::record::redacted;
use crate::vault::{Vault, VaultError};
use policy::approval::{Asked, Requirement, heard, is_met};
use policy::call::Target;
use policy::compile::{CompiledTool, PolicySet};
use policy::decision::{ApprovalPart, DecisionApproval};
use policy::evaluate::{EvaluationRequest, claims_of, context_of, mapped_of, requirements};
use policy::facts::Revision;
use policy::labels::ApprovalState;
use policy::{ApprovalId, Decision, DecisionId, Reason, RuleId, ServerSlug, SubjectId, TaskId, TenantSlug};
use serde_json::{Map, Value};
use store::approvals::{ANSWERED_AGAIN, ApprovalStep, ApprovalUse, NewApproval};
use store::chain::AuditKey;
use store::{LiveApproval, Store};

/// What follows for a call that approval is asked for.
#[derive(Debug)]
pub(crate) enum Next {
    /// It was decided already, and is answered again.
    Again(DecisionId),
    /// It is denied, for what there is of it.
    Denied(Reason, DecisionApproval, Option<ApprovalStep>),
    /// These rules are met; whether the call may pass, is evaluated once more.
    Approved(Vec<RuleId>, ApprovalUse),
    /// There is nothing of it, or nothing that counts: it is asked for.
    File(Option<ApprovalId>),
}

/// A call with all that an approval of it is bound to.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    gathered: &'a Gathered,
    question: &'a Question,
    tenant: &'a TenantSlug,
    subject: &'a SubjectId,
    actor: Option<&'a SubjectId>,
    server: Option<ServerSlug>,
    tool: Option<&'a CompiledTool>,
    task: Option<TaskId>,
    context: Map<String, Value>,
    claims: Map<String, Value>,
    requirements: Vec<Requirement>,
    revision: Revision,
    named: Named,
    binding: String,
}

impl<'a> Asking<'a> {
    /// None: this call is not one that anybody can approve.
    pub(crate) fn of(
        question: &'a Question,
        gathered: &'a Gathered,
        set: &'a PolicySet,
        decision: &Decision,
        key: &AuditKey,
    ) -> Option<Self> {
        if decision.reason != Reason::ApprovalRequired || !question.files {
            return None;
        }
        let (facts, call) = (&gathered.facts, &question.call);
        let named = Named::of(call, key)?;
        let subject = &facts.identity.subject()?.id;
        let actor = match &facts.actor {
            Some(actor) => Some(&actor.subject()?.id),
            None => None,
        };
        let (server, tool) = match call.target(facts.credential.server.as_ref()) {
            Target::Tool { server, name } => {
                let tool = set.server(server.as_str())?.tool(&name)?;
                (Some(server), Some(tool))
            }
            _ => (facts.credential.server.clone(), None),
        };
        let requirements = requirements(decision, actor.is_some());
        let hold = requirements.iter().map(|asked| asked.terms.holds_for()).min()?;
        if hold <= 0 {
            return None;
        }
        let task = call.task().map(TaskId::from);
        let context = context_of(set, decision, call);
        let claims = claims_of(set, decision, facts);
        let mapped = mapped_of(set, decision, &EvaluationRequest { facts, call, approved: &[] })?;
        let tenant = &set.tenant.slug;
        let bound = Bound {
            tenant,
            subject,
            actor,
            credential: &facts.credential.id,
            server: server.as_ref(),
            action: &call.action,
            resource: &call.resource,
            arguments: &named.arguments,
            definition_hash: tool.and_then(|tool| tool.source.definition_hash.as_deref()),
            task: task.as_ref(),
            context: &context,
            claims: &claims,
            asserted: &facts.asserted,
            mapped: &mapped,
        };
        let binding = bound.digest(key);
        Some(Self {
            gathered,
            question,
            tenant,
            subject,
            actor,
            server,
            tool,
            task,
            context,
            claims,
            requirements,
            revision: decision.revision,
            named,
            binding,
        })
    }

    /// What there is that is bound to the same.
    fn mine(&self) -> impl Iterator<Item = &LiveApproval> {
        self.gathered.approvals.iter().filter(|found| found.binding == self.binding)
    }

    /// `lost`: the use that a try a moment ago did not get.
    pub(crate) fn next(&self, lost: Option<&ApprovalUse>) -> Next {
        let now = self.gathered.facts.now;
        let key = self.question.idempotency_key.as_ref().map(crate::Secret::digest);
        if let Some(key) = &key {
            let recent = |at: policy::Timestamp| now < at.saturating_add_micros(ANSWERED_AGAIN);
            let mut uses = self.mine().flat_map(|found| &found.calls);
            let same = uses.find(|used| used.idempotency.as_ref() == Some(key) && recent(used.at));
            if let Some(same) = same {
                return Next::Again(same.decision.clone());
            }
        }
        let part = |found: &LiveApproval, part: ApprovalPart| DecisionApproval {
            id: found.id.clone(),
            part,
            expires_at: found.expires_at,
        };
        let mut replaces = None;
        for found in self.mine() {
            match found.state {
                ApprovalState::Pending if now < found.expires_at => {
                    let step = ApprovalStep::Attempt(found.id.clone());
                    return Next::Denied(
                        Reason::ApprovalPending,
                        part(found, ApprovalPart::Pending),
                        Some(step),
                    );
                }
                ApprovalState::Denied if now < found.expires_at => {
                    return Next::Denied(Reason::ApprovalDenied, part(found, ApprovalPart::Denied), None);
                }
                ApprovalState::Approved if found.valid_until.is_some_and(|until| now < until) => {
                    match self.approved_by(found) {
                        Some((met, most, not_after)) => {
                            return Next::Approved(
                                met,
                                ApprovalUse {
                                    id: found.id.clone(),
                                    tenant: self.tenant.clone(),
                                    most,
                                    not_after,
                                    revision: self.revision,
                                    idempotency: key,
                                    at: now,
                                },
                            );
                        }
                        None => replaces = Some(found.id.clone()),
                    }
                }
                _ => {}
            }
        }
        match lost {
            Some(lost) if replaces.is_none() => self.gone(lost),
            _ => Next::File(replaces),
        }
    }

    /// Which rules these votes meet, how many uses the rules grant now, and until when. None: not enough any more.
    fn approved_by(&self, found: &LiveApproval) -> Option<(Vec<RuleId>, i64, policy::Timestamp)> {
        let now = self.gathered.facts.now;
        let asked = Asked {
            subject: self.subject,
            actor: self.actor,
            owners: &found.owners,
            filed_at: found.filed_at,
        };
        let terms: Vec<_> = self.requirements.iter().map(|asks| &asks.terms).collect();
        let votes = heard(&terms, &found.votes, &asked);
        let met: Vec<&Requirement> =
            self.requirements.iter().filter(|asks| is_met(&asks.terms, &votes, &asked, now)).collect();
        let most = i64::from(met.iter().map(|asks| asks.terms.uses).min()?);
        let hold = met.iter().map(|asks| asks.terms.holds_for()).min()?;
        let not_after = found.decided_at?.saturating_add_micros(hold);
        let left = found.used < most && found.used < found.uses && now < not_after;
        left.then(|| (met.into_iter().map(|asks| asks.rule.clone()).collect(), most, not_after))
    }

    /// The approval was there a moment ago.
    fn gone(&self, lost: &ApprovalUse) -> Next {
        let now = self.gathered.facts.now;
        let found = self.gathered.approvals.iter().find(|found| found.id == lost.id);
        let used = found.is_some_and(|found| found.state == ApprovalState::Used);
        let over = lost.not_after <= now
            || found.is_some_and(|found| found.valid_until.is_some_and(|until| until <= now));
        let reason = match (used, over) {
            (true, _) => Reason::ApprovalUsed,
            (false, true) => Reason::ApprovalExpired,
            // Taken back: it is asked for anew.
            (false, false) => return Next::File(None),
        };
        let approval =
            DecisionApproval { id: lost.id.clone(), part: ApprovalPart::Lost, expires_at: lost.not_after };
        Next::Denied(reason, approval, None)
    }

    /// The request to be filed. The whole arguments are sealed where the tool redacts any; and where no tool says what they
    /// are, as nothing of them is recorded then.
    pub(crate) async fn request(
        &self,
        store: &Store,
        vault: &Vault,
        key: &AuditKey,
        replaces: Option<ApprovalId>,
    ) -> Result<NewApproval, VaultError> {
        let facts = &self.gathered.facts;
        let id = ApprovalId::new(uuid::Uuid::now_v7().to_string());
        let known = self.question.call.arguments.known();
        let shown =
            known.map_or_else(|| self.named.text.clone(), |arguments| redacted(arguments, self.tool, key));
        let hides = match self.tool {
            Some(tool) => tool.redacts_anything(),
            None => shown != self.named.text,
        };
        let sealed = if hides {
            let current = store.vault_key().await?;
            Some(vault.seal_arguments(current.as_deref(), &id, &self.named.text)?)
        } else {
            None
        };
        let terms = || self.requirements.iter().map(|asked| &asked.terms);
        let hold_for = terms().map(policy::rule::ApprovalTerms::holds_for).min().unwrap_or(1);
        Ok(NewApproval {
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            actor: self.actor.cloned(),
            credential: facts.credential.id.clone(),
            server: self.server.clone(),
            tool: self.tool.map(|tool| tool.source.name.clone()),
            action: self.question.call.action.clone(),
            resource: self.question.call.resource.clone(),
            task: self.task.clone(),
            definition_hash: self.tool.and_then(|tool| tool.source.definition_hash.clone()),
            arguments_digest: self.named.arguments.clone(),
            call: self.named.call.clone(),
            binding: self.binding.clone(),
            context: self.context.clone(),
            claims: self.claims.clone(),
            arguments: shown,
            sealed,
            risk: self.tool.map(|tool| tool.source.risk),
            sensitivity: self.tool.map(|tool| tool.source.sensitivity),
            uses: i64::from(terms().map(|terms| terms.uses).min().unwrap_or(1)),
            hold_for,
            requirements: self.requirements.clone(),
            filed_at: facts.now,
            expires_at: facts.now.saturating_add_micros(hold_for),
            replaces,
            id,
        })
    }
}

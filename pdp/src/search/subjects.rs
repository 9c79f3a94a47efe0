//! Who may? The members of one tenant, page by page, each decided on as if its PEP vouched for it.

use super::{CHUNK, Match, Page, ROUNDS, Search, SearchError, Searcher, judge};
use crate::enforce::Question;
use crate::policies::Matched;
use policy::compile::PolicySet;
use policy::facts::{BoundFact, Facts, Identity};
use policy::labels::Trust;
use policy::{SubjectKind, TenantSlug};
use std::sync::Arc;
use store::search::{Member, Members};

impl Searcher {
    /// `facts`: of the enforcement key; whom they name is the one that is searched for.
    pub(super) async fn subjects(
        &self,
        facts: &Facts,
        search: &Search,
    ) -> Result<(Vec<Match>, Option<String>), SearchError> {
        let call = &search.question.call;
        let Some(tenant) = facts.credential.tenant.as_ref().or(call.tenant.as_ref()) else {
            return Err(SearchError::NoTenant);
        };
        // A type that nobody is of finds nobody.
        let Ok(kind) = search.question.subject.kind.parse::<SubjectKind>() else {
            return Ok((Vec::new(), None));
        };
        // Where nobody acts, the agent that the PEP names must be the caller itself, as in a call.
        let agent = call.context.get("agent").filter(|agent| !agent.is_null() && facts.actor.is_none());
        let agrees = |id: &str| agent.is_none_or(|agent| agent.as_str() == Some(id));
        let mut page = Page::new(search.limit);
        let mut after = search.after.clone();
        loop {
            let Some((members, set)) = self.members(tenant, after.as_deref()).await? else {
                return Ok(page.end(false));
            };
            let more = members.members.len() >= CHUNK;
            // What the call names is the same, whoever makes it.
            let bound = self.bound(&set, facts, std::slice::from_ref(call)).await?;
            for member in &members.members {
                let id = member.subject.id.as_str();
                let found = if member.subject.kind == kind && agrees(id) {
                    let mut facts = facts_of(facts, &members, member, &search.question, &bound);
                    judge(&set, &mut facts, call, id)
                } else {
                    None
                };
                page.look(id, found);
                if page.is_full() {
                    return Ok(page.end(true));
                }
            }
            match members.members.last().filter(|_| more) {
                Some(last) => after = Some(last.subject.id.to_string()),
                None => return Ok(page.end(false)),
            }
        }
    }

    /// The next members, with the policy of the same moment. None where there are no more, or no such tenant.
    async fn members(
        &self,
        tenant: &TenantSlug,
        after: Option<&str>,
    ) -> Result<Option<(Members, Arc<PolicySet>)>, SearchError> {
        for _ in 0..ROUNDS {
            let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
            let Some(members) = self.store.read_members(tenant, after, limit).await? else {
                return Ok(None);
            };
            match self.policies.at(tenant, members.revision, true).await? {
                Matched::Set(set) => return Ok(Some((members, set))),
                Matched::None => break,
                Matched::Reloaded => {}
            }
        }
        Err(SearchError::Unsettled)
    }
}

/// The facts of a call of this member.
fn facts_of(
    facts: &Facts,
    members: &Members,
    member: &Member,
    question: &Question,
    bound: &[BoundFact],
) -> Facts {
    let mut subject = member.subject.clone();
    if facts.credential.trust == Trust::AssertAttributes {
        subject.attributes.extend(question.subject.properties.clone());
    }
    Facts {
        now: members.now,
        global_revision: members.revision.global,
        identity: Identity::Asserted { subject },
        memberships: vec![member.membership.clone()],
        bound: bound.to_vec(),
        ..facts.clone()
    }
}

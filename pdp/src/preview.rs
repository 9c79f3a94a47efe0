//! The door that only looks: the same steps 1 to 5 for a person who asks what would happen.

use crate::Pdp;
use crate::enforce::evaluate_caught;
use crate::facts::{actor, bound};
use crate::policies::{Matched, Policies};
use policy::evaluate::EvaluationRequest;
use policy::facts::{AssertedProperties, CredentialFacts, Facts, Identity};
use policy::labels::{ArgumentsMode, Responses, Search, Trust};
use policy::{Call, Decision, Reach, ResourceRef, ServerSlug, SubjectId, TenantSlug};
use std::sync::Arc;
use store::{CallerBy, CredentialBy, LiveQuery, Store, StoreError};

/// "What would happen if …": a registered subject and a call, without any key. Who acts for the subject, and the
/// task, stand in the call's context, where a PEP that vouches for its callers names them.
#[derive(Debug, Clone)]
pub struct Preview {
    pub subject: SubjectId,
    /// The server whose enforcement key would ask; the call's resource id is then the whole tool name. None: the key is
    /// bound to no server.
    pub server: Option<ServerSlug>,
    pub call: Call,
    /// What the asking side says of action and resource. Where it says anything, it is one that is believed
    /// (`assert_attributes`).
    pub properties: AssertedProperties,
}

#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    #[error("the live state could not be read")]
    Store(#[from] StoreError),
    #[error("the policy kept changing while it was read; try again")]
    Unsettled,
}

/// Answers previews. It has no recorder, so it cannot append, file, use or count anything.
#[derive(Debug, Clone)]
pub struct Previewer {
    store: Store,
    pub(crate) policies: Arc<Policies>,
    /// How far whoever asks reaches.
    reach: Reach,
}

impl Pdp {
    /// The looking door of a running service; it shares the compiled policies.
    pub fn previewer(&self) -> Previewer {
        Previewer { store: self.store.clone(), policies: self.policies.clone(), reach: Reach::Everything }
    }
}

impl Previewer {
    pub fn new(store: Store) -> Self {
        Self { policies: Arc::new(Policies::new(store.clone())), store, reach: Reach::Everything }
    }

    /// The same for who reaches so far. What is of other tenants is then as if it were not there, so that no answer
    /// tells it from what is nowhere: who is a member of others alone, whether it calls or acts, which others
    /// somebody belongs to, and their resources.
    #[must_use]
    pub fn within(self, reach: Reach) -> Self {
        Self { reach, ..self }
    }

    /// Decides without recording, filing, using or counting anything.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub async fn preview(&self, preview: &Preview) -> Result<Decision, PreviewError> {
        let mut asked = Vec::new();
        for _ in 0..5 {
            let mut facts = self.preview_facts(preview, &asked).await?;
            let set = match self.policies.matching(&facts, &preview.call, true).await? {
                Matched::Set(set) => Some(set),
                Matched::None => None,
                Matched::Reloaded => continue,
            };
            if let Some(set) = &set
                && let Err(wanted) = bound::settle(&mut facts, set, &preview.call)
            {
                asked = wanted;
                continue;
            }
            let request = EvaluationRequest { facts: &facts, call: &preview.call, approved: &[] };
            return Ok(evaluate_caught(set.as_deref(), &request));
        }
        Err(PreviewError::Unsettled)
    }

    /// `asked`: registered resources to be read along; the facts need [`bound::settle`] where there are any.
    pub(crate) async fn preview_facts(
        &self,
        preview: &Preview,
        asked: &[ResourceRef],
    ) -> Result<Facts, StoreError> {
        // Whether somebody is seen hangs on all of their memberships, whichever is asked about.
        let is_everything = self.reach.is_everything();
        let tenant = preview.call.tenant.as_ref().filter(|_| is_everything);
        let mut state = self
            .store
            .read_live(&LiveQuery {
                credential: CredentialBy::None,
                caller: CallerBy::Subject(preview.subject.as_str()),
                tenant: tenant.map(TenantSlug::as_str),
                bound: asked,
                actor: actor::named(&preview.call),
                task: preview.call.task(),
                approvals: None,
            })
            .await?;
        state.memberships.retain(|held| self.reach.holds(held.tenant.as_str()));
        state.bound.retain(|found| self.reach.holds(found.facts.tenant.as_str()));
        let is_seen = is_everything || !state.memberships.is_empty();
        if let Some(acting) = &mut state.actor {
            acting.memberships.retain(|held| self.reach.holds(held.tenant.as_str()));
        }
        let acting = state.actor.filter(|acting| is_everything || !acting.memberships.is_empty());
        let says_nothing = preview.properties.is_empty();
        let identity = match state.subject.filter(|_| is_seen) {
            Some(subject) => Identity::Asserted { subject },
            None => Identity::UnknownSubject { id: preview.subject.to_string() },
        };
        Ok(Facts {
            now: state.now,
            global_revision: state.global_revision,
            credential: CredentialFacts {
                id: "preview".into(),
                name: "preview".into(),
                tenant: None,
                server: preview.server.clone(),
                trust: if says_nothing { Trust::AssertSubject } else { Trust::AssertAttributes },
                arguments: ArgumentsMode::Required,
                responses: Responses::Explained,
                search: Search::Nothing,
            },
            identity,
            memberships: state.memberships,
            asserted: preview.properties.clone(),
            bound: bound::read(asked, state.bound),
            actor: actor::vouched(&preview.call, acting),
            task: state.task,
        })
    }
}

//! Searches (AuthZEN 1.0, section 8): who may do this, to what, and what may be done?
//!
//! The looking door: each candidate is decided through the very code that decides calls, and nothing is recorded, filed,
//! used or counted. A search is exact: it finds what an evaluation of the same question would allow. Only of a tool call
//! without its arguments it finds who could be allowed, and says under which conditions.

mod candidates;
mod subjects;

pub use policy::evaluate::{Clause, Could, Verdict};

use crate::Pdp;
use crate::enforce::{AskError, Question, evaluate_caught};
use crate::facts::{self, bound};
use crate::policies::{Matched, Policies};
use crate::secret::Secret;
use crate::tokens::Tokens;
use candidates::Candidates;
use policy::arguments::{Arguments, canonical};
use policy::call::Target;
use policy::compile::PolicySet;
use policy::evaluate::{EvaluationRequest, Open, could, resources_of};
use policy::facts::{BoundFact, Facts};
use policy::labels::{Responses, Search as Scope};
use policy::{Call, CredentialId, ResourceRef};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::{Store, StoreError};

/// How many candidates are looked at together.
const CHUNK: usize = 200;
/// How many candidates one search looks at before it hands out what it has.
const MOST_LOOKED_AT: usize = 1_000;
/// How often facts and policy are read anew before a search gives up.
const ROUNDS: usize = 4;
/// The largest arguments of a search, in bytes of their canonical form: they are held against every candidate.
const MAX_ARGUMENTS: usize = 8 * 1024;

/// What is searched for. Of the question, the entity that is searched for says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    Subjects,
    Resources,
    Actions,
}

/// One page of a search.
#[derive(Debug, Clone)]
pub struct Search {
    pub wanted: Wanted,
    pub question: Question,
    /// Where it goes on: [`Found::next`] of the page before.
    pub after: Option<String>,
    pub limit: usize,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The subject's or resource's id, or the action's name.
    pub id: String,
    /// How far it could come, where the question leaves that open.
    pub could: Option<Could>,
}

#[derive(Debug, Clone)]
pub struct Found {
    /// In the order of their ids.
    pub matches: Vec<Match>,
    /// None: there is no more.
    pub next: Option<String>,
    /// How much the credential lets its PEP see.
    pub responses: Responses,
    pub credential: CredentialId,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error("this enforcement key may not search; its setting `search` is `none`")]
    NotAllowed,
    #[error("name one tenant in `context.tenant`; the enforcement key is bound to none")]
    NoTenant,
    #[error("the arguments of a search must not be larger than {MAX_ARGUMENTS} bytes")]
    ArgumentsTooLarge,
    #[error("the live state could not be read")]
    Store(#[from] StoreError),
    #[error("the policy kept changing while it was read; try again")]
    Unsettled,
}

/// Answers searches. It has no recorder, so it cannot append, file, use or count anything.
#[derive(Debug, Clone)]
pub struct Searcher {
    store: Store,
    policies: Arc<Policies>,
    tokens: Arc<Tokens>,
}

impl Pdp {
    /// The looking door for searches; it shares the compiled policies.
    pub fn searcher(&self) -> Searcher {
        Searcher {
            store: self.store.clone(),
            policies: Arc::clone(&self.policies),
            tokens: Arc::clone(&self.tokens),
        }
    }
}

impl Searcher {
    /// One page of what is found.
    ///
    /// # Errors
    /// When the PEP's key is not valid or may not search, the question is no search, or the state cannot be read.
    pub async fn search(&self, key: &Secret, search: &Search) -> Result<Found, SearchError> {
        let facts = self.look(key, &search.question).await?;
        if facts.credential.search != Scope::Own {
            return Err(SearchError::NotAllowed);
        }
        if let Some(arguments) = search.question.call.arguments.known()
            && canonical(arguments).len() > MAX_ARGUMENTS
        {
            return Err(SearchError::ArgumentsTooLarge);
        }
        let (responses, credential) = (facts.credential.responses, facts.credential.id.clone());
        let (matches, next) = match search.wanted {
            Wanted::Subjects => self.subjects(&facts, search).await?,
            Wanted::Resources | Wanted::Actions => self.of_subject(key, facts, search).await?,
        };
        Ok(Found { matches, next, responses, credential })
    }

    async fn look(&self, key: &Secret, question: &Question) -> Result<Facts, SearchError> {
        Ok(facts::look(&self.store, &self.tokens, key, question).await??.facts)
    }

    /// Resources or actions: the caller is known, and the candidates come from the policy and what is registered.
    async fn of_subject(
        &self,
        key: &Secret,
        mut facts: Facts,
        search: &Search,
    ) -> Result<(Vec<Match>, Option<String>), SearchError> {
        let call = &search.question.call;
        let mut rounds = 0;
        let set = loop {
            rounds += 1;
            match self.policies.matching(&facts, call, rounds < ROUNDS).await? {
                Matched::Set(set) => break set,
                // Nobody, or of no tenant: every call is denied.
                Matched::None => return Ok((Vec::new(), None)),
                Matched::Reloaded => facts = self.look(key, &search.question).await?,
            }
        };
        facts.keep_roles(|name| set.is_global_role(name));
        let mut page = Page::new(search.limit);
        let mut after = search.after.clone();
        loop {
            let candidates = Candidates { store: &self.store, set: &set, facts: &facts, call };
            let found = match search.wanted {
                Wanted::Actions => candidates.actions(after.as_deref(), CHUNK),
                Wanted::Resources | Wanted::Subjects => candidates.resources(after.as_deref(), CHUNK).await?,
            };
            let calls: Vec<Call> = found.ids.iter().map(|id| with(call, search.wanted, id)).collect();
            let bound = self.bound(&set, &facts, &calls).await?;
            for (id, call) in found.ids.iter().zip(&calls) {
                facts.bound.clone_from(&bound);
                let found = judge(&set, &mut facts, call, id);
                page.look(id, found);
                if page.is_full() {
                    return Ok(page.end(true));
                }
            }
            match found.more.then(|| found.ids.last().cloned()).flatten() {
                Some(last) => after = Some(last),
                None => return Ok(page.end(false)),
            }
        }
    }

    /// What is registered of the resources that these calls name.
    async fn bound(
        &self,
        set: &PolicySet,
        facts: &Facts,
        calls: &[Call],
    ) -> Result<Vec<BoundFact>, StoreError> {
        let mut named: Vec<ResourceRef> = Vec::new();
        for call in calls {
            named.extend(resources_of(set, facts, call).into_iter().map(|one| one.resource));
        }
        named.sort_by(|a, b| (&a.kind, &a.id).cmp(&(&b.kind, &b.id)));
        named.dedup();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.store.find_resources(&named).await?;
        Ok(bound::read(&named, found))
    }
}

/// The call with the candidate in the place of what is searched for.
fn with(call: &Call, wanted: Wanted, id: &str) -> Call {
    let mut call = call.clone();
    match wanted {
        Wanted::Actions => id.clone_into(&mut call.action),
        Wanted::Resources | Wanted::Subjects => id.clone_into(&mut call.resource.id),
    }
    call
}

/// The candidate, where it is one that is found. `facts.bound` holds what was read for this call and others.
fn judge(set: &PolicySet, facts: &mut Facts, call: &Call, id: &str) -> Option<Match> {
    if bound::settle(facts, set, call).is_err() {
        return None;
    }
    let facts: &Facts = facts;
    let request = EvaluationRequest { facts, call, approved: &[] };
    if !leaves_arguments_open(call) {
        let allowed = evaluate_caught(Some(set), &request).is_allow();
        return allowed.then(|| Match { id: id.to_owned(), could: None });
    }
    // A panic is a denial here as well.
    let found = catch_unwind(AssertUnwindSafe(|| could(Some(set), &request, Open::ARGUMENTS))).ok()?;
    (found.verdict != Verdict::Never).then(|| Match { id: id.to_owned(), could: Some(found) })
}

/// A tool call whose arguments were not sent: it is asked who could.
fn leaves_arguments_open(call: &Call) -> bool {
    call.arguments == Arguments::NotSent && matches!(call.target(None), Target::Tool { .. } | Target::Unnamed)
}

/// What one search has found so far.
struct Page {
    limit: usize,
    looked_at: usize,
    matches: Vec<Match>,
    last: Option<String>,
}

impl Page {
    fn new(limit: usize) -> Self {
        Self { limit, looked_at: 0, matches: Vec::new(), last: None }
    }

    fn look(&mut self, id: &str, found: Option<Match>) {
        self.looked_at += 1;
        self.last = Some(id.to_owned());
        self.matches.extend(found);
    }

    fn is_full(&self) -> bool {
        self.matches.len() >= self.limit || self.looked_at >= MOST_LOOKED_AT
    }

    /// `more`: whether there may be more.
    fn end(self, more: bool) -> (Vec<Match>, Option<String>) {
        (self.matches, self.last.filter(|_| more))
    }
}

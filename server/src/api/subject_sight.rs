//! What of a subject a token of one tenant is told. A subject may be in other tenants as well: what it is there, is theirs
//! to know.

use super::ApiState;
use super::administrator::Administrator;
use super::problem::Problem;
use policy::{Reach, SubjectId};
use std::collections::BTreeMap;
use store::administration::Subject;

/// The eyes of one request: each issuer and each owner is looked up once.
pub(super) struct Sight<'a> {
    state: &'a ApiState,
    administrator: &'a Administrator,
    issuers: BTreeMap<String, bool>,
    owners: BTreeMap<SubjectId, bool>,
}

impl<'a> Sight<'a> {
    pub(super) fn new(state: &'a ApiState, administrator: &'a Administrator) -> Self {
        Self { state, administrator, issuers: BTreeMap::new(), owners: BTreeMap::new() }
    }

    /// The subject without identities of issuers that speak for other tenants alone, or did, and without an owner who is no
    /// member. A token of every tenant sees all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn of(&mut self, mut subject: Subject) -> Result<Subject, Problem> {
        let Some(own) = self.administrator.tenant() else { return Ok(subject) };
        let reach = Reach::from(Some(own));
        let mut identities = Vec::with_capacity(subject.identities.len());
        for identity in subject.identities {
            let seen = match self.issuers.get(&identity.issuer) {
                Some(seen) => *seen,
                None => {
                    let seen = self.state.store.shows_identities_of(&identity.issuer, &reach).await?;
                    self.issuers.insert(identity.issuer.clone(), seen);
                    seen
                }
            };
            if seen {
                identities.push(identity);
            }
        }
        subject.identities = identities;
        if let Some(owner) = subject.owner.take() {
            let seen = match self.owners.get(&owner) {
                Some(seen) => *seen,
                None => {
                    let seen = self.state.store.get_membership(&owner, own).await?.is_some();
                    self.owners.insert(owner.clone(), seen);
                    seen
                }
            };
            subject.owner = seen.then_some(owner);
        }
        Ok(subject)
    }
}

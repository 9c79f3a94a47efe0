//! Reading what a request is judged by: for a page, or within the unit of work that decides.

use policy::approval::Person;
use policy::{ApprovalId, Reach, RuleId, ServerSlug, SubjectId, TenantSlug, Timestamp};
use store::accounts::Account;
use store::administration::{Membership, StoredRule, Subject, Tool};
use store::approvals::{ApprovalVote, Substitute};
use store::{Store, StoreError, Writer};

/// Where is read.
pub(super) enum Reader<'a> {
    Page { store: &'a Store, now: Timestamp },
    Deciding(&'a mut Writer),
}

impl Reader<'_> {
    pub(super) fn now(&self) -> Timestamp {
        match self {
            Self::Page { now, .. } => *now,
            Self::Deciding(writer) => writer.now(),
        }
    }

    pub(super) async fn account(&mut self, id: &str) -> Result<Option<Account>, StoreError> {
        match self {
            Self::Page { store, .. } => store.account(id).await,
            Self::Deciding(writer) => writer.get_account(id).await,
        }
    }

    pub(super) async fn subject(&mut self, id: &SubjectId) -> Result<Option<Subject>, StoreError> {
        match self {
            Self::Page { store, .. } => store.get_subject(id).await,
            Self::Deciding(writer) => writer.get_subject(id).await,
        }
    }

    async fn membership(
        &mut self,
        subject: &SubjectId,
        tenant: &TenantSlug,
    ) -> Result<Option<Membership>, StoreError> {
        match self {
            Self::Page { store, .. } => store.get_membership(subject, tenant).await,
            Self::Deciding(writer) => writer.get_membership(subject, tenant).await,
        }
    }

    pub(super) async fn rule(&mut self, id: &RuleId) -> Result<Option<StoredRule>, StoreError> {
        match self {
            Self::Page { store, .. } => store.get_rule(id).await,
            Self::Deciding(writer) => writer.get_rule(id).await,
        }
    }

    pub(super) async fn tool(&mut self, server: &ServerSlug, name: &str) -> Result<Option<Tool>, StoreError> {
        match self {
            Self::Page { store, .. } => store.get_tool(server, name).await,
            Self::Deciding(writer) => writer.get_tool(server, name).await,
        }
    }

    pub(super) async fn votes(&mut self, id: &ApprovalId) -> Result<Vec<ApprovalVote>, StoreError> {
        match self {
            Self::Page { store, .. } => store.list_approval_votes(id).await,
            Self::Deciding(writer) => writer.list_approval_votes(id).await,
        }
    }

    /// Where this person answers requests themselves.
    pub(super) async fn approving_reach(&mut self, person: &SubjectId) -> Result<Reach, StoreError> {
        match self {
            Self::Page { store, .. } => store.approving_reach(person).await,
            Self::Deciding(writer) => writer.approving_reach(person).await,
        }
    }

    /// In whose place this person answers now.
    pub(super) async fn duties(&mut self, person: &SubjectId) -> Result<Vec<Substitute>, StoreError> {
        match self {
            Self::Page { store, now } => store.list_duties(person, *now).await,
            Self::Deciding(writer) => writer.list_duties(person).await,
        }
    }

    /// Somebody as they are now in this tenant.
    pub(super) async fn person(
        &mut self,
        id: &SubjectId,
        tenant: &TenantSlug,
    ) -> Result<Option<Person>, StoreError> {
        let Some(subject) = self.subject(id).await? else { return Ok(None) };
        let now = self.now();
        let held = self.membership(id, tenant).await?;
        let held = held.filter(|held| held.until.is_none_or(|until| now < until));
        Ok(Some(Person {
            id: subject.id,
            kind: subject.kind,
            active: subject.active,
            member: held.is_some(),
            roles: held.map(|held| held.roles).unwrap_or_default(),
        }))
    }
}

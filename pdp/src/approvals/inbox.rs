//! What waits for an account: the requests that ask its person, or somebody in whose place that person answers.

use super::{ApprovalError, Approvals};
use policy::{ApprovalId, Reach, SubjectId, TenantSlug};
use store::approvals::{Approval, AskedPerson};

impl Approvals {
    /// The most pressing first: by risk, then by age. Nothing waits for an account that is nobody's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inbox(&self, account: &str, limit: u64) -> Result<Vec<Approval>, ApprovalError> {
        let Some((me, duties)) = self.duties(account).await? else { return Ok(Vec::new()) };
        Ok(self.store.list_asked(&me, &duties, limit).await?)
    }

    /// As [`Self::inbox`], of one tenant where one is given, from behind the request `after` on, whatever became of it. Behind
    /// one that there is not is nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inbox_page(
        &self,
        account: &str,
        tenant: Option<&TenantSlug>,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, ApprovalError> {
        let Some((me, mut duties)) = self.duties(account).await? else { return Ok(Vec::new()) };
        for duty in &mut duties {
            duty.memberships.retain(|(held, _)| tenant.is_none_or(|tenant| tenant == held));
        }
        let after = match after {
            Some(id) => match self.store.get_approval(&ApprovalId::new(id)).await? {
                Some(approval) => Some(approval),
                None => return Ok(Vec::new()),
            },
            None => None,
        };
        Ok(self.store.list_asked_behind(&me, &duties, after.as_ref(), limit).await?)
    }

    /// How many wait, counted no further than [`store::approvals::MOST_COUNTED`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn inbox_count(&self, account: &str) -> Result<i64, ApprovalError> {
        let Some((me, duties)) = self.duties(account).await? else { return Ok(0) };
        Ok(self.store.count_asked(&me, &duties).await?)
    }

    /// Whose duties this account does, its own first.
    async fn duties(&self, account: &str) -> Result<Option<(SubjectId, Vec<AskedPerson>)>, ApprovalError> {
        let account = self.store.account(account).await?.filter(|account| account.active);
        let Some(account) = account else { return Ok(None) };
        let Some(me) = account.subject else { return Ok(None) };
        let now = self.store.now().await?;
        let away = self.store.list_duties(&me, now).await?.into_iter().map(|named| named.person);
        let mut duties = Vec::new();
        for person in std::iter::once(me.clone()).chain(away) {
            if !self.store.get_subject(&person).await?.is_some_and(|subject| subject.active) {
                if person == me {
                    return Ok(None);
                }
                continue;
            }
            let theirs =
                if person == me { Reach::Everything } else { self.store.approving_reach(&person).await? };
            let held = self.store.list_memberships(&person).await?.into_iter();
            let held = held.filter(|held| held.until.is_none_or(|until| now < until));
            let reaches = |tenant: &str| account.reach.holds(tenant) && theirs.holds(tenant);
            let held = held.filter(|held| reaches(held.tenant.as_str()));
            let memberships = held.map(|held| (held.tenant, held.roles)).collect();
            duties.push(AskedPerson { person, memberships });
        }
        Ok(Some((me, duties)))
    }
}

//! What waits for an account: the requests that ask its person, or somebody in whose place that person answers.

use super::{ApprovalError, Approvals};
use policy::SubjectId;
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

    /// How many wait.
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
        let Some(me) = account.and_then(|account| account.subject) else { return Ok(None) };
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
            let held = self.store.list_memberships(&person).await?.into_iter();
            let held = held.filter(|held| held.until.is_none_or(|until| now < until));
            let memberships = held.map(|held| (held.tenant, held.roles)).collect();
            duties.push(AskedPerson { person, memberships });
        }
        Ok(Some((me, duties)))
    }
}

//! What an owner changes of an account in one form: all of it, or nothing.

use super::owners::keep_an_owner;
use super::person::name_person;
use super::writing::{give_role, hold};
use super::{AccountError, AccountRole};
use crate::Store;
use crate::administration::Actor;
use policy::{Reach, SubjectId, Timestamp};

/// What an account is to be.
#[derive(Debug, Clone, Copy)]
pub struct AccountChange<'a> {
    /// The role, and where it counts. None: both stay as they are, what a provider tells of.
    pub grant: Option<(AccountRole, &'a Reach)>,
    /// Whose account it is. None: nobody's.
    pub subject: Option<&'a SubjectId>,
}

impl Store {
    /// Gives the account a role and says whose it is, each as by itself ([`Store::set_account_grant`],
    /// [`Store::set_account_subject`]), in one transaction. True where that took away the way in that a token had handed out: then
    /// it takes a new link.
    ///
    /// # Errors
    /// When there is no such account, person or tenant, or it is the last active owner's; then neither is changed.
    pub async fn change_account(
        &self,
        id: &str,
        change: &AccountChange<'_>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let takes =
            |(role, reach): (AccountRole, &Reach)| role != AccountRole::Owner || !reach.is_everything();
        if change.grant.is_some_and(takes) {
            keep_an_owner(&mut tx, id).await?;
        }
        let before = hold(&mut tx, id).await?;
        let handed_out = before.handed_out_by.is_some();
        let mut after = name_person(&mut tx, before, change.subject, by, now).await?;
        if let Some(grant) = change.grant {
            after = give_role(&mut tx, &after, grant, by, now).await?;
        }
        tx.commit().await?;
        Ok(handed_out && after.handed_out_by.is_none())
    }
}

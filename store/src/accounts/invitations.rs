//! Links that an administrator hands over: to a new account, and to one whose password is lost. Both lead to the page on
//! which its holder chooses a password, once; who made the link never knows it.

use super::events::{self, Event, Note};
use super::owners::refuse_tokens;
use super::setup::{LinkPurpose, put_link};
use super::writing::hold;
use super::{Account, AccountError, NewAccount, RoleSource, insert};
use crate::Store;
use crate::administration::Actor;
use policy::Timestamp;

impl Store {
    /// Makes an account, and the link by which its holder chooses a password. `digest`: of the link's secret.
    ///
    /// # Errors
    /// When the login or the name is not one, or the login is taken; then nothing is made.
    pub async fn invite_account(
        &self,
        new: &NewAccount,
        digest: &[u8; 32],
        by: &Actor,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Account, AccountError> {
        refuse_tokens(by, new.role)?;
        let mut tx = self.db.begin_write().await?;
        let new = NewAccount { password_hash: None, ..new.clone() };
        let account = insert(&mut tx, &new, RoleSource::Given, Event::Invited, by, now).await?;
        put_link(&mut tx, digest, LinkPurpose::Recover, Some(&account.id), false, (now, expires_at)).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Makes the link by which the holder of the account chooses another password. The one it has works until then.
    /// `forgets_passkeys`: using it also removes the account's passkeys, which work until then as well.
    ///
    /// # Errors
    /// When there is no such account, it is switched off, or its role is told by a provider.
    pub async fn reset_account(
        &self,
        id: &str,
        digest: &[u8; 32],
        forgets_passkeys: bool,
        by: &Actor,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let account = hold(&mut tx, id).await?;
        refuse_tokens(by, account.role)?;
        if !account.active {
            // The link would switch it on again.
            return Err(AccountError::Stale);
        }
        if account.role_source != RoleSource::Given {
            return Err(AccountError::ToldElsewhere);
        }
        put_link(&mut tx, digest, LinkPurpose::Recover, Some(id), forgets_passkeys, (now, expires_at))
            .await?;
        let event = if forgets_passkeys { Event::ResetLinkMadeForgetting } else { Event::ResetLinkMade };
        events::record(&mut tx, &Note::of(event, &account), by, now).await?;
        tx.commit().await?;
        Ok(account)
    }
}

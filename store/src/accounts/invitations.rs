//! Links that an administrator hands over: to a new account, and to one whose password is lost. Both lead to the page on
//! which its holder chooses a password, once; who made the link never knows it.

use super::events::{self, Event, Note};
use super::handed_out::token_of;
use super::links::{LinkPurpose, NewLink, consume, put_link, whose};
use super::owners::{refuse_links_of_tokens, refuse_tokens};
use super::writing::{hold, renew};
use super::{Account, AccountError, NewAccount, PasswordHash, RoleSource, insert, passkeys};
use crate::Store;
use crate::administration::{Actor, Via};
use crate::sessions::delete_of_account;
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
        let link = NewLink {
            digest,
            purpose: LinkPurpose::Recover,
            account: Some(&account.id),
            forgets_passkeys: false,
            handed_out_by: token_of(by),
            made_at: now,
            expires_at,
        };
        put_link(&mut tx, &link).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Makes the link by which the holder of the account chooses another password. The one it has works until then.
    /// `forgets_passkeys`: using it also removes the account's passkeys, which work until then as well.
    ///
    /// # Errors
    /// When there is no such account, it is switched off, its role is told by a provider, or a token asks for more than it may
    /// hand out; then links that were made before go on to work.
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
        refuse_links_of_tokens(by, &account, forgets_passkeys)?;
        if !account.active {
            // The link would switch it on again.
            return Err(AccountError::Stale);
        }
        if account.role_source != RoleSource::Given {
            return Err(AccountError::ToldElsewhere);
        }
        let link = NewLink {
            digest,
            purpose: LinkPurpose::Recover,
            account: Some(id),
            forgets_passkeys,
            handed_out_by: token_of(by),
            made_at: now,
            expires_at,
        };
        put_link(&mut tx, &link).await?;
        let event = if forgets_passkeys { Event::ResetLinkMadeForgetting } else { Event::ResetLinkMade };
        events::record(&mut tx, &Note::of(event, &account), by, now).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Uses a recovery link up: sets the password, switches the account on, and ends all its sessions; where the link was
    /// made so, or takes the account back from whoever a token let in, it also removes the passkeys. From now on the
    /// account is entered by what whoever made the link handed out. Only a page of the console does so, and it is written
    /// down as the doing of the account itself.
    ///
    /// # Errors
    /// When the link is not valid, or its account is gone.
    pub async fn recover_account(
        &self,
        link: &[u8; 32],
        hash: &PasswordHash,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let purpose = LinkPurpose::Recover;
        let mut tx = self.db.begin_write().await?;
        // The account before the link, as all changes of accounts do: none waits for another in a circle.
        let id = whose(&mut tx, link, purpose, now).await?.ok_or(AccountError::LinkNotValid)?;
        let before = hold(&mut tx, &id).await?;
        let used = consume(&mut tx, link, purpose, now).await?.ok_or(AccountError::LinkNotValid)?;
        let entered = Account { handed_out_by: used.handed_out_by, ..before.clone() };
        let after = renew(&mut tx, &entered, hash).await?;
        let ended_sessions = tx.execute(&delete_of_account(&id, None)).await?;
        let by = Actor { name: after.login.clone(), via: Via::Console, request_id };
        let note = Note { event: Event::Recovered, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, &by, now).await?;
        // Whoever came in by what a token handed out may have left a passkey there, and would come in by it again.
        let takes_back = before.handed_out_by.is_some() && after.handed_out_by.is_none();
        let after = if used.forgets_passkeys || takes_back {
            passkeys::forget(&mut tx, &after, &by, now).await?
        } else {
            after
        };
        tx.commit().await?;
        Ok(after)
    }
}

//! The first owner, and the one-time links that lead to set-up and recovery.

use super::events::{self, Event, Note};
use super::writing::{hold, renew};
use super::{
    Account, AccountError, AccountRole, Accounts, NewAccount, PasswordHash, RoleSource, insert, passkeys,
};
use crate::Store;
use crate::administration::{Actor, Via};
use crate::db::{StoreError, Tx};
use crate::sessions::delete_of_account;
use policy::{Reach, Timestamp};
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query, SelectStatement, UpdateStatement};

#[derive(Debug, Clone, Copy, Iden)]
enum ConsoleSetup {
    Table,
    Id,
    ClosedAt,
    Account,
}

#[derive(Debug, Clone, Copy, Iden)]
enum SetupLinks {
    Table,
    Digest,
    Purpose,
    Account,
    CreatedAt,
    ExpiresAt,
    UsedAt,
    ForgetsPasskeys,
}

/// What a link leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Making the first owner.
    Setup,
    /// A new password for one account.
    Recover,
}

impl LinkPurpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Recover => "recover",
        }
    }
}

/// A link that was just used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupLink {
    pub purpose: LinkPurpose,
    pub account: Option<String>,
    pub created_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct ClosedRow {
    id: i64,
}

#[derive(sqlx::FromRow)]
struct AccountIdRow {
    id: String,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    account: Option<String>,
    created_at: i64,
    forgets_passkeys: i64,
}

fn closed() -> SelectStatement {
    Query::select().column(ConsoleSetup::Id).from(ConsoleSetup::Table).take()
}

fn any_account() -> SelectStatement {
    Query::select().column(Accounts::Id).from(Accounts::Table).limit(1).take()
}

/// Notes that an account exists. Once noted, it stays so.
pub(super) async fn close(tx: &mut Tx, account: &str, now: Timestamp) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table(ConsoleSetup::Table)
        .columns([ConsoleSetup::Id, ConsoleSetup::ClosedAt, ConsoleSetup::Account])
        .values_panic([1_i64.into(), now.micros().into(), account.into()])
        .on_conflict(OnConflict::column(ConsoleSetup::Id).do_nothing().to_owned())
        .take();
    tx.execute(&insert).await.map(|_| ())
}

async fn is_open(tx: &mut Tx) -> Result<bool, StoreError> {
    let closed = tx.fetch_optional::<ClosedRow>(&closed()).await?.is_some_and(|row| row.id == 1);
    let account = tx.fetch_optional::<AccountIdRow>(&any_account()).await?;
    Ok(!closed && account.is_none_or(|row| row.id.is_empty()))
}

fn use_up(digest: &[u8; 32], purpose: LinkPurpose, now: Timestamp) -> UpdateStatement {
    Query::update()
        .table(SetupLinks::Table)
        .value(SetupLinks::UsedAt, now.micros())
        .and_where(Expr::col(SetupLinks::Digest).eq(digest.to_vec()))
        .and_where(Expr::col(SetupLinks::Purpose).eq(purpose.as_str()))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .and_where(Expr::col(SetupLinks::ExpiresAt).gt(now.micros()))
        .take()
}

/// The link, if it would work now.
fn valid(digest: &[u8; 32], purpose: LinkPurpose, now: Timestamp) -> SelectStatement {
    Query::select()
        .columns([SetupLinks::Account, SetupLinks::CreatedAt, SetupLinks::ForgetsPasskeys])
        .from(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Digest).eq(digest.to_vec()))
        .and_where(Expr::col(SetupLinks::Purpose).eq(purpose.as_str()))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .and_where(Expr::col(SetupLinks::ExpiresAt).gt(now.micros()))
        .take()
}

/// Uses the link up: of all who try with the same link, one succeeds.
async fn consume(
    tx: &mut Tx,
    digest: &[u8; 32],
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<SetupLink>, StoreError> {
    if tx.execute(&use_up(digest, purpose, now)).await? == 0 {
        return Ok(None);
    }
    let query = Query::select()
        .columns([SetupLinks::Account, SetupLinks::CreatedAt, SetupLinks::ForgetsPasskeys])
        .from(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Digest).eq(digest.to_vec()))
        .take();
    let row = tx.fetch_optional::<LinkRow>(&query).await?;
    Ok(row.map(|row| SetupLink {
        purpose,
        account: row.account,
        created_at: Timestamp::from_micros(row.created_at),
    }))
}

/// Removes the links with which an account could still be taken over.
pub(super) fn unused_links_of(account: &str) -> sea_query::DeleteStatement {
    Query::delete()
        .from_table(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Account).eq(account))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .take()
}

/// Puts the link in the place of earlier unused ones for the same end. `forgets_passkeys`: using it removes those of the
/// account.
pub(super) async fn put_link(
    tx: &mut Tx,
    digest: &[u8; 32],
    purpose: LinkPurpose,
    account: Option<&str>,
    forgets_passkeys: bool,
    (now, expires_at): (Timestamp, Timestamp),
) -> Result<(), AccountError> {
    let whose = match account {
        Some(id) => Expr::col(SetupLinks::Account).eq(id),
        None => Expr::col(SetupLinks::Account).is_null(),
    };
    let earlier = Query::delete()
        .from_table(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Purpose).eq(purpose.as_str()))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .and_where(whose)
        .take();
    tx.execute(&earlier).await?;
    let insert = Query::insert()
        .into_table(SetupLinks::Table)
        .columns([
            SetupLinks::Digest,
            SetupLinks::Purpose,
            SetupLinks::Account,
            SetupLinks::CreatedAt,
            SetupLinks::ExpiresAt,
            SetupLinks::ForgetsPasskeys,
        ])
        .values_panic([
            digest.to_vec().into(),
            purpose.as_str().into(),
            account.map(str::to_owned).into(),
            now.micros().into(),
            expires_at.micros().into(),
            i64::from(forgets_passkeys).into(),
        ])
        .take();
    match tx.execute(&insert).await {
        Ok(_) => Ok(()),
        Err(StoreError::Constraint { .. }) => Err(AccountError::Unknown),
        Err(error) => Err(error.into()),
    }
}

impl Store {
    /// Whether the first owner may still be made: no account exists, and none ever did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setup_is_open(&self) -> Result<bool, StoreError> {
        let closed = self.db.fetch_optional::<ClosedRow>(&closed()).await?;
        if closed.is_some_and(|row| row.id == 1) {
            return Ok(false);
        }
        let account = self.db.fetch_optional::<AccountIdRow>(&any_account()).await?;
        Ok(account.is_none_or(|row| row.id.is_empty()))
    }

    /// Makes the first owner (whatever role is given, and of everything) and closes set-up, in one transaction. With a link, that
    /// link is used up by it; without one, the caller is the operator on the host.
    ///
    /// # Errors
    /// When set-up is closed, the link is not valid, or the login or name is not one; then the link stays.
    pub async fn create_first_owner(
        &self,
        link: Option<&[u8; 32]>,
        new: &NewAccount,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        if !is_open(&mut tx).await? {
            return Err(AccountError::SetupClosed);
        }
        if let Some(digest) = link
            && consume(&mut tx, digest, LinkPurpose::Setup, now).await?.is_none()
        {
            return Err(AccountError::LinkNotValid);
        }
        // On Postgres two may come this far; the second waits here, and then finds set-up closed.
        let claim = Query::insert()
            .into_table(ConsoleSetup::Table)
            .columns([ConsoleSetup::Id, ConsoleSetup::ClosedAt, ConsoleSetup::Account])
            .values_panic([1_i64.into(), now.micros().into(), "".into()])
            .take();
        match tx.execute(&claim).await {
            Ok(_) => {}
            Err(StoreError::Constraint { .. }) => return Err(AccountError::SetupClosed),
            Err(error) => return Err(error.into()),
        }
        let owner = NewAccount { role: AccountRole::Owner, reach: Reach::Everything, ..new.clone() };
        let account = insert(&mut tx, &owner, RoleSource::Given, Event::MadeAtSetup, by, now).await?;
        let name_it = Query::update()
            .table(ConsoleSetup::Table)
            .value(ConsoleSetup::Account, account.id.as_str())
            .and_where(Expr::col(ConsoleSetup::Id).eq(1_i64))
            .take();
        tx.execute(&name_it).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// Stores a link by the digest of its secret. Earlier unused links for the same end stop working.
    ///
    /// # Errors
    /// When a set-up link is asked for and set-up is closed, or there is no such account.
    pub async fn create_setup_link(
        &self,
        digest: &[u8; 32],
        purpose: LinkPurpose,
        account: Option<&str>,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        if purpose == LinkPurpose::Setup && !is_open(&mut tx).await? {
            return Err(AccountError::SetupClosed);
        }
        put_link(&mut tx, digest, purpose, account, false, (now, expires_at)).await?;
        Ok(tx.commit().await?)
    }

    /// Stores a recovery link that also removes the account's passkeys once it is used: for somebody who lost them.
    ///
    /// # Errors
    /// When there is no such account.
    pub async fn create_forgetting_link(
        &self,
        digest: &[u8; 32],
        account: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        put_link(&mut tx, digest, LinkPurpose::Recover, Some(account), true, (now, expires_at)).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the link would work now; uses nothing up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn setup_link_is_valid(
        &self,
        digest: &[u8; 32],
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.db.fetch_optional::<LinkRow>(&valid(digest, purpose, now)).await?.is_some())
    }

    /// Uses a link up, exactly once. Those who make the first owner or recover an account use the functions
    /// that do both at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn consume_setup_link(
        &self,
        digest: &[u8; 32],
        purpose: LinkPurpose,
        now: Timestamp,
    ) -> Result<Option<SetupLink>, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let link = consume(&mut tx, digest, purpose, now).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Uses a recovery link up: sets the password, switches the account on, and ends all its sessions; where the link was
    /// made so, it also removes the passkeys. Only a page
    /// of the console does so, and it is written down as the doing of the account itself.
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
        let mut tx = self.db.begin_write().await?;
        // The account before the link, as all changes of accounts do: none waits for another in a circle.
        let held = tx.fetch_optional::<LinkRow>(&valid(link, LinkPurpose::Recover, now)).await?;
        let forgets_passkeys = held.as_ref().is_some_and(|row| row.forgets_passkeys == 1);
        let id = held.and_then(|row| row.account).ok_or(AccountError::LinkNotValid)?;
        let before = hold(&mut tx, &id).await?;
        consume(&mut tx, link, LinkPurpose::Recover, now).await?.ok_or(AccountError::LinkNotValid)?;
        let after = renew(&mut tx, &before, hash).await?;
        let ended_sessions = tx.execute(&delete_of_account(&id, None)).await?;
        let by = Actor { name: after.login.clone(), via: Via::Console, request_id };
        let note = Note { event: Event::Recovered, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, &by, now).await?;
        let after = if forgets_passkeys { passkeys::forget(&mut tx, &after, &by, now).await? } else { after };
        tx.commit().await?;
        Ok(after)
    }

    /// Removes links that can no longer be used; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_links(&self, now: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(SetupLinks::Table)
            .and_where(Expr::col(SetupLinks::ExpiresAt).lte(now.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

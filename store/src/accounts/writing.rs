//! What changes of an account: its password, whether it is on, its role, its sessions, its last sign-in.
//!
//! Each change takes hold of the rows it goes by before it looks at them. On Postgres that is what makes two of
//! them, or one of them and a sign-in under way, go one after the other; SQLite has one writer anyway.

use super::events::{self, Event, Note};
use super::handed_out::{token_of, withdraw};
use super::links;
use super::owners::{keep_an_owner, refuse_tokens};
use super::{
    Account, AccountError, AccountRole, Accounts, PasswordHash, RoleSource, by_id, devices, one, reach,
};
use crate::Store;
use crate::administration::Actor;
use crate::db::{StoreError, Tx};
use crate::sessions::delete_of_account;
use policy::{Reach, Timestamp};
use sea_query::{Expr, ExprTrait, LockType, Query, SelectStatement, UpdateStatement};

/// Another password for an account.
#[derive(Debug, Clone, Copy)]
pub struct PasswordChange<'a> {
    /// The version of the password that was asked for and found right.
    pub seen: i64,
    pub hash: &'a PasswordHash,
    /// The session that goes on; every other one ends.
    pub own_session: Option<&'a [u8; 32]>,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

pub(super) fn update(id: &str) -> UpdateStatement {
    Query::update().table(Accounts::Table).and_where(Expr::col(Accounts::Id).eq(id)).take()
}

/// Notes a sign-in, if the account is on and its password still the one that was checked. Whoever runs it in
/// the transaction that makes the session goes on only where it touched a row.
pub(crate) fn note_sign_in(id: &str, password_version: i64, now: Timestamp) -> UpdateStatement {
    update(id)
        .value(Accounts::LastSignInAt, now.micros())
        .and_where(Expr::col(Accounts::Active).eq(1_i64))
        .and_where(Expr::col(Accounts::PasswordVersion).eq(password_version))
        .take()
}

/// Takes hold of the account's row.
fn lock(id: &str) -> SelectStatement {
    Query::select()
        .column(Accounts::Id)
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Id).eq(id))
        .lock(LockType::NoKeyUpdate)
        .take()
}

/// The account as it is now, and stays until this transaction is over.
pub(super) async fn hold(tx: &mut Tx, id: &str) -> Result<Account, AccountError> {
    let held = tx.fetch_optional::<IdRow>(&lock(id)).await?.ok_or(AccountError::Unknown)?;
    // Read only now: what stands beside the row may have changed while it was waited for.
    one(tx, &by_id(&held.id)).await?.ok_or(AccountError::Unknown)
}

/// Another password for an account that is held; it is on from now on. What was made for the old password goes:
/// links that would set yet another one, and browsers that are known by it.
pub(super) async fn renew(
    tx: &mut Tx,
    account: &Account,
    hash: &PasswordHash,
) -> Result<Account, StoreError> {
    tx.execute(&links::unused_links_of(&account.id)).await?;
    tx.execute(&devices::delete_of(&account.id)).await?;
    let renewed = Account {
        password_hash: Some(hash.clone()),
        password_version: account.password_version.saturating_add(1),
        active: true,
        ..account.clone()
    };
    let update = update(&renewed.id)
        .value(Accounts::PasswordHash, hash.as_str())
        .value(Accounts::PasswordVersion, renewed.password_version)
        .value(Accounts::Active, 1_i64)
        .value(Accounts::HandedOutBy, renewed.handed_out_by.clone())
        .take();
    tx.execute(&update).await?;
    Ok(renewed)
}

/// Gives the role, within this reach, to an account that is held. Where a person does so, what a token handed out opens it no
/// longer.
pub(super) async fn give_role(
    tx: &mut Tx,
    before: &Account,
    (role, reach): (AccountRole, &Reach),
    by: &Actor,
    now: Timestamp,
) -> Result<Account, AccountError> {
    refuse_tokens(by, before.role)?;
    refuse_tokens(by, role)?;
    let role_source = RoleSource::Given;
    if before.role == role && before.role_source == role_source && before.reach == *reach {
        return Ok(before.clone());
    }
    let held =
        if token_of(by).is_none() { withdraw(tx, before.clone(), by, now).await? } else { before.clone() };
    let before = &held;
    // Whoever was handed a link to it was handed less than it is from now on.
    if role != before.role && role.may_approve() {
        tx.execute(&links::unused_links_of(&before.id)).await?;
    }
    let update = update(&before.id)
        .value(Accounts::Role, role.as_str())
        .value(Accounts::RoleSource, role_source.as_str())
        .value(Accounts::Reach, reach::word_of(reach))
        .take();
    tx.execute(&update).await?;
    if before.reach != *reach {
        reach::replace(tx, &before.id, reach).await?;
    }
    let after = Account { role, role_source, reach: reach.clone(), ..before.clone() };
    let note = Note { event: Event::RoleChanged, before: Some(before), after: &after, ended_sessions: 0 };
    events::record(tx, &note, by, now).await?;
    Ok(after)
}

impl Store {
    /// Sets another password and ends every other session of the account.
    ///
    /// # Errors
    /// When there is no such account, it was switched off or given another password meanwhile, or it has none: one that
    /// somebody gives themselves would go on counting once their provider no longer vouches for them.
    pub async fn change_password(
        &self,
        id: &str,
        change: &PasswordChange<'_>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let before = hold(&mut tx, id).await?;
        if !before.active || before.password_version != change.seen {
            return Err(AccountError::Stale);
        }
        if before.password_hash.is_none() {
            return Err(AccountError::NoPassword);
        }
        let after = renew(&mut tx, &before, change.hash).await?;
        let ended_sessions = tx.execute(&delete_of_account(id, change.own_session)).await?;
        let note =
            Note { event: Event::PasswordChanged, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, by, now).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Ends the account's sessions, all but this one; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_other_sessions(
        &self,
        id: &str,
        own_session: &[u8; 32],
        by: &Actor,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.db.begin_write().await?;
        let ended_sessions = tx.execute(&delete_of_account(id, Some(own_session))).await?;
        if ended_sessions > 0
            && let Some(account) = one(&mut tx, &by_id(id)).await?
        {
            let event = Event::SignedOutElsewhere;
            let note = Note { event, before: Some(&account), after: &account, ended_sessions };
            events::record(&mut tx, &note, by, now).await?;
        }
        tx.commit().await?;
        Ok(ended_sessions)
    }

    /// Switches the account on; or off, with all its sessions, recovery links and known browsers.
    ///
    /// # Errors
    /// When there is no such account, or it is the last active owner's.
    pub async fn set_account_active(
        &self,
        id: &str,
        active: bool,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        if !active {
            keep_an_owner(&mut tx, id).await?;
        }
        let before = hold(&mut tx, id).await?;
        refuse_tokens(by, before.role)?;
        if before.active == active {
            return Ok(());
        }
        let version = before.password_version;
        // Off and on again within one sign-in: its session must not come of it.
        let password_version = if active { version } else { version.saturating_add(1) };
        let after = Account { active, password_version, ..before.clone() };
        let update = update(id)
            .value(Accounts::Active, i64::from(active))
            .value(Accounts::PasswordVersion, password_version)
            .take();
        tx.execute(&update).await?;
        let ended_sessions = if active {
            0
        } else {
            tx.execute(&links::unused_links_of(id)).await?;
            tx.execute(&devices::delete_of(id)).await?;
            tx.execute(&delete_of_account(id, None)).await?
        };
        let event = if active { Event::SwitchedOn } else { Event::SwitchedOff };
        let note = Note { event, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, by, now).await?;
        Ok(tx.commit().await?)
    }

    /// Gives the account a role, which stays, whatever a provider says of its groups. It counts where the one before did.
    ///
    /// # Errors
    /// When there is no such account, or it is the last active owner's.
    pub async fn set_account_role(
        &self,
        id: &str,
        role: AccountRole,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.grant(id, role, None, by, now).await
    }

    /// Gives the account a role within this reach; both stay, whatever a provider says of its groups.
    ///
    /// # Errors
    /// When there is no such account, it is the last active owner's, or one of the tenants is not registered.
    pub async fn set_account_grant(
        &self,
        id: &str,
        role: AccountRole,
        reach: &Reach,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        self.grant(id, role, Some(reach), by, now).await
    }

    async fn grant(
        &self,
        id: &str,
        role: AccountRole,
        reach: Option<&Reach>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        if role != AccountRole::Owner || reach.is_some_and(|reach| !reach.is_everything()) {
            keep_an_owner(&mut tx, id).await?;
        }
        let before = hold(&mut tx, id).await?;
        let reach = reach.unwrap_or(&before.reach);
        give_role(&mut tx, &before, (role, reach), by, now).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    #[test]
    fn rows_are_held_where_there_is_more_than_one_writer() {
        let query = lock("a");
        assert!(query.to_string(PostgresQueryBuilder).ends_with("FOR NO KEY UPDATE"));
        assert!(!query.to_string(SqliteQueryBuilder).contains("FOR"));
    }

    #[test]
    fn a_sign_in_counts_for_the_password_that_was_checked() {
        let sql = note_sign_in("a", 7, Timestamp::from_micros(1)).to_string(SqliteQueryBuilder);
        assert!(sql.contains(r#""active" = 1"#) && sql.contains(r#""password_version" = 7"#), "{sql}");
    }
}

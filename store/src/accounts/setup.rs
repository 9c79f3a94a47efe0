//! The first owner, and that there is only one such.

use super::events::Event;
use super::links::{LinkPurpose, consume};
use super::{Account, AccountError, AccountRole, Accounts, NewAccount, RoleSource, insert};
use crate::Store;
use crate::administration::Actor;
use crate::db::{StoreError, Tx};
use policy::{Reach, Timestamp};
use sea_query::{Expr, ExprTrait, Iden, OnConflict, Query, SelectStatement};

#[derive(Debug, Clone, Copy, Iden)]
enum ConsoleSetup {
    Table,
    Id,
    ClosedAt,
    Account,
}

#[derive(sqlx::FromRow)]
struct ClosedRow {
    id: i64,
}

#[derive(sqlx::FromRow)]
struct AccountIdRow {
    id: String,
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

pub(super) async fn is_open(tx: &mut Tx) -> Result<bool, StoreError> {
    let closed = tx.fetch_optional::<ClosedRow>(&closed()).await?.is_some_and(|row| row.id == 1);
    let account = tx.fetch_optional::<AccountIdRow>(&any_account()).await?;
    Ok(!closed && account.is_none_or(|row| row.id.is_empty()))
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
}

//! Whom a provider of sign-ins means: an issuer and a `sub` lead to one account, and nothing else does. An e-mail
//! address or a login never does: a provider may give the one to somebody else, and let people choose the other.

use super::events::{self, Event, Note};
use super::handed_out::withdraw;
use super::lapsing::{store_told, without_what_was_told};
use super::writing::hold;
use super::{Account, AccountError, AccountRow, Accounts, by_id, one, select};
use crate::Store;
use crate::administration::{Actor, MAX_PART};
use crate::db::{StoreError, Tx};
use crate::sessions::{delete_of_account, delete_of_accounts};
use policy::Timestamp;
use sea_query::{DeleteStatement, Expr, ExprTrait, Iden, Order, Query, SelectStatement, UpdateStatement};

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum AccountIdentities {
    Table,
    Issuer,
    Sub,
    Account,
}

/// An identity that leads to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountIdentity {
    pub issuer: String,
    pub sub: String,
    /// Its id.
    pub account: String,
}

#[derive(sqlx::FromRow)]
struct IdentityRow {
    issuer: String,
    sub: String,
    account: String,
}

impl From<IdentityRow> for AccountIdentity {
    fn from(row: IdentityRow) -> Self {
        Self { issuer: row.issuer, sub: row.sub, account: row.account }
    }
}

/// Both parts can be stored, and looked up by an index.
pub(super) fn check(issuer: &str, sub: &str) -> Result<(), AccountError> {
    let why = [issuer, sub].into_iter().find_map(|part| match part {
        "" => Some("must not be empty"),
        part if part.len() > MAX_PART => Some("must not be longer than 1000 bytes"),
        part if part.contains('\0') => Some("must not hold U+0000"),
        _ => None,
    });
    why.map_or(Ok(()), |why| Err(AccountError::Identity(why)))
}

fn identities() -> SelectStatement {
    Query::select()
        .columns([AccountIdentities::Issuer, AccountIdentities::Sub, AccountIdentities::Account])
        .from(AccountIdentities::Table)
        .take()
}

fn is(issuer: &str, sub: &str) -> Expr {
    Expr::col(AccountIdentities::Issuer).eq(issuer).and(Expr::col(AccountIdentities::Sub).eq(sub))
}

pub(super) fn accounts_of(issuer: &str) -> SelectStatement {
    Query::select()
        .column(AccountIdentities::Account)
        .from(AccountIdentities::Table)
        .and_where(Expr::col(AccountIdentities::Issuer).eq(issuer))
        .take()
}

/// The account of each identity that there is.
pub(super) fn holders() -> SelectStatement {
    Query::select().column(AccountIdentities::Account).from(AccountIdentities::Table).take()
}

/// Whoever is about to have a session by this issuer gets none: it was looked at before. To be run before the sessions
/// that there are end.
pub(crate) fn outdate_sign_ins_by(issuer: &str) -> UpdateStatement {
    Query::update()
        .table(Accounts::Table)
        .value(Accounts::PasswordVersion, Expr::col(Accounts::PasswordVersion).add(1_i64))
        .and_where(Expr::col(Accounts::Id).in_subquery(accounts_of(issuer)))
        .take()
}

/// Ends the sessions of everybody who could have signed in by this issuer.
pub(crate) fn delete_sessions_by(issuer: &str) -> DeleteStatement {
    delete_of_accounts(accounts_of(issuer))
}

pub(super) async fn find(
    tx: &mut Tx,
    issuer: &str,
    sub: &str,
) -> Result<Option<AccountIdentity>, StoreError> {
    let query = identities().and_where(is(issuer, sub)).take();
    Ok(tx.fetch_optional::<IdentityRow>(&query).await?.map(AccountIdentity::from))
}

/// Notes that this identity leads to this account.
pub(super) async fn add(tx: &mut Tx, issuer: &str, sub: &str, account: &str) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table(AccountIdentities::Table)
        .columns([AccountIdentities::Issuer, AccountIdentities::Sub, AccountIdentities::Account])
        .values_panic([issuer.into(), sub.into(), account.into()])
        .take();
    tx.execute(&insert).await.map(|_| ())
}

impl Store {
    /// The account that this identity leads to, switched off or not.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn account_by_identity(&self, issuer: &str, sub: &str) -> Result<Option<Account>, StoreError> {
        // What cannot be stored belongs to nobody.
        if check(issuer, sub).is_err() {
            return Ok(None);
        }
        let whose = Query::select()
            .column(AccountIdentities::Account)
            .from(AccountIdentities::Table)
            .and_where(is(issuer, sub))
            .take();
        let query = select().and_where(Expr::col(Accounts::Id).in_subquery(whose)).take();
        one(&mut &self.db, &query).await
    }

    /// All identities, by issuer and `sub`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_account_identities(&self) -> Result<Vec<AccountIdentity>, StoreError> {
        let query = identities()
            .order_by(AccountIdentities::Issuer, Order::Asc)
            .order_by(AccountIdentities::Sub, Order::Asc)
            .take();
        Ok(self.db.fetch_all::<IdentityRow>(&query).await?.into_iter().map(AccountIdentity::from).collect())
    }

    /// From now on whoever signs in with this identity is this account. It keeps the role it was given; one that was
    /// told by a provider goes on to be told. What a token handed out opens it no longer.
    ///
    /// # Errors
    /// When there is no such account, or the identity is another one's.
    pub async fn link_account_identity(
        &self,
        id: &str,
        (issuer, sub): (&str, &str),
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        check(issuer, sub)?;
        let mut tx = self.db.begin_write().await?;
        let account = hold(&mut tx, id).await?;
        match find(&mut tx, issuer, sub).await? {
            Some(known) if known.account == id => return Ok(()),
            Some(known) => return Err(AccountError::IdentityTaken(login_of(&mut tx, &known.account).await?)),
            None => {}
        }
        let account = withdraw(&mut tx, account, by, now).await?;
        add(&mut tx, issuer, sub, id).await?;
        events::record(&mut tx, &Note::of(Event::IdentityLinked, &account), by, now).await?;
        Ok(tx.commit().await?)
    }

    /// The identity leads to nobody from now on, and all sessions of its account end: nobody knows which of them began
    /// with it. A role that was told, and a person whom a sign-in found, go too: another identity may tell them anew. False
    /// where it led to nobody.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlink_account_identity(
        &self,
        (issuer, sub): (&str, &str),
        by: &Actor,
        now: Timestamp,
    ) -> Result<bool, AccountError> {
        check(issuer, sub)?;
        let mut tx = self.db.begin_write().await?;
        let Some(known) = find(&mut tx, issuer, sub).await? else { return Ok(false) };
        let before = hold(&mut tx, &known.account).await?;
        let delete = Query::delete().from_table(AccountIdentities::Table).and_where(is(issuer, sub)).take();
        tx.execute(&delete).await?;
        // What was told by it goes with it, and a sign-in that is under way comes to nothing.
        let password_version = before.password_version.saturating_add(1);
        let after = Account { password_version, ..without_what_was_told(&before).0 };
        store_told(&mut tx, &after).await?;
        let ended_sessions = tx.execute(&delete_of_account(&after.id, None)).await?;
        let note =
            Note { event: Event::IdentityUnlinked, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, by, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn login_of(tx: &mut Tx, id: &str) -> Result<String, StoreError> {
    let row = tx.fetch_optional::<AccountRow>(&by_id(id)).await?;
    Ok(row.map(|row| row.login).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_has_two_parts_that_can_be_stored() {
        assert!(check("https://idp.example", "a\u{202e} 17").is_ok());
        let long = "x".repeat(MAX_PART + 1);
        for (issuer, sub) in [("", "a"), ("i", ""), (&*long, "a"), ("i", &*long), ("i\0", "a"), ("i", "\0")] {
            assert!(check(issuer, sub).is_err(), "{issuer:?} {sub:?}");
        }
    }
}

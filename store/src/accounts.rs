//! The people who may use the console: their accounts, how the first one comes to be, what changes of them,
//! the browsers they signed in with, and the brake on guessing.
//!
//! Passwords are hashed and compared in `server`; here a hash is a text that is never printed. What is changed is
//! written down as an administrative change, in the same transaction.

mod admission;
mod attempts;
mod ceremonies;
mod changing;
mod devices;
mod error;
mod events;
mod flows;
mod handed_out;
mod identities;
mod invitations;
mod lapsing;
mod links;
mod owners;
mod passkeys;
mod password_hash;
mod person;
mod reach;
mod role;
mod role_source;
mod setup;
mod writing;

pub use admission::{Admission, Admitted};
pub use ceremonies::{Ceremony, CeremonyPurpose, CeremonyPurposeError};
pub use changing::AccountChange;
pub use error::AccountError;
pub use identities::AccountIdentity;
pub(crate) use identities::{AccountIdentities, delete_sessions_by, outdate_sign_ins_by};
pub(crate) use lapsing::{forget_persons_by, lapse_roles_by, no_longer_known};
pub use links::LinkPurpose;
pub(crate) use owners::{OwnerAccount, active_owners, are_two_persons, leads_to_an_owner};
pub use passkeys::{NewPasskey, Passkey, PasskeyError, PasskeyHolder, PasskeyUse, UsedPasskey};
pub use password_hash::PasswordHash;
pub(crate) use reach::{AccountTenants, EVERYTHING};
pub use role::{AccountRole, AccountRoleError};
pub use role_source::{RoleSource, RoleSourceError};
pub use writing::PasswordChange;
pub(crate) use writing::note_sign_in;

use crate::administration::Actor;
use crate::db::{Source, StoreError, Tx, flag, new_id, word};
use crate::{Store, Writer};
use events::{Event, Note};
use policy::ids::check_id;
use policy::{Reach, SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use serde::Serialize;

#[derive(Debug, Clone, Copy, Iden)]
pub(crate) enum Accounts {
    Table,
    Id,
    Login,
    Name,
    PasswordHash,
    PasswordVersion,
    PasskeyRequired,
    Role,
    Active,
    CreatedAt,
    LastSignInAt,
    RoleSource,
    Subject,
    SubjectTold,
    Reach,
    HandedOutBy,
}

/// A console account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: String,
    /// Lower case, one of a kind.
    pub login: String,
    pub name: String,
    /// None: cannot sign in with a password.
    #[serde(skip)]
    pub password_hash: Option<PasswordHash>,
    /// Counts up with each new password, and when the account is switched off: a sign-in that began before is
    /// none.
    pub password_version: i64,
    /// The password alone opens no session: it takes a passkey as well.
    pub passkey_required: bool,
    pub role: AccountRole,
    pub role_source: RoleSource,
    /// Where the role counts.
    pub reach: Reach,
    pub active: bool,
    pub created_at: Timestamp,
    #[serde(skip)]
    pub last_sign_in_at: Option<Timestamp>,
    /// The person whose account it is, where that is told. Others may be theirs as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// The person was found by the identity that signed in, and goes when that leads to nobody; not named by an owner.
    #[serde(skip)]
    pub subject_told: bool,
    /// The token that made the link by which it is entered, as the record calls it; it may be whoever holds that token who
    /// comes in. None: a person made it, or it is entered by a provider alone.
    #[serde(skip)]
    pub handed_out_by: Option<String>,
}

impl Account {
    /// Whether it answers requests for approval. A role that its provider no longer tells of is none.
    pub fn may_approve(&self) -> bool {
        self.active && self.role_source != RoleSource::Lapsed && self.role.may_approve()
    }
}

/// An account to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Taken without surrounding space and in lower case.
    pub login: String,
    pub name: String,
    pub password_hash: Option<PasswordHash>,
    pub role: AccountRole,
    /// Where the role counts.
    pub reach: Reach,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    id: String,
    login: String,
    name: String,
    password_hash: Option<String>,
    password_version: i64,
    passkey_required: i64,
    role: String,
    role_source: String,
    active: i64,
    created_at: i64,
    last_sign_in_at: Option<i64>,
    subject: Option<String>,
    subject_told: i64,
    reach: String,
    handed_out_by: Option<String>,
    /// One of those it is bound to; there is a row for each.
    tenant: Option<String>,
}

impl TryFrom<AccountRow> for Account {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            login: row.login,
            name: row.name,
            password_hash: row.password_hash.map(PasswordHash::new),
            password_version: row.password_version,
            passkey_required: flag(row.passkey_required, "an account's `passkey_required`")?,
            role: word(&row.role, "an account's role")?,
            role_source: word(&row.role_source, "the source of an account's role")?,
            reach: reach::read(&row.reach, row.tenant)?,
            active: flag(row.active, "an account's `active`")?,
            created_at: Timestamp::from_micros(row.created_at),
            last_sign_in_at: row.last_sign_in_at.map(Timestamp::from_micros),
            subject: row.subject.map(SubjectId::new),
            subject_told: flag(row.subject_told, "an account's `subject_told`")?,
            handed_out_by: row.handed_out_by,
        })
    }
}

/// A login as it is stored: without surrounding space, in lower case.
pub fn normal_login(given: &str) -> String {
    given.trim().to_lowercase()
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Accounts::Id,
            Accounts::Login,
            Accounts::Name,
            Accounts::PasswordHash,
            Accounts::PasswordVersion,
            Accounts::PasskeyRequired,
            Accounts::Role,
            Accounts::RoleSource,
            Accounts::Active,
            Accounts::CreatedAt,
            Accounts::LastSignInAt,
            Accounts::Subject,
            Accounts::SubjectTold,
            Accounts::Reach,
            Accounts::HandedOutBy,
        ])
        .column(AccountTenants::Tenant)
        .from(Accounts::Table)
        .left_join(
            AccountTenants::Table,
            Expr::col((AccountTenants::Table, AccountTenants::Account))
                .equals((Accounts::Table, Accounts::Id)),
        )
        .take()
}

/// The accounts of rows in which those of one account stand together.
fn gather(rows: Vec<AccountRow>) -> Result<Vec<Account>, StoreError> {
    let mut accounts: Vec<Account> = Vec::new();
    for row in rows {
        let next = Account::try_from(row)?;
        match accounts.last_mut() {
            Some(last) if last.id == next.id => last.reach = last.reach.or(&next.reach),
            _ => accounts.push(next),
        }
    }
    Ok(accounts)
}

/// The account that the query is about.
async fn one<S: Source>(source: &mut S, query: &SelectStatement) -> Result<Option<Account>, StoreError> {
    let rows = source.all::<AccountRow, _>(query).await?;
    Ok(gather(rows)?.into_iter().next())
}

fn by_id(id: &str) -> SelectStatement {
    select().and_where(Expr::col(Accounts::Id).eq(id)).take()
}

/// Inserts the account and writes down that it was; from then on set-up is closed.
async fn insert(
    tx: &mut Tx,
    new: &NewAccount,
    role_source: RoleSource,
    event: Event,
    by: &Actor,
    now: Timestamp,
) -> Result<Account, AccountError> {
    let login = normal_login(&new.login);
    check_id(&login).map_err(|source| AccountError::Login { given: login.clone(), source })?;
    let name = new.name.trim();
    check_id(name).map_err(|source| AccountError::Name { given: name.to_owned(), source })?;
    let account = Account {
        id: new_id(),
        login,
        name: name.to_owned(),
        password_hash: new.password_hash.clone(),
        password_version: 1,
        passkey_required: false,
        role: new.role,
        role_source,
        reach: new.reach.clone(),
        active: true,
        created_at: now,
        last_sign_in_at: None,
        subject: None,
        subject_told: false,
        handed_out_by: handed_out::token_of(by),
    };
    let insert = Query::insert()
        .into_table(Accounts::Table)
        .columns([
            Accounts::Id,
            Accounts::Login,
            Accounts::Name,
            Accounts::PasswordHash,
            Accounts::PasswordVersion,
            Accounts::Role,
            Accounts::RoleSource,
            Accounts::Active,
            Accounts::CreatedAt,
            Accounts::Reach,
            Accounts::HandedOutBy,
        ])
        .values_panic([
            account.id.as_str().into(),
            account.login.as_str().into(),
            account.name.as_str().into(),
            account.password_hash.as_ref().map(|hash| hash.as_str().to_owned()).into(),
            account.password_version.into(),
            account.role.as_str().into(),
            account.role_source.as_str().into(),
            1_i64.into(),
            now.micros().into(),
            reach::word_of(&account.reach).into(),
            account.handed_out_by.clone().into(),
        ])
        .take();
    match tx.execute(&insert).await {
        Ok(_) => {}
        Err(StoreError::Constraint { .. }) => return Err(AccountError::LoginTaken(account.login)),
        Err(error) => return Err(error.into()),
    }
    reach::add(tx, &account.id, &account.reach).await?;
    setup::close(tx, &account.id, now).await?;
    let note = Note { event, before: None, after: &account, ended_sessions: 0 };
    events::record(tx, &note, by, now).await?;
    Ok(account)
}

impl Store {
    /// Makes a further account.
    ///
    /// # Errors
    /// When the login or the name is not one, or the login is taken.
    pub async fn create_account(
        &self,
        new: &NewAccount,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let account = insert(&mut tx, new, RoleSource::Given, Event::Made, by, now).await?;
        tx.commit().await?;
        Ok(account)
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, StoreError> {
        one(&mut &self.db, &by_id(id)).await
    }

    /// The login may be given in any case.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>, StoreError> {
        // Postgres refuses U+0000 even in a comparison; no account has it.
        if login.contains('\0') {
            return Ok(None);
        }
        let query = select().and_where(Expr::col(Accounts::Login).eq(normal_login(login))).take();
        one(&mut &self.db, &query).await
    }

    /// All accounts, by login.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let query = select().order_by(Accounts::Login, Order::Asc).take();
        gather(self.db.fetch_all::<AccountRow>(&query).await?)
    }
}

impl Writer {
    /// As [`Store::account`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_account(&mut self, id: &str) -> Result<Option<Account>, StoreError> {
        if id.contains('\0') {
            return Ok(None);
        }
        one(&mut self.tx, &by_id(id)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_lower_case() {
        assert_eq!(normal_login(" Ann@Example.ORG "), "ann@example.org");
    }
}

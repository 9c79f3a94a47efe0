//! The passkeys of accounts (Web Authentication Level 3): public keys, which `server` checks answers with. What is kept
//! here opens nothing by itself.

mod using;

pub use using::{PasskeyUse, UsedPasskey};

use super::events::{self, Event, Note};
use super::identities::AccountIdentities;
use super::writing::{hold, update};
use super::{Account, AccountError, Accounts};
use crate::Store;
use crate::administration::{Actor, is_active_provider};
use crate::db::{StoreError, Tx, new_id};
use crate::sessions::{delete_of_account, has_session};
use policy::Timestamp;
use policy::ids::{NameError, check_id};
use sea_query::{DeleteStatement, Expr, ExprTrait, Iden, Order, Query, SelectStatement, UpdateStatement};

#[derive(Debug, Clone, Copy, Iden)]
enum Passkeys {
    Table,
    Id,
    Account,
    Name,
    CredentialId,
    Credential,
    Counter,
    CreatedAt,
    LastUsedAt,
}

/// The most of one account.
const MOST: usize = 20;

/// A passkey of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    pub id: String,
    /// Whose it is: an account's id.
    pub account: String,
    /// As its holder calls it.
    pub name: String,
    /// JSON: the public key and what belongs to it, as `server` reads and writes it.
    pub credential: String,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A passkey to be added.
#[derive(Debug, Clone, Copy)]
pub struct NewPasskey<'a> {
    /// Taken without surrounding space.
    pub name: &'a str,
    /// By which its authenticator names it, 1 to 1023 bytes.
    pub credential_id: &'a [u8],
    pub credential: &'a str,
    /// The digest of the session in which it is added: nothing is, once that ended. None: it is added past the console.
    pub session: Option<&'a [u8; 32]>,
}

/// Who changes something of their passkeys at the console: nothing is, once that session ended or the account is another than the
/// one whose holder was found to be there.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyHolder<'a> {
    /// The digest of the session in which it is changed; it goes on.
    pub session: &'a [u8; 32],
    /// The version of the account's password at that moment. What asks for another proof makes it another one.
    pub seen: i64,
}

/// Why passkeys stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    #[error("the name of the passkey {0}")]
    Name(NameError),
    #[error("this passkey is registered already")]
    Taken,
    #[error("an account has at most {} passkeys", MOST)]
    TooMany,
    #[error("no such passkey")]
    Unknown,
    #[error("it is the last way to sign in to this account")]
    LastWay,
    #[error("the account demands a passkey beside its password, and has no other one")]
    Demanded,
    #[error("the account has no passkey that could be demanded")]
    NoPasskey,
    #[error("the account has no password beside which a passkey could be demanded")]
    NoPassword,
}

#[derive(sqlx::FromRow)]
struct PasskeyRow {
    id: String,
    account: String,
    name: String,
    credential: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl From<PasskeyRow> for Passkey {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: row.id,
            account: row.account,
            name: row.name,
            credential: row.credential,
            created_at: Timestamp::from_micros(row.created_at),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        }
    }
}

#[derive(sqlx::FromRow)]
struct AccountIdRow {
    account: String,
}

#[derive(sqlx::FromRow)]
struct IssuerRow {
    issuer: String,
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            Passkeys::Id,
            Passkeys::Account,
            Passkeys::Name,
            Passkeys::Credential,
            Passkeys::CreatedAt,
            Passkeys::LastUsedAt,
        ])
        .from(Passkeys::Table)
        .take()
}

fn of_account(account: &str) -> SelectStatement {
    select()
        .and_where(Expr::col(Passkeys::Account).eq(account))
        .order_by(Passkeys::CreatedAt, Order::Asc)
        .order_by(Passkeys::Id, Order::Asc)
        .take()
}

/// The account of each passkey that there is.
pub(super) fn holders() -> SelectStatement {
    Query::select().column(Passkeys::Account).from(Passkeys::Table).take()
}

pub(super) fn delete_of(account: &str) -> DeleteStatement {
    Query::delete().from_table(Passkeys::Table).and_where(Expr::col(Passkeys::Account).eq(account)).take()
}

/// Whether a provider that is on leads to this account; it stays so until this transaction is over. To be called before
/// the account is held: whoever switches a provider off holds that first.
async fn signs_in_by_a_provider(tx: &mut Tx, account: &str) -> Result<bool, StoreError> {
    let issuers = Query::select()
        .column(AccountIdentities::Issuer)
        .from(AccountIdentities::Table)
        .and_where(Expr::col(AccountIdentities::Account).eq(account))
        .take();
    for row in tx.fetch_all::<IssuerRow>(&issuers).await? {
        if is_active_provider(tx, &row.issuer).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Refuses whoever was signed out meanwhile, or proved less than the account that is held asks for.
async fn refuse_outdated(
    tx: &mut Tx,
    account: &Account,
    holder: Option<&PasskeyHolder<'_>>,
) -> Result<(), AccountError> {
    let Some(holder) = holder else { return Ok(()) };
    let same = account.active && account.password_version == holder.seen;
    if same && has_session(tx, &account.id, holder.session).await? {
        Ok(())
    } else {
        Err(AccountError::Stale)
    }
}

/// Whoever is about to have a session by what was looked at before gets none.
fn outdated(account: &Account) -> (UpdateStatement, i64) {
    let version = account.password_version.saturating_add(1);
    (update(&account.id).value(Accounts::PasswordVersion, version).take(), version)
}

/// Removes all passkeys of an account that is held, and demands none of it any more. For those who come in by a link.
pub(super) async fn forget(
    tx: &mut Tx,
    account: &Account,
    by: &Actor,
    now: Timestamp,
) -> Result<Account, StoreError> {
    let removed = tx.execute(&delete_of(&account.id)).await?;
    if removed == 0 && !account.passkey_required {
        return Ok(account.clone());
    }
    tx.execute(&update(&account.id).value(Accounts::PasskeyRequired, 0_i64).take()).await?;
    let after = Account { passkey_required: false, ..account.clone() };
    let note =
        Note { event: Event::PasskeysForgotten, before: Some(account), after: &after, ended_sessions: 0 };
    events::record(tx, &note, by, now).await?;
    Ok(after)
}

impl Store {
    /// The passkeys of an account, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_passkeys(&self, account: &str) -> Result<Vec<Passkey>, StoreError> {
        let rows = self.db.fetch_all::<PasskeyRow>(&of_account(account)).await?;
        Ok(rows.into_iter().map(Passkey::from).collect())
    }

    /// The account's id of every passkey there is; one comes as often as it has passkeys.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn passkey_holders(&self) -> Result<Vec<String>, StoreError> {
        let rows = self.db.fetch_all::<AccountIdRow>(&holders()).await?;
        Ok(rows.into_iter().map(|row| row.account).collect())
    }

    /// The passkey that an authenticator names so.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn passkey_by_credential(&self, credential_id: &[u8]) -> Result<Option<Passkey>, StoreError> {
        let query = select().and_where(Expr::col(Passkeys::CredentialId).eq(credential_id.to_vec())).take();
        Ok(self.db.fetch_optional::<PasskeyRow>(&query).await?.map(Passkey::from))
    }

    /// Adds a passkey to an account, whose holder has proven that they have it.
    ///
    /// # Errors
    /// When the account is gone or off, the session ended, the name is none, the passkey is registered already, or there are
    /// too many.
    pub async fn add_passkey(
        &self,
        account: &str,
        new: &NewPasskey<'_>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Passkey, AccountError> {
        let name = new.name.trim();
        check_id(name).map_err(PasskeyError::Name)?;
        let mut tx = self.db.begin_write().await?;
        let holder = hold(&mut tx, account).await?;
        if !holder.active {
            return Err(AccountError::Stale);
        }
        // Whoever was signed out meanwhile leaves nothing behind.
        if let Some(session) = new.session
            && !has_session(&mut tx, &holder.id, session).await?
        {
            return Err(AccountError::Stale);
        }
        if tx.fetch_all::<PasskeyRow>(&of_account(account)).await?.len() >= MOST {
            return Err(PasskeyError::TooMany.into());
        }
        let passkey = Passkey {
            id: new_id(),
            account: holder.id.clone(),
            name: name.to_owned(),
            credential: new.credential.to_owned(),
            created_at: now,
            last_used_at: None,
        };
        let insert = Query::insert()
            .into_table(Passkeys::Table)
            .columns([
                Passkeys::Id,
                Passkeys::Account,
                Passkeys::Name,
                Passkeys::CredentialId,
                Passkeys::Credential,
                Passkeys::Counter,
                Passkeys::CreatedAt,
            ])
            .values_panic([
                passkey.id.as_str().into(),
                passkey.account.as_str().into(),
                passkey.name.as_str().into(),
                new.credential_id.to_vec().into(),
                passkey.credential.as_str().into(),
                // What it counted to is in the credential; from the first use on it stands here as well.
                0_i64.into(),
                now.micros().into(),
            ])
            .take();
        match tx.execute(&insert).await {
            Ok(_) => {}
            Err(StoreError::Constraint { .. }) => return Err(PasskeyError::Taken.into()),
            Err(error) => return Err(error.into()),
        }
        let note = Note::of(Event::PasskeyAdded, &holder);
        events::record_passkey(&mut tx, &note, &passkey.name, by, now).await?;
        tx.commit().await?;
        Ok(passkey)
    }

    /// Removes a passkey, and ends every session of the account but the holder's: nobody knows which of them began with it.
    /// Without a holder it is removed past the console.
    ///
    /// # Errors
    /// When the holder's session ended or the account is another by now, there is no such passkey, or the account could not be
    /// signed in to without it.
    pub async fn remove_passkey(
        &self,
        account: &str,
        id: &str,
        holder: Option<&PasskeyHolder<'_>>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        let by_a_provider = signs_in_by_a_provider(&mut tx, account).await?;
        let before = hold(&mut tx, account).await?;
        refuse_outdated(&mut tx, &before, holder).await?;
        let passkeys = tx.fetch_all::<PasskeyRow>(&of_account(account)).await?;
        let Some(passkey) = passkeys.iter().find(|passkey| passkey.id == id) else {
            return Err(PasskeyError::Unknown.into());
        };
        if passkeys.len() == 1 && before.passkey_required {
            return Err(PasskeyError::Demanded.into());
        }
        if passkeys.len() == 1 && before.password_hash.is_none() && !by_a_provider {
            return Err(PasskeyError::LastWay.into());
        }
        let delete =
            Query::delete().from_table(Passkeys::Table).and_where(Expr::col(Passkeys::Id).eq(id)).take();
        tx.execute(&delete).await?;
        let (outdate, password_version) = outdated(&before);
        tx.execute(&outdate).await?;
        let after = Account { password_version, ..before.clone() };
        let own = holder.map(|holder| holder.session);
        let ended_sessions = tx.execute(&delete_of_account(account, own)).await?;
        let note =
            Note { event: Event::PasskeyRemoved, before: Some(&before), after: &after, ended_sessions };
        events::record_passkey(&mut tx, &note, &passkey.name, by, now).await?;
        Ok(tx.commit().await?)
    }

    /// Says whether the password alone opens a session of this account. Where it does so no longer, every session but
    /// the holder's ends. Without a holder it is said past the console.
    ///
    /// # Errors
    /// When the holder's session ended or the account is another by now, there is no such account, or it has no passkey or no
    /// password.
    pub async fn set_passkey_required(
        &self,
        account: &str,
        required: bool,
        holder: Option<&PasskeyHolder<'_>>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        let before = hold(&mut tx, account).await?;
        refuse_outdated(&mut tx, &before, holder).await?;
        if before.passkey_required == required {
            return Ok(());
        }
        if required && before.password_hash.is_none() {
            return Err(PasskeyError::NoPassword.into());
        }
        if required && tx.fetch_all::<PasskeyRow>(&of_account(account)).await?.is_empty() {
            return Err(PasskeyError::NoPasskey.into());
        }
        tx.execute(&update(account).value(Accounts::PasskeyRequired, i64::from(required)).take()).await?;
        let mut after = Account { passkey_required: required, ..before.clone() };
        let mut ended_sessions = 0;
        if required {
            let (outdate, password_version) = outdated(&before);
            tx.execute(&outdate).await?;
            after.password_version = password_version;
            let own = holder.map(|holder| holder.session);
            ended_sessions = tx.execute(&delete_of_account(account, own)).await?;
        }
        let event = if required { Event::PasskeyDemanded } else { Event::PasskeyNotDemanded };
        let note = Note { event, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, by, now).await?;
        Ok(tx.commit().await?)
    }
}

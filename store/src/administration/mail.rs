//! How mail is sent, and where to. The password is in the vault.

use super::writer::About;
use super::{SecretPlace, WriteError, Writer};
use crate::Store;
use crate::accounts::Accounts;
use crate::db::{Source, StoreError, flag, word};
use crate::notifications::tables::{AccountMail, MailSettings as Columns};
use policy::labels::MailSecurity;
use sea_query::{Expr, ExprTrait, JoinType, OnConflict, Order, Query, SelectStatement};
use serde::Serialize;

/// The longest address of a mailbox, in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_ADDRESS: usize = 254;

/// The longest name of a host, in bytes (RFC 1035, section 2.3.4).
const MAX_HOST: usize = 253;

/// The mail server, without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MailSettings {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// None: without signing in.
    pub login: Option<String>,
    /// From whom: a bare address.
    pub sender: String,
}

/// Where mail to an account goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailAddress {
    pub account: String,
    pub login: String,
    /// None: nowhere. The login is no address, and no other was given.
    pub address: Option<String>,
    /// It was given by somebody; else it is the login.
    pub given: bool,
    pub active: bool,
}

/// What is recorded of an account's address.
#[derive(Serialize)]
struct AddressNote<'a> {
    login: &'a str,
    address: &'a str,
}

#[derive(sqlx::FromRow)]
struct SettingsRow {
    host: String,
    port: i64,
    security: String,
    login: Option<String>,
    sender: String,
}

impl TryFrom<SettingsRow> for MailSettings {
    type Error = StoreError;

    fn try_from(row: SettingsRow) -> Result<Self, StoreError> {
        Ok(Self {
            host: row.host,
            port: u16::try_from(row.port)
                .map_err(|_| StoreError::corrupt("the mail server's port is none"))?,
            security: word(&row.security, "mail_settings.security")?,
            login: row.login,
            sender: row.sender,
        })
    }
}

#[derive(sqlx::FromRow)]
struct AddressRow {
    id: String,
    login: String,
    active: i64,
    address: Option<String>,
}

impl TryFrom<AddressRow> for MailAddress {
    type Error = StoreError;

    fn try_from(row: AddressRow) -> Result<Self, StoreError> {
        let given = row.address.is_some();
        let login = || Some(row.login.clone()).filter(|login| looks_like_an_address(login));
        Ok(Self {
            address: row.address.clone().or_else(login),
            given,
            active: flag(row.active, "an account's `active`")?,
            account: row.id,
            login: row.login,
        })
    }
}

/// Whether mail may be sent there: a local part, one `@`, a domain, in plain letters. Whether anybody reads it shows when
/// it is sent.
pub fn looks_like_an_address(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>()[]\\,;:\"@".contains(&byte))
    };
    let dotted = |part: &str| part.split('.').all(|label| !label.is_empty());
    text.len() <= MAX_ADDRESS
        && text
            .split_once('@')
            .is_some_and(|(local, domain)| plain(local) && plain(domain) && dotted(local) && dotted(domain))
}

fn select() -> SelectStatement {
    Query::select()
        .columns([Columns::Host, Columns::Port, Columns::Security, Columns::Login, Columns::Sender])
        .from(Columns::Table)
        .take()
}

async fn find<S: Source>(source: &mut S) -> Result<Option<MailSettings>, StoreError> {
    source.optional::<SettingsRow, _>(&select()).await?.map(MailSettings::try_from).transpose()
}

fn select_addresses() -> SelectStatement {
    Query::select()
        .expr_as(Expr::col(("a", Accounts::Id)), "id")
        .expr_as(Expr::col(("a", Accounts::Login)), "login")
        .expr_as(Expr::col(("a", Accounts::Active)), "active")
        .expr_as(Expr::col(("m", AccountMail::Address)), "address")
        .from_as(Accounts::Table, "a")
        .join_as(
            JoinType::LeftJoin,
            AccountMail::Table,
            "m",
            Expr::col(("m", AccountMail::Account)).equals(("a", Accounts::Id)),
        )
        .take()
}

async fn find_address<S: Source>(source: &mut S, account: &str) -> Result<Option<MailAddress>, StoreError> {
    let query = select_addresses().and_where(Expr::col(("a", Accounts::Id)).eq(account)).take();
    source.optional::<AddressRow, _>(&query).await?.map(MailAddress::try_from).transpose()
}

impl Store {
    /// None: mail is not sent.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn mail_settings(&self) -> Result<Option<MailSettings>, StoreError> {
        find(&mut &self.db).await
    }

    /// Where mail to this account goes; None where there is no such account.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn mail_address(&self, account: &str) -> Result<Option<MailAddress>, StoreError> {
        find_address(&mut &self.db, account).await
    }

    /// Where mail to each active account goes, by login.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_mail_addresses(&self, limit: u64) -> Result<Vec<MailAddress>, StoreError> {
        let query = select_addresses()
            .and_where(Expr::col(("a", Accounts::Active)).eq(1_i64))
            .order_by(("a", Accounts::Login), Order::Asc)
            .limit(limit)
            .take();
        self.db.fetch_all::<AddressRow>(&query).await?.into_iter().map(MailAddress::try_from).collect()
    }
}

impl Writer {
    /// As [`Store::mail_settings`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn mail_settings(&mut self) -> Result<Option<MailSettings>, StoreError> {
        find(&mut self.tx).await
    }

    /// From now on mail is sent so. A password that is kept for another login, server or port is deleted with them: it
    /// must not be shown to somebody else.
    ///
    /// # Errors
    /// When a field cannot be taken, or a login would be sent without TLS.
    pub async fn put_mail_settings(&mut self, settings: &MailSettings) -> Result<(), WriteError> {
        check(settings)?;
        let before = find(&mut self.tx).await?;
        if before.as_ref() == Some(settings) {
            return Ok(());
        }
        let same_place = before.as_ref().is_some_and(|old| {
            (&old.host, old.port, &old.login) == (&settings.host, settings.port, &settings.login)
        });
        if !same_place {
            self.delete_secret(&SecretPlace::mail_password()).await?;
        }
        let insert = Query::insert()
            .into_table(Columns::Table)
            .columns([
                Columns::One,
                Columns::Host,
                Columns::Port,
                Columns::Security,
                Columns::Login,
                Columns::Sender,
            ])
            .values_panic([
                1_i64.into(),
                settings.host.as_str().into(),
                i64::from(settings.port).into(),
                settings.security.as_str().into(),
                settings.login.as_deref().into(),
                settings.sender.as_str().into(),
            ])
            .on_conflict(
                OnConflict::column(Columns::One)
                    .update_columns([
                        Columns::Host,
                        Columns::Port,
                        Columns::Security,
                        Columns::Login,
                        Columns::Sender,
                    ])
                    .to_owned(),
            )
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&settings.host), before.as_ref(), Some(settings)).await?;
        Ok(())
    }

    /// From now on no mail is sent; the password is deleted. False where none was sent before.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_mail_settings(&mut self) -> Result<bool, StoreError> {
        let Some(before) = find(&mut self.tx).await? else { return Ok(false) };
        self.delete_secret(&SecretPlace::mail_password()).await?;
        self.tx.execute(&Query::delete().from_table(Columns::Table).take()).await?;
        self.record(about(&before.host), Some(&before), None).await?;
        Ok(true)
    }

    /// Mail to the account goes there; None: to its login, where that is an address.
    ///
    /// # Errors
    /// When there is no such account, or no mail can be sent there.
    pub async fn put_mail_address(&mut self, account: &str, address: Option<&str>) -> Result<(), WriteError> {
        let Some(before) = find_address(&mut self.tx, account).await? else {
            return Err(WriteError::Unknown { kind: "account", name: account.to_owned() });
        };
        if address.is_some_and(|address| !looks_like_an_address(address)) {
            return Err(WriteError::Invalid { field: "address", reason: "is no address of a mailbox" });
        }
        let old = before.address.as_deref().filter(|_| before.given);
        if old == address {
            return Ok(());
        }
        match address {
            Some(address) => {
                let insert = Query::insert()
                    .into_table(AccountMail::Table)
                    .columns([AccountMail::Account, AccountMail::Address])
                    .values_panic([account.into(), address.into()])
                    .on_conflict(
                        OnConflict::column(AccountMail::Account)
                            .update_column(AccountMail::Address)
                            .to_owned(),
                    )
                    .take();
                self.tx.execute(&insert).await?;
            }
            None => {
                let delete = Query::delete()
                    .from_table(AccountMail::Table)
                    .and_where(Expr::col(AccountMail::Account).eq(account))
                    .take();
                self.tx.execute(&delete).await?;
            }
        }
        let login = before.login.as_str();
        let note = |address| AddressNote { login, address };
        let (from, to) = (old.map(note), address.map(note));
        let about = About { kind: "mail_address", object: account, tenant: None };
        self.record(about, from.as_ref(), to.as_ref()).await?;
        Ok(())
    }
}

fn check(settings: &MailSettings) -> Result<(), WriteError> {
    let invalid = |field, reason| Err(WriteError::Invalid { field, reason });
    let host = settings.host.as_str();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    if host.is_empty() || host.len() > MAX_HOST || !host.bytes().all(plain) {
        return invalid("host", "must be the name or the address of a host");
    }
    if settings.port == 0 {
        return invalid("port", "must be from 1 to 65535");
    }
    if !looks_like_an_address(&settings.sender) {
        return invalid("sender", "is no address of a mailbox");
    }
    match settings.login.as_deref() {
        Some(login)
            if login.is_empty() || login.len() > MAX_ADDRESS || login.chars().any(char::is_control) =>
        {
            invalid("login", "must have 1 to 254 bytes and no control characters")
        }
        Some(_) if settings.security == MailSecurity::Plain => {
            invalid("security", "must be tls or starttls: a password is not sent in the clear")
        }
        _ => Ok(()),
    }
}

fn about(host: &str) -> About<'_> {
    About { kind: "mail_settings", object: host, tenant: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_login() {
        for good in ["ann@example.org", "a.b+c@x.example", "root@localhost", "o'neil@example.org"] {
            assert!(looks_like_an_address(good), "{good}");
        }
        let long = format!("{}@example.org", "x".repeat(300));
        for bad in [
            "",
            "ann",
            "@",
            "@example.org",
            "ann@",
            "ann@@example.org",
            "ann@example..org",
            ".ann@example.org",
            "ann@example.org\r\nBcc: eve@example.org",
            "ann @example.org",
            "Ann <ann@example.org>",
            "ann@[127.0.0.1]",
            "änn@example.org",
            &long,
        ] {
            assert!(!looks_like_an_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_password_is_never_sent_in_the_clear() {
        let settings = MailSettings {
            host: "mail.example.org".to_owned(),
            port: 587,
            security: MailSecurity::StartTls,
            login: Some("countersign".to_owned()),
            sender: "countersign@example.org".to_owned(),
        };
        assert!(check(&settings).is_ok());
        let field = |settings: MailSettings| match check(&settings) {
            Err(WriteError::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(MailSettings { security: MailSecurity::Plain, ..settings.clone() }), "security");
        assert!(
            check(&MailSettings { security: MailSecurity::Plain, login: None, ..settings.clone() }).is_ok()
        );
        assert_eq!(field(MailSettings { port: 0, ..settings.clone() }), "port");
        assert_eq!(field(MailSettings { host: "mail example".to_owned(), ..settings.clone() }), "host");
        assert_eq!(field(MailSettings { sender: "countersign".to_owned(), ..settings.clone() }), "sender");
        assert_eq!(field(MailSettings { login: Some("a\nb".to_owned()), ..settings }), "login");
    }
}

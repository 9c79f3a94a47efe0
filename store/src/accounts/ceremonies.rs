//! Ceremonies with passkeys that are under way. Each is used up by its answer, on whichever replica that arrives, and
//! whatever it says. What binds it to one browser is that browser's alone: here is a digest of it.

use crate::Store;
use crate::db::{StoreError, word};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Iden, Order, Query, SelectStatement};
use std::str::FromStr;

#[derive(Debug, Clone, Copy, Iden)]
enum PasskeyCeremonies {
    Table,
    Digest,
    Purpose,
    Account,
    Session,
    Data,
    CreatedAt,
    ExpiresAt,
}

/// The most of one account at a time; beyond it the oldest are forgotten.
const MOST_OF_AN_ACCOUNT: u64 = 20;

/// The most of visitors who are not known yet. The brake lets one address begin a hundred in the time that they last.
const MOST_OF_VISITORS: u64 = 10_000;

/// What a ceremony is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyPurpose {
    /// Another passkey for an account that is signed in.
    Add,
    /// Signing in by the passkey alone; it says whose it is.
    SignIn,
    /// Signing in where the password was right and does not suffice.
    SecondFactor,
    /// Proving once more that whoever is signed in sits there.
    Prove,
}

impl CeremonyPurpose {
    const ALL: [Self; 4] = [Self::Add, Self::SignIn, Self::SecondFactor, Self::Prove];

    fn as_str(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::SignIn => "sign_in",
            Self::SecondFactor => "second_factor",
            Self::Prove => "prove",
        }
    }
}

/// A word that names no purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of add, sign_in, second_factor, prove")]
pub struct CeremonyPurposeError;

impl FromStr for CeremonyPurpose {
    type Err = CeremonyPurposeError;

    fn from_str(text: &str) -> Result<Self, CeremonyPurposeError> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text).ok_or(CeremonyPurposeError)
    }
}

/// A ceremony that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    pub purpose: CeremonyPurpose,
    /// Whose passkey must answer; none: whose it is, the answer says.
    pub account: Option<String>,
    /// The digest of the session that began it, of whoever is signed in.
    pub session: Option<[u8; 32]>,
    /// JSON, as `server` reads and writes it.
    pub data: String,
}

#[derive(sqlx::FromRow)]
struct CeremonyRow {
    purpose: String,
    account: Option<String>,
    session: Option<Vec<u8>>,
    data: String,
}

impl TryFrom<CeremonyRow> for Ceremony {
    type Error = StoreError;

    fn try_from(row: CeremonyRow) -> Result<Self, StoreError> {
        let session = row.session.map(|digest| <[u8; 32]>::try_from(digest.as_slice())).transpose();
        Ok(Self {
            purpose: word(&row.purpose, "the purpose of a ceremony")?,
            account: row.account,
            session: session.map_err(|_| StoreError::corrupt("a session's digest is not 32 bytes"))?,
            data: row.data,
        })
    }
}

fn is(digest: &[u8; 32]) -> Expr {
    Expr::col(PasskeyCeremonies::Digest).eq(digest.to_vec())
}

fn valid(digest: &[u8; 32], now: Timestamp) -> SelectStatement {
    Query::select()
        .columns([
            PasskeyCeremonies::Purpose,
            PasskeyCeremonies::Account,
            PasskeyCeremonies::Session,
            PasskeyCeremonies::Data,
        ])
        .from(PasskeyCeremonies::Table)
        .and_where(is(digest))
        .and_where(Expr::col(PasskeyCeremonies::ExpiresAt).gt(now.micros()))
        .take()
}

/// Those of an account, or of everybody who is not known yet.
fn whose(account: Option<&str>) -> Expr {
    let column = Expr::col(PasskeyCeremonies::Account);
    match account {
        Some(account) => column.eq(account),
        None => column.is_null(),
    }
}

fn latest(account: Option<&str>) -> SelectStatement {
    let most = if account.is_some() { MOST_OF_AN_ACCOUNT } else { MOST_OF_VISITORS };
    Query::select()
        .column(PasskeyCeremonies::Digest)
        .from(PasskeyCeremonies::Table)
        .and_where(whose(account))
        .order_by(PasskeyCeremonies::CreatedAt, Order::Desc)
        .order_by(PasskeyCeremonies::Digest, Order::Asc)
        .limit(most)
        .take()
}

impl Store {
    /// Notes that a ceremony was begun. `digest`: of the secret that the browser keeps.
    ///
    /// # Errors
    /// When the database does not answer, or the account is gone.
    pub async fn begin_ceremony(
        &self,
        digest: &[u8; 32],
        ceremony: &Ceremony,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table(PasskeyCeremonies::Table)
            .columns([
                PasskeyCeremonies::Digest,
                PasskeyCeremonies::Purpose,
                PasskeyCeremonies::Account,
                PasskeyCeremonies::Session,
                PasskeyCeremonies::Data,
                PasskeyCeremonies::CreatedAt,
                PasskeyCeremonies::ExpiresAt,
            ])
            .values_panic([
                digest.to_vec().into(),
                ceremony.purpose.as_str().into(),
                ceremony.account.clone().into(),
                ceremony.session.map(|digest| digest.to_vec()).into(),
                ceremony.data.as_str().into(),
                now.micros().into(),
                expires_at.micros().into(),
            ])
            .take();
        let account = ceremony.account.as_deref();
        let surplus = Query::delete()
            .from_table(PasskeyCeremonies::Table)
            .and_where(whose(account))
            .and_where(Expr::col(PasskeyCeremonies::Digest).not_in_subquery(latest(account)))
            .take();
        let mut tx = self.db.begin_write().await?;
        tx.execute(&insert).await?;
        tx.execute(&surplus).await?;
        tx.commit().await
    }

    /// The ceremony, to be shown; it goes on. None where it never was, was used up, or is too old.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn ceremony(&self, digest: &[u8; 32], now: Timestamp) -> Result<Option<Ceremony>, StoreError> {
        self.db.fetch_optional::<CeremonyRow>(&valid(digest, now)).await?.map(Ceremony::try_from).transpose()
    }

    /// Uses the ceremony up: of all answers to it one is the first. None for every other one, and where it is too old.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not; then the answer counts for nothing.
    pub async fn finish_ceremony(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<Ceremony>, StoreError> {
        let delete = Query::delete().from_table(PasskeyCeremonies::Table).and_where(is(digest)).take();
        let mut tx = self.db.begin_write().await?;
        let found = tx.fetch_optional::<CeremonyRow>(&valid(digest, now)).await?;
        let first = tx.execute(&delete).await? == 1;
        tx.commit().await?;
        found.filter(|_| first).map(Ceremony::try_from).transpose()
    }

    /// Removes ceremonies that were never answered; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_ceremonies(&self, now: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(PasskeyCeremonies::Table)
            .and_where(Expr::col(PasskeyCeremonies::ExpiresAt).lte(now.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::SqliteQueryBuilder;

    #[test]
    fn purposes_read_back() {
        for purpose in CeremonyPurpose::ALL {
            assert_eq!(purpose.as_str().parse::<CeremonyPurpose>(), Ok(purpose));
        }
        assert!("login".parse::<CeremonyPurpose>().is_err());
    }

    #[test]
    fn visitors_do_not_push_out_those_who_are_known() {
        let of_visitors = latest(None).to_string(SqliteQueryBuilder);
        assert!(of_visitors.contains(r#""account" IS NULL"#), "{of_visitors}");
        assert!(latest(Some("a")).to_string(SqliteQueryBuilder).contains(r#""account" = 'a'"#));
    }
}

//! One-time links, by the digest of their secret: to set-up, and to a password for one account. A link that a token made
//! says so, and so does the account that was entered by it.

use super::AccountError;
use super::setup::is_open;
use crate::Store;
use crate::db::{StoreError, Tx};
use policy::Timestamp;
use sea_query::{DeleteStatement, Expr, ExprTrait, Iden, Query, SelectStatement, UpdateStatement};

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
    HandedOutBy,
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

/// A link to be kept.
#[derive(Debug)]
pub(super) struct NewLink<'a> {
    /// Of its secret.
    pub(super) digest: &'a [u8; 32],
    pub(super) purpose: LinkPurpose,
    pub(super) account: Option<&'a str>,
    /// Using it removes the passkeys of the account.
    pub(super) forgets_passkeys: bool,
    /// The token that made it, as the record calls it; none: a person did.
    pub(super) handed_out_by: Option<String>,
    pub(super) made_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// What a link that was just used up says.
pub(super) struct UsedLink {
    /// Using it removes the passkeys of the account.
    pub(super) forgets_passkeys: bool,
    /// The token that made it, as the record calls it; none: a person did.
    pub(super) handed_out_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    account: Option<String>,
    forgets_passkeys: i64,
    handed_out_by: Option<String>,
}

impl From<LinkRow> for UsedLink {
    fn from(row: LinkRow) -> Self {
        Self { forgets_passkeys: row.forgets_passkeys == 1, handed_out_by: row.handed_out_by }
    }
}

fn select(digest: &[u8; 32]) -> SelectStatement {
    Query::select()
        .columns([SetupLinks::Account, SetupLinks::ForgetsPasskeys, SetupLinks::HandedOutBy])
        .from(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Digest).eq(digest.to_vec()))
        .take()
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
    select(digest)
        .and_where(Expr::col(SetupLinks::Purpose).eq(purpose.as_str()))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .and_where(Expr::col(SetupLinks::ExpiresAt).gt(now.micros()))
        .take()
}

/// The account that the link leads to, if it would work now.
pub(super) async fn whose(
    tx: &mut Tx,
    digest: &[u8; 32],
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<String>, StoreError> {
    let row = tx.fetch_optional::<LinkRow>(&valid(digest, purpose, now)).await?;
    Ok(row.and_then(|row| row.account))
}

/// Uses the link up: of all who try with the same link, one succeeds.
pub(super) async fn consume(
    tx: &mut Tx,
    digest: &[u8; 32],
    purpose: LinkPurpose,
    now: Timestamp,
) -> Result<Option<UsedLink>, StoreError> {
    if tx.execute(&use_up(digest, purpose, now)).await? == 0 {
        return Ok(None);
    }
    let row = tx.fetch_optional::<LinkRow>(&select(digest)).await?;
    Ok(row.map(UsedLink::from))
}

/// Removes the links with which an account could still be taken over.
pub(super) fn unused_links_of(account: &str) -> DeleteStatement {
    Query::delete()
        .from_table(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Account).eq(account))
        .and_where(Expr::col(SetupLinks::UsedAt).is_null())
        .take()
}

/// Removes those of them that a token made.
pub(super) fn unused_links_by_tokens_of(account: &str) -> DeleteStatement {
    unused_links_of(account).and_where(Expr::col(SetupLinks::HandedOutBy).is_not_null()).take()
}

/// Puts the link in the place of earlier unused ones for the same end.
pub(super) async fn put_link(tx: &mut Tx, link: &NewLink<'_>) -> Result<(), AccountError> {
    let whose = match link.account {
        Some(id) => Expr::col(SetupLinks::Account).eq(id),
        None => Expr::col(SetupLinks::Account).is_null(),
    };
    let earlier = Query::delete()
        .from_table(SetupLinks::Table)
        .and_where(Expr::col(SetupLinks::Purpose).eq(link.purpose.as_str()))
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
            SetupLinks::HandedOutBy,
        ])
        .values_panic([
            link.digest.to_vec().into(),
            link.purpose.as_str().into(),
            link.account.map(str::to_owned).into(),
            link.made_at.micros().into(),
            link.expires_at.micros().into(),
            i64::from(link.forgets_passkeys).into(),
            link.handed_out_by.clone().into(),
        ])
        .take();
    match tx.execute(&insert).await {
        Ok(_) => Ok(()),
        Err(StoreError::Constraint { .. }) => Err(AccountError::Unknown),
        Err(error) => Err(error.into()),
    }
}

impl Store {
    /// Stores a link to set-up by the digest of its secret, made on the host. Earlier unused ones stop working.
    ///
    /// # Errors
    /// When set-up is closed.
    pub async fn create_setup_link(
        &self,
        digest: &[u8; 32],
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), AccountError> {
        let link = NewLink {
            digest,
            purpose: LinkPurpose::Setup,
            account: None,
            forgets_passkeys: false,
            handed_out_by: None,
            made_at: now,
            expires_at,
        };
        let mut tx = self.db.begin_write().await?;
        if !is_open(&mut tx).await? {
            return Err(AccountError::SetupClosed);
        }
        put_link(&mut tx, &link).await?;
        Ok(tx.commit().await?)
    }

    /// Stores a recovery link by the digest of its secret, made on the host. Earlier unused ones of the account stop working.
    /// `forgets_passkeys`: using it also removes the account's passkeys.
    ///
    /// # Errors
    /// When there is no such account.
    pub async fn create_recovery_link(
        &self,
        digest: &[u8; 32],
        account: &str,
        forgets_passkeys: bool,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), AccountError> {
        let link = NewLink {
            digest,
            purpose: LinkPurpose::Recover,
            account: Some(account),
            forgets_passkeys,
            handed_out_by: None,
            made_at: now,
            expires_at,
        };
        let mut tx = self.db.begin_write().await?;
        put_link(&mut tx, &link).await?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::SqliteQueryBuilder;

    #[test]
    fn of_unused_links_those_of_tokens_can_be_told() {
        let all = unused_links_of("a").to_string(SqliteQueryBuilder);
        let by_tokens = unused_links_by_tokens_of("a").to_string(SqliteQueryBuilder);
        assert!(all.contains(r#""account" = 'a' AND "used_at" IS NULL"#), "{all}");
        assert_eq!(by_tokens, format!(r#"{all} AND "handed_out_by" IS NOT NULL"#));
    }
}

//! The browsers that signed in before. Whoever floods the sign-in of an account from elsewhere fills buckets that
//! are not theirs, so its owner still comes in (OWASP's device cookies). A device opens nothing: it needs the
//! password as anybody does.

use super::{Accounts, normal_login};
use crate::Store;
use crate::db::StoreError;
use policy::Timestamp;
use sea_query::{DeleteStatement, Expr, ExprTrait, Iden, Order, Query, SelectStatement};

#[derive(Debug, Clone, Copy, Iden)]
enum Devices {
    Table,
    Digest,
    Account,
    CreatedAt,
    UsedAt,
    ExpiresAt,
}

/// The most of one account; beyond it, those that were used longest ago are forgotten.
const MOST: u64 = 20;

#[derive(sqlx::FromRow)]
struct DeviceRow {
    account: String,
}

fn is(digest: &[u8; 32]) -> Expr {
    Expr::col(Devices::Digest).eq(digest.to_vec())
}

/// Forgets the browsers of an account.
pub(super) fn delete_of(account: &str) -> DeleteStatement {
    Query::delete().from_table(Devices::Table).and_where(Expr::col(Devices::Account).eq(account)).take()
}

/// The one that holds this login.
fn holder(login: &str) -> SelectStatement {
    Query::select()
        .column(Accounts::Id)
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Login).eq(normal_login(login)))
        .take()
}

/// Those of an account that were used last.
fn latest(account: &str) -> SelectStatement {
    Query::select()
        .column(Devices::Digest)
        .from(Devices::Table)
        .and_where(Expr::col(Devices::Account).eq(account))
        .order_by(Devices::UsedAt, Order::Desc)
        .order_by(Devices::Digest, Order::Asc)
        .limit(MOST)
        .take()
}

impl Store {
    /// Whether a browser with this token signed in to this login before, and not too long ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_known_device(
        &self,
        digest: &[u8; 32],
        login: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // Postgres refuses U+0000 even in a comparison; no account has it.
        if login.contains('\0') {
            return Ok(false);
        }
        let query = Query::select()
            .column(Devices::Account)
            .from(Devices::Table)
            .and_where(is(digest))
            .and_where(Expr::col(Devices::ExpiresAt).gt(now.micros()))
            .and_where(Expr::col(Devices::Account).in_subquery(holder(login)))
            .take();
        let found = self.db.fetch_optional::<DeviceRow>(&query).await?;
        Ok(found.is_some_and(|row| !row.account.is_empty()))
    }

    /// Notes another sign-in with a known browser. False where it is none of this account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn extend_device(
        &self,
        digest: &[u8; 32],
        account: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Query::update()
            .table(Devices::Table)
            .value(Devices::UsedAt, now.micros())
            .value(Devices::ExpiresAt, expires_at.micros())
            .and_where(is(digest))
            .and_where(Expr::col(Devices::Account).eq(account))
            .and_where(Expr::col(Devices::ExpiresAt).gt(now.micros()))
            .take();
        Ok(self.db.execute(&update).await? > 0)
    }

    /// Remembers a browser that has just signed in to this account for the first time.
    ///
    /// # Errors
    /// When the database does not answer, or there is no such account.
    pub async fn add_device(
        &self,
        digest: &[u8; 32],
        account: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table(Devices::Table)
            .columns([
                Devices::Digest,
                Devices::Account,
                Devices::CreatedAt,
                Devices::UsedAt,
                Devices::ExpiresAt,
            ])
            .values_panic([
                digest.to_vec().into(),
                account.into(),
                now.micros().into(),
                now.micros().into(),
                expires_at.micros().into(),
            ])
            .take();
        let surplus =
            delete_of(account).and_where(Expr::col(Devices::Digest).not_in_subquery(latest(account))).take();
        let mut tx = self.db.begin_write().await?;
        tx.execute(&insert).await?;
        tx.execute(&surplus).await?;
        tx.commit().await
    }

    /// Forgets browsers that did not sign in for too long; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_devices(&self, now: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(Devices::Table)
            .and_where(Expr::col(Devices::ExpiresAt).lte(now.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

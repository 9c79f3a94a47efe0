//! Taking back tokens of issuers: all that a subject has, or one by its `jti`. The next call reads it.

use super::writer::About;
use super::{Page, Subject, WriteError, Writer, beyond, holds};
use crate::Store;
use crate::db::{Source, StoreError};
use crate::schema::{Subjects, TokenRevocations};
use crate::unmapped::MAX_PART;
use policy::{SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A token that was taken back before it expired. The token itself is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RevokedToken {
    pub issuer: String,
    pub jti: String,
    pub at: Timestamp,
    /// The token has expired by then; after that this may be forgotten.
    pub until: Timestamp,
    pub by: String,
}

impl RevokedToken {
    /// Where a list goes on after this one.
    pub fn cursor(&self) -> String {
        format!("{}\n{}", self.issuer, self.jti)
    }
}

#[derive(sqlx::FromRow)]
struct RevokedRow {
    issuer: String,
    jti: String,
    at: i64,
    until: i64,
    by: String,
}

impl From<RevokedRow> for RevokedToken {
    fn from(row: RevokedRow) -> Self {
        Self {
            issuer: row.issuer,
            jti: row.jti,
            at: Timestamp::from_micros(row.at),
            until: Timestamp::from_micros(row.until),
            by: row.by,
        }
    }
}

const COLUMNS: [TokenRevocations; 5] = [
    TokenRevocations::Issuer,
    TokenRevocations::Jti,
    TokenRevocations::At,
    TokenRevocations::Until,
    TokenRevocations::By,
];

fn select() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from(TokenRevocations::Table)
        .order_by(TokenRevocations::Issuer, Order::Asc)
        .order_by(TokenRevocations::Jti, Order::Asc)
        .take()
}

async fn find<S: Source>(
    source: &mut S,
    issuer: &str,
    jti: &str,
) -> Result<Option<RevokedToken>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(TokenRevocations::Issuer).eq(issuer))
        .and_where(Expr::col(TokenRevocations::Jti).eq(jti));
    Ok(source.optional::<RevokedRow, _>(&query).await?.map(RevokedToken::from))
}

impl Store {
    /// Tokens that were taken back, by issuer and `jti`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_revoked_tokens(&self, page: &Page<'_>) -> Result<Vec<RevokedToken>, StoreError> {
        let mut query = select();
        if let Some(text) = page.search {
            query.cond_where(holds(text, [TokenRevocations::Issuer, TokenRevocations::Jti]));
        }
        let further = |after| beyond(TokenRevocations::Issuer, TokenRevocations::Jti, after);
        query.and_where_option(page.after.map(further)).limit(page.limit);
        let rows: Vec<RevokedRow> = self.db.fetch_all(&query).await?;
        Ok(rows.into_iter().map(RevokedToken::from).collect())
    }

    /// Forgets tokens that had expired before this moment; answers how many. Stay well behind the clock: a token
    /// counts as long as its issuer's clock skew allows.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_revoked_tokens(&self, before: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(TokenRevocations::Table)
            .and_where(Expr::col(TokenRevocations::Until).lt(before.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

impl Writer {
    /// From now on no token of an issuer counts for this subject that was issued before, on every replica. Its API
    /// keys stay; they are taken back one by one.
    ///
    /// # Errors
    /// When the subject is unknown.
    pub async fn sign_out_everywhere(&mut self, id: &SubjectId) -> Result<Subject, WriteError> {
        let before = self.need_subject(id).await?;
        // The database's clock may have been set back; the moment is not.
        let tokens_after = before.tokens_after.map_or(self.now, |earlier| earlier.max(self.now));
        let after = Subject { tokens_after: Some(tokens_after), ..before.clone() };
        let update = Query::update()
            .table(Subjects::Table)
            .value(Subjects::TokensAfter, tokens_after.micros())
            .and_where(Expr::col(Subjects::Id).eq(id.as_str()))
            .take();
        self.tx.execute(&update).await?;
        let about = About { kind: "subject", object: id.as_str(), tenant: None };
        self.record(about, Some(&before), Some(&after)).await?;
        Ok(after)
    }

    /// Takes back one token; `until` is when it expires by itself. Taken back once more, the later moment holds.
    ///
    /// # Errors
    /// When the issuer is unknown, the `jti` cannot be one, or the token has expired already.
    pub async fn revoke_token(
        &mut self,
        issuer: &str,
        jti: &str,
        until: Timestamp,
    ) -> Result<RevokedToken, WriteError> {
        check(jti)?;
        if until <= self.now {
            return Err(WriteError::Invalid { field: "until", reason: "must be in the future" });
        }
        self.need_issuer(issuer).await?;
        let before = find(&mut self.tx, issuer, jti).await?;
        let after = match &before {
            Some(old) if old.until >= until => return Ok(old.clone()),
            Some(old) => RevokedToken { until, ..old.clone() },
            None => RevokedToken {
                issuer: issuer.to_owned(),
                jti: jti.to_owned(),
                at: self.now,
                until,
                by: self.actor.name.clone(),
            },
        };
        if before.is_some() {
            let update = Query::update()
                .table(TokenRevocations::Table)
                .value(TokenRevocations::Until, until.micros())
                .and_where(Expr::col(TokenRevocations::Issuer).eq(issuer))
                .and_where(Expr::col(TokenRevocations::Jti).eq(jti))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(TokenRevocations::Table)
                .columns(COLUMNS)
                .values_panic([
                    after.issuer.as_str().into(),
                    after.jti.as_str().into(),
                    after.at.micros().into(),
                    after.until.micros().into(),
                    after.by.as_str().into(),
                ])
                .take();
            self.tx.execute(&insert).await?;
        }
        let about = About { kind: "token", object: jti, tenant: None };
        self.record(about, before.as_ref(), Some(&after)).await?;
        Ok(after)
    }
}

/// A `jti` that a token can have and an index can hold. Whoever pastes a whole token in its place is told so, and
/// nothing of it is kept.
fn check(jti: &str) -> Result<(), WriteError> {
    let reason = match jti {
        "" => "must not be empty",
        jti if jti.contains('\0') => "must not hold U+0000",
        jti if jti.starts_with("eyJ") && jti.split('.').count() == 3 => {
            "must be the token's `jti` claim, not the token"
        }
        jti if jti.len() > MAX_PART => "must not be longer than 1000 bytes",
        _ => return Ok(()),
    };
    Err(WriteError::Invalid { field: "jti", reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_taken_for_its_jti() {
        for good in ["a", "4b1e5c9e-8f1c-4f5e-9d0a-0a4f6f0d1c2b", "eyJ", "a.b.c"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "a\0", &"x".repeat(MAX_PART + 1), "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}

//! The callers' own keys. What is stored is a digest; nothing here gives it out again.

use super::writer::About;
use super::{WriteError, Writer, digest, name};
use crate::Store;
use crate::db::{Source, StoreError, new_id};
use crate::schema::ApiKeys;
use policy::{SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A subject's key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    pub id: String,
    pub subject: SubjectId,
    /// One of a kind within its subject.
    pub name: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    #[serde(skip)]
    pub last_used_at: Option<Timestamp>,
}

/// A key to be stored.
#[derive(Clone, Copy)]
pub struct NewApiKey<'a> {
    pub subject: &'a SubjectId,
    pub name: &'a str,
    /// SHA-256 of the secret, in lower-case hexadecimal.
    pub digest: &'a str,
    pub expires_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ApiKeyRow {
    id: String,
    subject: String,
    name: String,
    digest: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<ApiKeyRow> for ApiKey {
    fn from(row: ApiKeyRow) -> Self {
        Self {
            id: row.id,
            subject: SubjectId::new(row.subject),
            name: row.name,
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        }
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            ApiKeys::Id,
            ApiKeys::Subject,
            ApiKeys::Name,
            ApiKeys::Digest,
            ApiKeys::CreatedAt,
            ApiKeys::ExpiresAt,
            ApiKeys::LastUsedAt,
        ])
        .from(ApiKeys::Table)
        .order_by(ApiKeys::Name, Order::Asc)
        .take()
}

async fn find_row<S: Source>(
    source: &mut S,
    subject: &SubjectId,
    name: &str,
) -> Result<Option<ApiKeyRow>, StoreError> {
    let mut query = select();
    query
        .and_where(Expr::col(ApiKeys::Subject).eq(subject.as_str()))
        .and_where(Expr::col(ApiKeys::Name).eq(name));
    source.optional(&query).await
}

async fn list<S: Source>(source: &mut S, subject: &SubjectId) -> Result<Vec<ApiKey>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(ApiKeys::Subject).eq(subject.as_str()));
    Ok(source.all::<ApiKeyRow, _>(&query).await?.into_iter().map(ApiKey::from).collect())
}

/// Everybody's keys, by subject and name.
pub(super) async fn list_all<S: Source>(source: &mut S) -> Result<Vec<ApiKey>, StoreError> {
    let mut query = select();
    query.clear_order_by().order_by(ApiKeys::Subject, Order::Asc).order_by(ApiKeys::Name, Order::Asc);
    Ok(source.all::<ApiKeyRow, _>(&query).await?.into_iter().map(ApiKey::from).collect())
}

impl Store {
    /// One subject's keys, by name; expired ones too.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_api_keys(&self, subject: &SubjectId) -> Result<Vec<ApiKey>, StoreError> {
        list(&mut &self.db, subject).await
    }
}

impl Writer {
    /// As [`Store::list_api_keys`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_api_keys(&mut self, subject: &SubjectId) -> Result<Vec<ApiKey>, StoreError> {
        list(&mut self.tx, subject).await
    }

    /// Makes the subject's key of this name be so. Another secret makes it another key: it gets a new id, and
    /// the old secret ends at once.
    ///
    /// # Errors
    /// When the subject is unknown, or another key has this secret.
    pub async fn put_api_key(&mut self, key: &NewApiKey<'_>) -> Result<ApiKey, WriteError> {
        name("API key", key.name)?;
        digest(key.digest)?;
        self.need_subject(key.subject).await?;
        let stored = find_row(&mut self.tx, key.subject, key.name).await?;
        let same_secret = stored.as_ref().is_some_and(|old| old.digest == key.digest);
        let before = stored.map(ApiKey::from);
        if let (Some(old), true) = (&before, same_secret) {
            if old.expires_at == key.expires_at {
                return Ok(old.clone());
            }
            return self.move_expiry(old, key.expires_at).await;
        }
        self.refuse_known_secret(key.digest).await?;
        if let Some(old) = &before {
            self.remove_api_key(old).await?;
        }
        let after = ApiKey {
            id: new_id(),
            subject: key.subject.clone(),
            name: key.name.to_owned(),
            created_at: self.now,
            expires_at: key.expires_at,
            last_used_at: None,
        };
        let insert = Query::insert()
            .into_table(ApiKeys::Table)
            .columns([
                ApiKeys::Id,
                ApiKeys::Subject,
                ApiKeys::Name,
                ApiKeys::Digest,
                ApiKeys::CreatedAt,
                ApiKeys::ExpiresAt,
            ])
            .values_panic([
                after.id.as_str().into(),
                after.subject.as_str().into(),
                after.name.as_str().into(),
                key.digest.into(),
                after.created_at.micros().into(),
                after.expires_at.map(Timestamp::micros).into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&after), before.as_ref(), Some(&after)).await?;
        Ok(after)
    }

    async fn move_expiry(
        &mut self,
        old: &ApiKey,
        expires_at: Option<Timestamp>,
    ) -> Result<ApiKey, WriteError> {
        let after = ApiKey { expires_at, ..old.clone() };
        let update = Query::update()
            .table(ApiKeys::Table)
            .value(ApiKeys::ExpiresAt, expires_at.map(Timestamp::micros))
            .and_where(Expr::col(ApiKeys::Id).eq(old.id.as_str()))
            .take();
        self.tx.execute(&update).await?;
        self.record(about(&after), Some(old), Some(&after)).await?;
        Ok(after)
    }

    /// Moves the end of a key that exists; its secret stays.
    ///
    /// # Errors
    /// When the subject has no key of this name.
    pub async fn set_api_key_expiry(
        &mut self,
        subject: &SubjectId,
        name: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<ApiKey, WriteError> {
        match find_row(&mut self.tx, subject, name).await?.map(ApiKey::from) {
            None => Err(WriteError::Unknown { kind: "key", name: name.to_owned() }),
            Some(old) if old.expires_at == expires_at => Ok(old),
            Some(old) => self.move_expiry(&old, expires_at).await,
        }
    }

    async fn refuse_known_secret(&mut self, digest: &str) -> Result<(), WriteError> {
        let mut query = select();
        query.and_where(Expr::col(ApiKeys::Digest).eq(digest));
        match self.tx.fetch_optional::<ApiKeyRow>(&query).await? {
            Some(other) => Err(WriteError::Taken {
                what: "this secret".to_owned(),
                owner: format!("key `{}` of subject `{}`", other.name, other.subject),
            }),
            None => Ok(()),
        }
    }

    async fn remove_api_key(&mut self, key: &ApiKey) -> Result<(), StoreError> {
        let delete = Query::delete()
            .from_table(ApiKeys::Table)
            .and_where(Expr::col(ApiKeys::Id).eq(key.id.as_str()))
            .take();
        self.tx.execute(&delete).await?;
        Ok(())
    }

    /// Deletes the subject's key of this name; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_api_key(&mut self, subject: &SubjectId, name: &str) -> Result<bool, WriteError> {
        let Some(before) = find_row(&mut self.tx, subject, name).await?.map(ApiKey::from) else {
            return Ok(false);
        };
        self.remove_api_key(&before).await?;
        self.record(about(&before), Some(&before), None).await?;
        Ok(true)
    }
}

fn about(key: &ApiKey) -> About<'_> {
    About { kind: "api_key", object: key.subject.as_str(), tenant: None }
}

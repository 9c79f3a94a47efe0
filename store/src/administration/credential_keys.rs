//! The keys of enforcement credentials: two may be valid at once, so that one can replace the other.

use super::credentials::{Credential, find_by_id};
use super::writer::About;
use super::{WriteError, Writer, digest};
use crate::Store;
use crate::db::{Source, StoreError, new_id};
use crate::schema::CredentialKeys;
use policy::{CredentialId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A key of a credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialKey {
    pub id: String,
    pub credential: CredentialId,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    #[serde(skip)]
    pub last_used_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    credential: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
}

impl From<KeyRow> for CredentialKey {
    fn from(row: KeyRow) -> Self {
        Self {
            id: row.id,
            credential: CredentialId::new(row.credential),
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_micros),
            last_used_at: row.last_used_at.map(Timestamp::from_micros),
        }
    }
}

fn select_keys() -> SelectStatement {
    Query::select()
        .columns([
            CredentialKeys::Id,
            CredentialKeys::Credential,
            CredentialKeys::CreatedAt,
            CredentialKeys::ExpiresAt,
            CredentialKeys::LastUsedAt,
        ])
        .from(CredentialKeys::Table)
        .order_by(CredentialKeys::Id, Order::Asc)
        .take()
}

async fn keys<S: Source>(source: &mut S, id: &CredentialId) -> Result<Vec<CredentialKey>, StoreError> {
    let mut query = select_keys();
    query.and_where(Expr::col(CredentialKeys::Credential).eq(id.as_str()));
    Ok(source.all::<KeyRow, _>(&query).await?.into_iter().map(CredentialKey::from).collect())
}

/// The keys of every credential, the oldest first.
pub(super) async fn list_all<S: Source>(source: &mut S) -> Result<Vec<CredentialKey>, StoreError> {
    Ok(source.all::<KeyRow, _>(&select_keys()).await?.into_iter().map(CredentialKey::from).collect())
}

impl Store {
    /// One credential's keys, the oldest first; expired ones too.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_credential_keys(&self, id: &CredentialId) -> Result<Vec<CredentialKey>, StoreError> {
        keys(&mut &self.db, id).await
    }
}

impl Writer {
    /// As [`Store::list_credential_keys`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_credential_keys(
        &mut self,
        id: &CredentialId,
    ) -> Result<Vec<CredentialKey>, StoreError> {
        keys(&mut self.tx, id).await
    }

    /// Adds a key by the digest of its secret. A key that the credential already has is kept, with this expiry.
    ///
    /// # Errors
    /// When the credential is unknown, or another one has this secret.
    pub async fn add_credential_key(
        &mut self,
        credential: &CredentialId,
        secret_digest: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<CredentialKey, WriteError> {
        digest(secret_digest)?;
        let Some(owner) = find_by_id(&mut self.tx, credential).await? else {
            return Err(WriteError::Unknown { kind: "credential", name: credential.to_string() });
        };
        let mut query = select_keys();
        query.and_where(Expr::col(CredentialKeys::Digest).eq(secret_digest));
        let before = self.tx.fetch_optional::<KeyRow>(&query).await?.map(CredentialKey::from);
        let Some(old) = &before else {
            return self.insert_credential_key(&owner, secret_digest, expires_at).await;
        };
        if old.credential != *credential {
            let what = "this secret".to_owned();
            return Err(WriteError::Taken { what, owner: "another credential".to_owned() });
        }
        let after = CredentialKey { expires_at, ..old.clone() };
        if *old != after {
            let update = Query::update()
                .table(CredentialKeys::Table)
                .value(CredentialKeys::ExpiresAt, expires_at.map(Timestamp::micros))
                .and_where(Expr::col(CredentialKeys::Id).eq(after.id.as_str()))
                .take();
            self.tx.execute(&update).await?;
            self.record(about_key(&after, owner.tenant.as_ref()), before.as_ref(), Some(&after)).await?;
        }
        Ok(after)
    }

    async fn insert_credential_key(
        &mut self,
        owner: &Credential,
        secret_digest: &str,
        expires_at: Option<Timestamp>,
    ) -> Result<CredentialKey, WriteError> {
        let after = CredentialKey {
            id: new_id(),
            credential: owner.id.clone(),
            created_at: self.now,
            expires_at,
            last_used_at: None,
        };
        let insert = Query::insert()
            .into_table(CredentialKeys::Table)
            .columns([
                CredentialKeys::Id,
                CredentialKeys::Credential,
                CredentialKeys::Digest,
                CredentialKeys::CreatedAt,
                CredentialKeys::ExpiresAt,
            ])
            .values_panic([
                after.id.as_str().into(),
                after.credential.as_str().into(),
                secret_digest.into(),
                after.created_at.micros().into(),
                expires_at.map(Timestamp::micros).into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about_key(&after, owner.tenant.as_ref()), None, Some(&after)).await?;
        Ok(after)
    }

    /// Deletes one key of a credential by the key's id; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_credential_key(&mut self, key: &str) -> Result<bool, WriteError> {
        let mut query = select_keys();
        query.and_where(Expr::col(CredentialKeys::Id).eq(key));
        let Some(before) = self.tx.fetch_optional::<KeyRow>(&query).await?.map(CredentialKey::from) else {
            return Ok(false);
        };
        let owner = find_by_id(&mut self.tx, &before.credential).await?;
        let tenant = owner.as_ref().and_then(|owner| owner.tenant.as_ref());
        let delete = Query::delete()
            .from_table(CredentialKeys::Table)
            .and_where(Expr::col(CredentialKeys::Id).eq(key))
            .take();
        self.tx.execute(&delete).await?;
        self.record(about_key(&before, tenant), Some(&before), None).await?;
        Ok(true)
    }
}

fn about_key<'a>(key: &'a CredentialKey, tenant: Option<&'a TenantSlug>) -> About<'a> {
    About { kind: "credential_key", object: key.credential.as_str(), tenant }
}

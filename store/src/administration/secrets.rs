//! Secrets that are kept, as the database holds them: encrypted. Nothing in here can read them, and what is recorded of
//! a change is where a secret belongs, never what it is.

use super::writer::About;
use super::{WriteError, Writer};
use crate::Store;
use crate::db::{Source, StoreError};
use crate::schema::{Vault, VaultSecrets};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, LockType, Order, Query, SelectStatement};
use serde::Serialize;
use std::fmt;

/// What a secret belongs to. It counts there alone: the encryption is bound to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SecretPlace {
    /// The kind of thing: `issuer`, `webhook`, `mail`.
    pub kind: String,
    /// Which of them, by what it is known by: an issuer's URL.
    pub owner: String,
    /// Which of its secrets: `client_secret`.
    pub name: String,
}

impl SecretPlace {
    /// With which Countersign asks an issuer about tokens.
    pub fn client_secret(issuer: &str) -> Self {
        Self { kind: "issuer".to_owned(), owner: issuer.to_owned(), name: "client_secret".to_owned() }
    }

    /// With which what is handed out is signed. `kid`: which key it is.
    pub fn signing_key(kid: &str) -> Self {
        Self { kind: "signing".to_owned(), owner: kid.to_owned(), name: "private_key".to_owned() }
    }

    /// With which what goes to a webhook is signed.
    pub fn webhook(id: &str) -> Self {
        Self { kind: "webhook".to_owned(), owner: id.to_owned(), name: "secret".to_owned() }
    }

    /// The one before it, with which it is signed as well until a rotation is finished.
    pub fn older_webhook(id: &str) -> Self {
        Self { name: "older_secret".to_owned(), ..Self::webhook(id) }
    }

    /// With which Countersign signs in to the mail server.
    pub fn mail_password() -> Self {
        Self { kind: "mail".to_owned(), owner: "smtp".to_owned(), name: "password".to_owned() }
    }

    /// The whole arguments of a call that waits for approval: gone once the request no longer waits.
    pub fn arguments(approval: &str) -> Self {
        Self { kind: "approval".to_owned(), owner: approval.to_owned(), name: "arguments".to_owned() }
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {} `{}`", self.name, self.kind, self.owner)
    }
}

/// A secret, encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    pub place: SecretPlace,
    /// The fingerprint of the vault's key that wraps it: 16 hexadecimal digits.
    pub key: String,
    /// The secret's own key, wrapped.
    pub wrapped: String,
    pub sealed: String,
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedSecret")
            .field("place", &self.place)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// A secret as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSecret {
    pub secret: SealedSecret,
    pub changed_at: Timestamp,
}

/// What is recorded of the key that secrets are wrapped by.
#[derive(Serialize)]
struct KeyNote<'a> {
    key: &'a str,
}

#[derive(sqlx::FromRow)]
struct SecretRow {
    kind: String,
    owner: String,
    name: String,
    key_id: String,
    wrapped: String,
    sealed: String,
    changed_at: i64,
}

impl From<SecretRow> for StoredSecret {
    fn from(row: SecretRow) -> Self {
        Self {
            secret: SealedSecret {
                place: SecretPlace { kind: row.kind, owner: row.owner, name: row.name },
                key: row.key_id,
                wrapped: row.wrapped,
                sealed: row.sealed,
            },
            changed_at: Timestamp::from_micros(row.changed_at),
        }
    }
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    key_id: String,
}

const COLUMNS: [VaultSecrets; 7] = [
    VaultSecrets::Kind,
    VaultSecrets::Owner,
    VaultSecrets::Name,
    VaultSecrets::KeyId,
    VaultSecrets::Wrapped,
    VaultSecrets::Sealed,
    VaultSecrets::ChangedAt,
];

fn select() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from(VaultSecrets::Table)
        .order_by(VaultSecrets::Kind, Order::Asc)
        .order_by(VaultSecrets::Owner, Order::Asc)
        .order_by(VaultSecrets::Name, Order::Asc)
        .take()
}

/// True in the row of this place.
fn at(place: &SecretPlace) -> Expr {
    Expr::col(VaultSecrets::Kind)
        .eq(place.kind.as_str())
        .and(Expr::col(VaultSecrets::Owner).eq(place.owner.as_str()))
        .and(Expr::col(VaultSecrets::Name).eq(place.name.as_str()))
}

async fn find<S: Source>(source: &mut S, place: &SecretPlace) -> Result<Option<StoredSecret>, StoreError> {
    let mut query = select();
    query.and_where(at(place));
    Ok(source.optional::<SecretRow, _>(&query).await?.map(StoredSecret::from))
}

async fn list<S: Source>(source: &mut S) -> Result<Vec<StoredSecret>, StoreError> {
    Ok(source.all::<SecretRow, _>(&select()).await?.into_iter().map(StoredSecret::from).collect())
}

async fn current_key<S: Source>(source: &mut S) -> Result<Option<String>, StoreError> {
    let query = Query::select().column(Vault::KeyId).from(Vault::Table).take();
    Ok(source.optional::<KeyRow, _>(&query).await?.map(|row| row.key_id))
}

impl Store {
    /// # Errors
    /// When the database does not answer.
    pub async fn get_secret(&self, place: &SecretPlace) -> Result<Option<StoredSecret>, StoreError> {
        find(&mut &self.db, place).await
    }

    /// All secrets, by place.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_secrets(&self) -> Result<Vec<StoredSecret>, StoreError> {
        list(&mut &self.db).await
    }

    /// The fingerprint of the key that secrets are wrapped by from now on. None: there never was a secret.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn vault_key(&self) -> Result<Option<String>, StoreError> {
        current_key(&mut &self.db).await
    }
}

impl Writer {
    /// As [`Store::get_secret`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn get_secret(&mut self, place: &SecretPlace) -> Result<Option<StoredSecret>, StoreError> {
        find(&mut self.tx, place).await
    }

    /// As [`Store::list_secrets`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_secrets(&mut self) -> Result<Vec<StoredSecret>, StoreError> {
        list(&mut self.tx).await
    }

    /// As [`Store::vault_key`], within this unit of work: nobody changes it before this one ends.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn vault_key(&mut self) -> Result<Option<String>, StoreError> {
        current_key(&mut self.tx).await
    }

    /// As [`Writer::vault_key`], and nobody who is no administrator keeps a secret by it before this unit of work ends: who
    /// was about to is waited for. Whoever changes the key calls it before looking which secrets there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hold_vault_key(&mut self) -> Result<Option<String>, StoreError> {
        let query = Query::select().column(Vault::KeyId).from(Vault::Table).lock(LockType::Update).take();
        Ok(self.tx.fetch_optional::<KeyRow>(&query).await?.map(|row| row.key_id))
    }

    /// Keeps the secret, in place of the one that is there. The first one says which key the vault has.
    ///
    /// # Errors
    /// When it is wrapped by another key than the vault's: whoever rotates that would not find it.
    pub async fn put_secret(&mut self, secret: &SealedSecret) -> Result<(), WriteError> {
        match current_key(&mut self.tx).await? {
            Some(current) if current != secret.key => {
                let reason = "is wrapped by another key than the vault's";
                return Err(WriteError::Invalid { field: "secret", reason });
            }
            Some(_) => {}
            None => self.set_vault_key(&secret.key).await?,
        }
        let before = find(&mut self.tx, &secret.place).await?;
        self.store_secret(secret, before.is_some()).await?;
        let before = before.map(|stored| stored.secret.place);
        self.record(about(&secret.place), before.as_ref(), Some(&secret.place)).await?;
        Ok(())
    }

    /// The same secret, its key wrapped anew. Nobody's secret changed, so nothing is recorded of it by itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rewrap_secret(&mut self, secret: &SealedSecret) -> Result<(), StoreError> {
        let update = Query::update()
            .table(VaultSecrets::Table)
            .value(VaultSecrets::KeyId, secret.key.as_str())
            .value(VaultSecrets::Wrapped, secret.wrapped.as_str())
            .and_where(at(&secret.place))
            .take();
        self.tx.execute(&update).await?;
        Ok(())
    }

    /// Deletes the secret; false where there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_secret(&mut self, place: &SecretPlace) -> Result<bool, StoreError> {
        if find(&mut self.tx, place).await?.is_none() {
            return Ok(false);
        }
        let delete = Query::delete().from_table(VaultSecrets::Table).and_where(at(place)).take();
        self.tx.execute(&delete).await?;
        self.record(about(place), Some(place), None).await?;
        Ok(true)
    }

    /// From now on secrets are wrapped by the key with this fingerprint.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_vault_key(&mut self, key: &str) -> Result<(), StoreError> {
        let before = current_key(&mut self.tx).await?;
        if before.as_deref() == Some(key) {
            return Ok(());
        }
        if before.is_some() {
            let update = Query::update().table(Vault::Table).value(Vault::KeyId, key).take();
            self.tx.execute(&update).await?;
        } else {
            let insert = Query::insert()
                .into_table(Vault::Table)
                .columns([Vault::One, Vault::KeyId])
                .values_panic([1_i64.into(), key.into()])
                .take();
            self.tx.execute(&insert).await?;
        }
        let about = About { kind: "vault_key", object: key, tenant: None };
        let old = before.as_deref().map(|key| KeyNote { key });
        self.record(about, old.as_ref(), Some(&KeyNote { key })).await
    }

    async fn store_secret(&mut self, secret: &SealedSecret, exists: bool) -> Result<(), StoreError> {
        let place = &secret.place;
        let values: [Expr; 7] = [
            place.kind.as_str().into(),
            place.owner.as_str().into(),
            place.name.as_str().into(),
            secret.key.as_str().into(),
            secret.wrapped.as_str().into(),
            secret.sealed.as_str().into(),
            self.now.micros().into(),
        ];
        if exists {
            let update = Query::update()
                .table(VaultSecrets::Table)
                .values(COLUMNS.into_iter().zip(values))
                .and_where(at(place))
                .take();
            self.tx.execute(&update).await?;
        } else {
            let insert =
                Query::insert().into_table(VaultSecrets::Table).columns(COLUMNS).values_panic(values).take();
            self.tx.execute(&insert).await?;
        }
        Ok(())
    }
}

fn about(place: &SecretPlace) -> About<'_> {
    About { kind: "secret", object: place.owner.as_str(), tenant: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_encrypted_is_shown_either() {
        let secret = SealedSecret {
            place: SecretPlace::client_secret("https://idp.example"),
            key: "0011223344556677".to_owned(),
            wrapped: "wrapped-text".to_owned(),
            sealed: "sealed-text".to_owned(),
        };
        let shown = format!("{secret:?}");
        assert!(shown.contains("idp.example") && !shown.contains("-text"), "{shown}");
        assert_eq!(secret.place.to_string(), "`client_secret` of issuer `https://idp.example`");
    }
}

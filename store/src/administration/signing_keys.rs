//! The keys that sign what is handed out: their public halves, and until when what each signed is taken. The private
//! half is a secret of the vault.

use super::writer::About;
use super::{WriteError, Writer};
use crate::Store;
use crate::db::{Dialect, Source, StoreError, now_micros};
use crate::schema::SigningKeys as Table;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// A key, without its private half.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SigningKey {
    /// The thumbprint of the public half (RFC 7638), base64url.
    pub kid: String,
    /// The public half: 32 bytes of Ed25519 as base64url (RFC 8037, `x`).
    pub public: String,
    pub created_at: Timestamp,
    /// None: it signs.
    pub retired_at: Option<Timestamp>,
    /// From then on nothing that it signed is taken. None while it signs.
    pub verifies_until: Option<Timestamp>,
}

/// All keys that are not forgotten, the newest first, as of one moment. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeys {
    /// The database's clock.
    pub now: Timestamp,
    pub keys: Vec<SigningKey>,
}

impl SigningKeys {
    /// The one that signs.
    pub fn signs(&self) -> Option<&SigningKey> {
        self.keys.iter().find(|key| key.retired_at.is_none())
    }

    /// Those of which something may still be taken.
    pub fn that_verify(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().filter(|key| key.verifies_until.is_none_or(|until| self.now < until))
    }
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    kid: String,
    public: String,
    created_at: i64,
    retired_at: Option<i64>,
    verifies_until: Option<i64>,
    now: i64,
}

const COLUMNS: [Table; 5] =
    [Table::Kid, Table::Public, Table::CreatedAt, Table::RetiredAt, Table::VerifiesUntil];

fn select(dialect: Dialect) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .expr_as(now_micros(dialect), "now")
        .from(Table::Table)
        .order_by(Table::CreatedAt, Order::Desc)
        .order_by(Table::Kid, Order::Asc)
        .take()
}

async fn list<S: Source>(source: &mut S, dialect: Dialect) -> Result<Option<SigningKeys>, StoreError> {
    let rows: Vec<KeyRow> = source.all(&select(dialect)).await?;
    let Some(now) = rows.first().map(|row| Timestamp::from_micros(row.now)) else { return Ok(None) };
    let keys = rows.into_iter().map(|row| SigningKey {
        kid: row.kid,
        public: row.public,
        created_at: Timestamp::from_micros(row.created_at),
        retired_at: row.retired_at.map(Timestamp::from_micros),
        verifies_until: row.verifies_until.map(Timestamp::from_micros),
    });
    Ok(Some(SigningKeys { now, keys: keys.collect() }))
}

impl Store {
    /// None: none was made yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signing_keys(&self) -> Result<Option<SigningKeys>, StoreError> {
        list(&mut &self.db, self.dialect()).await
    }

    /// Forgets keys of which nothing is taken any more, by the database's clock; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_signing_keys(&self) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(Table::Table)
            .and_where(Expr::col(Table::VerifiesUntil).lt(now_micros(self.dialect())))
            .take();
        self.db.execute(&delete).await
    }
}

impl Writer {
    /// As [`Store::signing_keys`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signing_keys(&mut self) -> Result<Option<SigningKeys>, StoreError> {
        let dialect = self.tx.dialect();
        list(&mut self.tx, dialect).await
    }

    /// Stores a key that signs from now on. The one that signed must have been retired.
    ///
    /// # Errors
    /// When another one signs.
    pub async fn add_signing_key(&mut self, kid: &str, public: &str) -> Result<SigningKey, WriteError> {
        if self.signing_keys().await?.is_some_and(|keys| keys.signs().is_some()) {
            return Err(WriteError::Invalid { field: "signing key", reason: "is there already" });
        }
        let key = SigningKey {
            kid: kid.to_owned(),
            public: public.to_owned(),
            created_at: self.now,
            retired_at: None,
            verifies_until: None,
        };
        let insert = Query::insert()
            .into_table(Table::Table)
            .columns([Table::Kid, Table::Public, Table::CreatedAt])
            .values_panic([kid.into(), public.into(), self.now.micros().into()])
            .take();
        self.tx.execute(&insert).await?;
        self.record(about(&key), None, Some(&key)).await?;
        Ok(key)
    }

    /// From now on the key signs nothing. What it signed is taken until then.
    ///
    /// # Errors
    /// When no such key signs.
    pub async fn retire_signing_key(
        &mut self,
        kid: &str,
        verifies_until: Timestamp,
    ) -> Result<SigningKey, WriteError> {
        let known = self.signing_keys().await?;
        let Some(before) = known.as_ref().and_then(SigningKeys::signs).filter(|key| key.kid == kid) else {
            return Err(WriteError::Unknown { kind: "signing key", name: kid.to_owned() });
        };
        let after =
            SigningKey { retired_at: Some(self.now), verifies_until: Some(verifies_until), ..before.clone() };
        let update = Query::update()
            .table(Table::Table)
            .value(Table::RetiredAt, self.now.micros())
            .value(Table::VerifiesUntil, verifies_until.micros())
            .and_where(Expr::col(Table::Kid).eq(kid))
            .take();
        self.tx.execute(&update).await?;
        self.record(about(&after), Some(before), Some(&after)).await?;
        Ok(after)
    }
}

fn about(key: &SigningKey) -> About<'_> {
    About { kind: "signing_key", object: key.kid.as_str(), tenant: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_until_its_time_and_signs_until_it_is_retired() {
        let key = |kid: &str, retired: Option<i64>, until: Option<i64>| SigningKey {
            kid: kid.to_owned(),
            public: String::new(),
            created_at: Timestamp::default(),
            retired_at: retired.map(Timestamp::from_micros),
            verifies_until: until.map(Timestamp::from_micros),
        };
        let keys = SigningKeys {
            now: Timestamp::from_micros(10),
            keys: vec![key("new", None, None), key("old", Some(5), Some(11)), key("gone", Some(1), Some(10))],
        };
        assert_eq!(keys.signs().map(|key| key.kid.as_str()), Some("new"));
        assert_eq!(keys.that_verify().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["new", "old"]);
    }
}

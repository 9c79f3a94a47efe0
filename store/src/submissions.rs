//! Which submissions of requests for approval were made under which `Idempotency-Key`, so that one key is never taken
//! for two.

use crate::Store;
use crate::db::{StoreError, now_micros};
use crate::schema::AccessSubmissions as Table;
use policy::{CredentialId, Timestamp};
use sea_query::{Expr, ExprTrait, OnConflict, Query};

#[derive(sqlx::FromRow)]
struct BodyRow {
    body: String,
}

impl Store {
    /// Notes what was submitted under this key; false where that was something else. Both are SHA-256 in lower-case
    /// hexadecimal. Of two that come at once one is the first. `until`: from then on it may be forgotten.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_submission(
        &self,
        credential: &CredentialId,
        idempotency: &str,
        body: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let insert = Query::insert()
            .into_table(Table::Table)
            .columns([Table::Credential, Table::Idempotency, Table::Body, Table::Until])
            .values_panic([
                credential.as_str().into(),
                idempotency.into(),
                body.into(),
                until.micros().into(),
            ])
            .on_conflict(OnConflict::columns([Table::Credential, Table::Idempotency]).do_nothing().to_owned())
            .take();
        if self.db.execute(&insert).await? == 1 {
            return Ok(true);
        }
        let select = Query::select()
            .column(Table::Body)
            .from(Table::Table)
            .and_where(Expr::col(Table::Credential).eq(credential.as_str()))
            .and_where(Expr::col(Table::Idempotency).eq(idempotency))
            .take();
        // One that was forgotten meanwhile contradicts nothing.
        let known: Option<BodyRow> = self.db.fetch_optional(&select).await?;
        Ok(known.is_none_or(|known| known.body == body))
    }

    /// Forgets submissions whose time is over, by the database's clock; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_submissions(&self) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(Table::Table)
            .and_where(Expr::col(Table::Until).lt(now_micros(self.dialect())))
            .take();
        self.db.execute(&delete).await
    }
}

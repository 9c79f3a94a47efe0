//! Sign-ins by a provider that are under way. Each is used up by its answer, on whichever replica that arrives, and
//! whatever it says. What binds it to one browser is that browser's alone: here is a digest of the state.

use crate::Store;
use crate::db::StoreError;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, Iden, Query};

#[derive(Debug, Clone, Copy, Iden)]
enum SignInFlows {
    Table,
    State,
    Provider,
    ExpiresAt,
}

#[derive(sqlx::FromRow)]
struct FlowRow {
    provider: String,
}

impl Store {
    /// Notes that a sign-in was begun. `state`: the digest of what the provider will hand back.
    ///
    /// # Errors
    /// When the database does not answer, or the provider is gone.
    pub async fn begin_sign_in(
        &self,
        state: &[u8; 32],
        provider: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table(SignInFlows::Table)
            .columns([SignInFlows::State, SignInFlows::Provider, SignInFlows::ExpiresAt])
            .values_panic([state.to_vec().into(), provider.into(), expires_at.micros().into()])
            .take();
        self.db.execute(&insert).await.map(|_| ())
    }

    /// Uses the sign-in up: of all answers to it one is the first. The id of its provider; none where it never was, was
    /// used up, or is too old.
    ///
    /// # Errors
    /// When the database does not answer; then nobody signs in.
    pub async fn finish_sign_in(
        &self,
        state: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let is = Expr::col(SignInFlows::State).eq(state.to_vec());
        let query = Query::select()
            .column(SignInFlows::Provider)
            .from(SignInFlows::Table)
            .and_where(is.clone())
            .and_where(Expr::col(SignInFlows::ExpiresAt).gt(now.micros()))
            .take();
        let delete = Query::delete().from_table(SignInFlows::Table).and_where(is).take();
        let mut tx = self.db.begin_write().await?;
        let found = tx.fetch_optional::<FlowRow>(&query).await?;
        let first = tx.execute(&delete).await? == 1;
        tx.commit().await?;
        Ok(found.filter(|_| first).map(|row| row.provider))
    }

    /// Removes sign-ins that were never answered; answers how many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_expired_sign_ins(&self, now: Timestamp) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table(SignInFlows::Table)
            .and_where(Expr::col(SignInFlows::ExpiresAt).lte(now.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

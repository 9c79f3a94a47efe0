//! Which of the requests that are waited for do not wait any more.

use crate::Store;
use crate::administration::CHUNK;
use crate::approvals::tables::Approvals;
use crate::db::StoreError;
use policy::ApprovalId;
use policy::labels::ApprovalState;
use sea_query::{Expr, ExprTrait, Query};

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

impl Store {
    /// Those of these that were decided, withdrawn or ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn which_are_decided(&self, ids: &[ApprovalId]) -> Result<Vec<ApprovalId>, StoreError> {
        let mut decided = Vec::new();
        for some in ids.chunks(CHUNK) {
            let query = Query::select()
                .column(Approvals::Id)
                .from(Approvals::Table)
                .and_where(Expr::col(Approvals::Id).is_in(some.iter().map(ApprovalId::as_str)))
                .and_where(Expr::col(Approvals::State).ne(ApprovalState::Pending.as_str()))
                .take();
            let rows: Vec<IdRow> = self.db.fetch_all(&query).await?;
            decided.extend(rows.into_iter().map(|row| ApprovalId::new(row.id)));
        }
        Ok(decided)
    }
}

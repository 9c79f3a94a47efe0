//! The agents and services that a person answers for.

use crate::Store;
use crate::db::StoreError;
use crate::schema::{Memberships, Subjects};
use policy::{SubjectId, TenantSlug};
use sea_query::{Expr, ExprTrait, Order, Query};
use std::collections::BTreeSet;

#[derive(sqlx::FromRow)]
struct OwnedRow {
    id: String,
}

impl Store {
    /// Whom this person answers for, by id: all of them, or the members of any of these tenants.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn list_owned(
        &self,
        owner: &SubjectId,
        tenants: Option<&BTreeSet<TenantSlug>>,
        limit: u64,
    ) -> Result<Vec<SubjectId>, StoreError> {
        let mut query = Query::select();
        query
            .column(Subjects::Id)
            .from(Subjects::Table)
            .and_where(Expr::col(Subjects::Owner).eq(owner.as_str()))
            .order_by(Subjects::Id, Order::Asc)
            .limit(limit);
        if let Some(tenants) = tenants {
            let members = Query::select()
                .column(Memberships::Subject)
                .from(Memberships::Table)
                .and_where(Expr::col(Memberships::Tenant).is_in(tenants.iter().map(TenantSlug::as_str)))
                .take();
            query.and_where(Expr::col(Subjects::Id).in_subquery(members));
        }
        let rows: Vec<OwnedRow> = self.db.fetch_all(&query).await?;
        Ok(rows.into_iter().map(|row| SubjectId::new(row.id)).collect())
    }
}

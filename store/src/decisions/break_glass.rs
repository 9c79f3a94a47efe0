//! How often a break-glass grant was used.

use super::DecisionFilter;
use crate::administration::BreakGlassGrant;
use crate::counting::count;
use crate::recorder::tables::Decisions;
use crate::{Store, StoreError};
use policy::Outcome;
use sea_query::{Expr, ExprTrait, LikeExpr, Query};

impl Store {
    /// Calls that this grant alone allowed. What is read is one subject's calls while it held, 15 minutes at the most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_break_glass_uses(&self, grant: &BreakGlassGrant) -> Result<i64, StoreError> {
        let (Some(from), Some(until)) = (grant.confirmed_at, grant.until) else { return Ok(0) };
        let filter = DecisionFilter {
            tenants: Some(vec![grant.tenant.to_string()]),
            subject: Some(grant.subject.to_string()),
            outcome: Some(Outcome::Allow),
            from: Some(from),
            to: Some(until),
            ..DecisionFilter::default()
        };
        // An id of ours: nothing in it is special to LIKE.
        let named = format!("%\"break_glass\":{{\"id\":\"{}\"%", grant.id);
        let mut query = Query::select();
        query.from(Decisions::Table);
        filter.narrow(&mut query);
        query.and_where(Expr::col(Decisions::Body).like(LikeExpr::new(named)));
        count(&mut &self.db, query).await
    }
}

//! What one person answered, and what one rule asked for, whatever became of it: the histories of the console.

use super::tables::{ApprovalVotes, Approvals};
use super::{Approval, ApprovalFilter, ApprovalRow, select};
use crate::Store;
use crate::db::StoreError;
use policy::{RuleId, SubjectId, TenantSlug};
use sea_query::{Expr, ExprTrait, LikeExpr, Order, Query, SelectStatement};
use std::collections::BTreeSet;

fn id() -> Expr {
    Expr::col((Approvals::Table, Approvals::Id))
}

/// The JSON of a rule's name within the list of requirements, as a pattern of LIKE. Ids hold what is typed into an address,
/// too, so nothing of it may mean anything else.
fn naming(rule: &RuleId) -> LikeExpr {
    let mut pattern = String::from("%\"rule\":");
    for character in serde_json::Value::from(rule.as_str()).to_string().chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('!')
}

impl Store {
    /// The requests that this person answered, of these tenants where such are given, the newest first, from the one
    /// older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_answers(
        &self,
        person: &SubjectId,
        tenants: Option<&BTreeSet<TenantSlug>>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        let answered = Query::select()
            .column(ApprovalVotes::Approval)
            .from(ApprovalVotes::Table)
            .and_where(Expr::col(ApprovalVotes::Person).eq(person.as_str()))
            .take();
        let mut query = select();
        query.and_where(id().in_subquery(answered)).and_where_option(tenants.map(|any| {
            Expr::col((Approvals::Table, Approvals::Tenant)).is_in(any.iter().map(TenantSlug::as_str))
        }));
        self.newest(query, before, limit).await
    }

    /// Those of [`Self::list_approvals`] that this rule asked for, whether they wait or not. It looks at every request that
    /// the filter leaves, from the newest on, until there are enough.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_approvals_of_rule(
        &self,
        rule: &RuleId,
        filter: &ApprovalFilter<'_>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        let mut query = select();
        filter.narrow(&mut query, self.dialect());
        query.and_where(Expr::col((Approvals::Table, Approvals::Requirements)).like(naming(rule)));
        self.newest(query, before, limit).await
    }

    async fn newest(
        &self,
        mut query: SelectStatement,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        query
            .and_where_option(before.map(|before| id().lt(before)))
            .order_by((Approvals::Table, Approvals::Id), Order::Desc)
            .limit(limit);
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }
}

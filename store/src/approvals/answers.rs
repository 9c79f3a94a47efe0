//! What one person answered, and what one rule asked for, whatever became of it: the histories of the console.

use super::tables::{ApprovalVotes, Approvals};
use super::{Approval, ApprovalFilter, ApprovalRow, select};
use crate::Store;
use crate::db::StoreError;
use policy::{RuleId, SubjectId, TenantSlug};
use sea_query::{Expr, ExprTrait, JoinType, LikeExpr, Order, Query, SelectStatement};
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

/// The requests of this person's newest answers. It begins with the answers, in their order: a database that begins with the
/// requests reads all that are newer than these.
pub(super) fn answered(
    person: &SubjectId,
    tenants: Option<&BTreeSet<TenantSlug>>,
    before: Option<&str>,
    limit: u64,
) -> SelectStatement {
    const FIRST: &str = "first";
    let vote = |column: ApprovalVotes| Expr::col((ApprovalVotes::Table, column));
    let first = Query::select()
        .column((ApprovalVotes::Table, ApprovalVotes::Approval))
        .from(ApprovalVotes::Table)
        .and_where(vote(ApprovalVotes::Person).eq(person.as_str()))
        .and_where_option(before.map(|before| vote(ApprovalVotes::Approval).lt(before)))
        .and_where_option(tenants.map(|any| Expr::exists(of_any(any))))
        .order_by((ApprovalVotes::Table, ApprovalVotes::Approval), Order::Desc)
        .limit(limit)
        .take();
    let same = Expr::col((FIRST, ApprovalVotes::Approval)).equals((Approvals::Table, Approvals::Id));
    let mut query = select();
    query
        .join_subquery(JoinType::InnerJoin, first, FIRST, same)
        .order_by((FIRST, ApprovalVotes::Approval), Order::Desc);
    query
}

/// The request of an answer, where it is of one of these tenants. With an offset Postgres asks this of one answer after the
/// other, and makes no join of it.
fn of_any(tenants: &BTreeSet<TenantSlug>) -> SelectStatement {
    let slugs = tenants.iter().map(TenantSlug::as_str);
    Query::select()
        .column((Approvals::Table, Approvals::Id))
        .from(Approvals::Table)
        .and_where(id().equals((ApprovalVotes::Table, ApprovalVotes::Approval)))
        .and_where(Expr::col((Approvals::Table, Approvals::Tenant)).is_in(slugs))
        .limit(1)
        .offset(0)
        .take()
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
        let query = answered(person, tenants, before, limit);
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
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
        query
            .and_where(Expr::col((Approvals::Table, Approvals::Requirements)).like(naming(rule)))
            .and_where_option(before.map(|before| id().lt(before)))
            .order_by((Approvals::Table, Approvals::Id), Order::Desc)
            .limit(limit);
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }
}

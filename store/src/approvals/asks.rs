//! What waits for a person: the requests that ask one of the roles held, or the person by name; and those that ask
//! somebody in whose place that person answers.

use super::tables::{ApprovalAsks, ApprovalVotes, Approvals};
use super::{Approval, ApprovalRow, select, waits};
use crate::Store;
use crate::counting::count;
use crate::db::{Dialect, StoreError, now_micros};
use policy::{Risk, SubjectId, TenantSlug};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};

/// Somebody whose duty a person does: its own, or that of somebody who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPerson {
    pub person: SubjectId,
    /// Where it is a member now, with the roles held there.
    pub memberships: Vec<(TenantSlug, Vec<String>)>,
}

/// The gravest first.
const RANK: &str =
    "(CASE \"approvals\".\"risk\" WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END)";

/// The same of one.
fn rank_of(risk: Option<Risk>) -> i64 {
    match risk {
        Some(Risk::Critical) => 0,
        Some(Risk::High) => 1,
        Some(Risk::Medium) => 2,
        Some(Risk::Low) | None => 3,
    }
}

/// The most roles and tenants that are looked for at once.
const MOST_NAMES: usize = 500;

impl Store {
    /// What waits for this person, the most pressing first: by risk, then by age. Requests of its own, and those it
    /// answered, are left out; whether it may decide, is judged elsewhere.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_asked(
        &self,
        me: &SubjectId,
        duties: &[AskedPerson],
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        self.list_asked_behind(me, duties, None, limit).await
    }

    /// As [`Self::list_asked`], from behind `after` on, which may have been decided meanwhile.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_asked_behind(
        &self,
        me: &SubjectId,
        duties: &[AskedPerson],
        after: Option<&Approval>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        let Some(query) = page(me, duties, after, limit, self.dialect()) else { return Ok(Vec::new()) };
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// How many [`Self::list_asked`] would list.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_asked(&self, me: &SubjectId, duties: &[AskedPerson]) -> Result<i64, StoreError> {
        let Some(asked) = asked(duties, self.dialect()) else { return Ok(0) };
        let mut query = Query::select();
        query.from(Approvals::Table);
        narrow_asked(&mut query, me, asked, self.dialect());
        count(&mut &self.db, query).await
    }
}

/// A page of what waits, from behind `after` on; None where nothing can.
pub(super) fn page(
    me: &SubjectId,
    duties: &[AskedPerson],
    after: Option<&Approval>,
    limit: u64,
    dialect: Dialect,
) -> Option<SelectStatement> {
    let mut query = select();
    narrow_asked(&mut query, me, asked(duties, dialect)?, dialect);
    if let Some(after) = after {
        let rank = rank_of(after.risk);
        let later = Expr::col((Approvals::Table, Approvals::Id)).gt(after.id.as_str());
        let behind = Expr::cust(RANK).gt(rank).or(Expr::cust(RANK).eq(rank).and(later));
        query.and_where(behind);
    }
    query
        .order_by_expr(Expr::cust(RANK), Order::Asc)
        .order_by((Approvals::Table, Approvals::Id), Order::Asc)
        .limit(limit);
    Some(query)
}

fn narrow_asked(query: &mut SelectStatement, me: &SubjectId, asked: SelectStatement, dialect: Dialect) {
    waits(query, dialect);
    let column = |column: Approvals| Expr::col((Approvals::Table, column));
    let answered = Query::select()
        .column(ApprovalVotes::Approval)
        .from(ApprovalVotes::Table)
        .and_where(Expr::col(ApprovalVotes::Person).eq(me.as_str()))
        .take();
    let acts = column(Approvals::Actor).is_null().or(column(Approvals::Actor).ne(me.as_str()));
    query
        .and_where(column(Approvals::Id).in_subquery(asked))
        .and_where(column(Approvals::Id).not_in_subquery(answered))
        .and_where(column(Approvals::Subject).ne(me.as_str()))
        .and_where(acts);
}

/// The requests that ask any of these; None where none can.
fn asked(duties: &[AskedPerson], dialect: Dialect) -> Option<SelectStatement> {
    let column = |column: ApprovalAsks| Expr::col(column);
    let mut any = Condition::any();
    let mut names = 0_usize;
    for duty in duties {
        for (tenant, roles) in &duty.memberships {
            names += roles.len() + 1;
            if names > MOST_NAMES {
                break;
            }
            let by_name = column(ApprovalAsks::Kind)
                .eq("subject")
                .and(column(ApprovalAsks::Name).eq(duty.person.as_str()));
            let by_role = column(ApprovalAsks::Kind)
                .eq("role")
                .and(column(ApprovalAsks::Name).is_in(roles.iter().map(String::as_str)));
            let here = column(ApprovalAsks::Tenant).eq(tenant.as_str());
            any = any.add(here.and(by_name.or(by_role)));
        }
    }
    if names == 0 {
        return None;
    }
    let query = Query::select()
        .column(ApprovalAsks::Approval)
        .from(ApprovalAsks::Table)
        .and_where(column(ApprovalAsks::Since).lte(now_micros(dialect)))
        .cond_where(any)
        .take();
    Some(query)
}

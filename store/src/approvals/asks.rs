//! What waits for a person: the requests that ask one of the roles held, or the person by name; and those that ask
//! somebody in whose place that person answers. However many wait, no more of them are read than are shown: each of those
//! names has an index that holds what asks it in the order of the inbox. What the person may not answer, or answered and waits
//! for others, is passed over on the way, one by one.

use super::tables::{ApprovalAsks, ApprovalVotes, Approvals};
use super::{Approval, ApprovalRow, select, waits};
use crate::Store;
use crate::counting::count;
use crate::db::{Dialect, StoreError, now_micros, statement_micros};
use policy::{Risk, SubjectId, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, JoinType, Order, Query, SelectStatement, UnionType};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody whose duty a person does: its own, or that of somebody who is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedPerson {
    pub person: SubjectId,
    /// Where it is a member now, with the roles held there.
    pub memberships: Vec<(TenantSlug, Vec<String>)>,
}

/// The gravest first.
pub(super) fn rank_of(risk: Option<Risk>) -> i64 {
    match risk {
        Some(Risk::Critical) => 0,
        Some(Risk::High) => 1,
        Some(Risk::Medium) => 2,
        Some(Risk::Low) | None => 3,
    }
}

/// So many of those that wait are counted, and no more.
pub const MOST_COUNTED: i64 = 100;

/// The most roles and persons that are looked for at once.
const MOST_NAMES: usize = 500;

/// The most of them that are looked for one by one. Each is a part of the statement, which has to be planned; what asks any
/// of more names than that is sorted.
const MOST_LANES: usize = 16;

#[derive(sqlx::FromRow)]
struct SinceRow {
    since: i64,
}

#[derive(sqlx::FromRow)]
struct BegunRow {
    tenant: String,
    since: i64,
}

impl Store {
    /// When a request that waits last began to ask anybody: as it was filed, or as it escalated, of which there is no event.
    /// It is another moment as soon as any escalates.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn asked_last(&self) -> Result<Option<Timestamp>, StoreError> {
        let row: Option<SinceRow> = self.db.fetch_optional(&last(self.dialect())).await?;
        Ok(row.map(|row| Timestamp::from_micros(row.since)))
    }

    /// In which tenants requests began to ask anybody after this moment, and when last, up to now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn asked_since(
        &self,
        after: Timestamp,
    ) -> Result<BTreeMap<TenantSlug, Timestamp>, StoreError> {
        let rows: Vec<BegunRow> = self.db.fetch_all(&begun(after, self.dialect())).await?;
        let rows = rows.into_iter();
        Ok(rows.map(|row| (TenantSlug::new(row.tenant), Timestamp::from_micros(row.since))).collect())
    }

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
        let after = match after {
            Some(after) => Some((self.rank(after).await?, after.id.as_str())),
            None => None,
        };
        let Some(query) = page(me, duties, after, limit, self.dialect()) else { return Ok(Vec::new()) };
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// Where a request stands by its rank. What a server of an earlier version filed stands where the column's default has it,
    /// whatever its risk: a page that went on from elsewhere would lead back to it for ever. What asks nobody any more goes
    /// by its risk.
    async fn rank(&self, of: &Approval) -> Result<i64, StoreError> {
        let stands: Option<RankRow> = self.db.fetch_optional(&standing(of.id.as_str())).await?;
        Ok(stands.map_or_else(|| rank_of(of.risk), |row| row.rank))
    }

    /// How many [`Self::list_asked`] would list, counted no further than [`MOST_COUNTED`].
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_asked(&self, me: &SubjectId, duties: &[AskedPerson]) -> Result<i64, StoreError> {
        match counted(me, duties, self.dialect()) {
            Some(query) => count(&mut &self.db, query).await,
            None => Ok(0),
        }
    }
}

#[derive(sqlx::FromRow)]
struct RankRow {
    rank: i64,
}

/// The rank of a request that asks somebody; it is the same for each of those.
pub(super) fn standing(approval: &str) -> SelectStatement {
    Query::select()
        .column(ApprovalAsks::Rank)
        .from(ApprovalAsks::Table)
        .and_where(Expr::col(ApprovalAsks::Approval).eq(approval))
        .limit(1)
        .take()
}

/// As the index of it has it, which no inbox is read by: a database that takes most moments for later than now would read all
/// that waits.
fn since() -> Expr {
    Expr::cust("(\"since\" + 0)")
}

/// When anybody was last asked anything.
pub(super) fn last(dialect: Dialect) -> SelectStatement {
    Query::select()
        .column(ApprovalAsks::Since)
        .from(ApprovalAsks::Table)
        .and_where(since().lte(statement_micros(dialect)))
        .order_by_expr(since(), Order::Desc)
        .limit(1)
        .take()
}

/// The same tenant by tenant, of what is later than this.
pub(super) fn begun(after: Timestamp, dialect: Dialect) -> SelectStatement {
    Query::select()
        .column(ApprovalAsks::Tenant)
        .expr_as(since().max(), "since")
        .from(ApprovalAsks::Table)
        .and_where(since().gt(after.micros()))
        .and_where(since().lte(statement_micros(dialect)))
        .group_by_col(ApprovalAsks::Tenant)
        .take()
}

/// Where a request stands in the inbox: its rank, and its id.
type Place<'a> = (i64, &'a str);

/// What is counted; None where nothing can.
pub(super) fn counted(me: &SubjectId, duties: &[AskedPerson], dialect: Dialect) -> Option<SelectStatement> {
    let first = first(me, duties, None, MOST_COUNTED.unsigned_abs(), dialect)?;
    Some(Query::select().from_subquery(first, "first").take())
}

/// A page of what waits, from behind `after` on; None where nothing can.
pub(super) fn page(
    me: &SubjectId,
    duties: &[AskedPerson],
    after: Option<Place<'_>>,
    limit: u64,
    dialect: Dialect,
) -> Option<SelectStatement> {
    const FIRST: &str = "first";
    let first = first(me, duties, after, limit, dialect)?;
    let same = Expr::col((FIRST, ApprovalAsks::Approval)).equals((Approvals::Table, Approvals::Id));
    let mut query = select();
    query
        .join_subquery(JoinType::InnerJoin, first, FIRST, same)
        .order_by((FIRST, ApprovalAsks::Rank), Order::Asc)
        .order_by((FIRST, ApprovalAsks::Approval), Order::Asc);
    Some(query)
}

/// The places of the first of them.
fn first(
    me: &SubjectId,
    duties: &[AskedPerson],
    after: Option<Place<'_>>,
    limit: u64,
    dialect: Dialect,
) -> Option<SelectStatement> {
    let names = names(duties);
    if names.len() > MOST_LANES {
        let mut asking = asking(any_of(&names), me, after, dialect);
        return Some(cut(asking.distinct(), limit));
    }
    // The first of all are among the first of each.
    let mut lanes = names.into_iter().map(|name| {
        let lane = cut(&mut asking(only(name), me, after, dialect), limit);
        Query::select().columns(IN_ORDER).from_subquery(lane, "lane").take()
    });
    let mut all = lanes.next()?;
    for lane in lanes {
        all.union(UnionType::Distinct, lane);
    }
    Some(cut(&mut all, limit))
}

const IN_ORDER: [ApprovalAsks; 2] = [ApprovalAsks::Rank, ApprovalAsks::Approval];

fn cut(query: &mut SelectStatement, limit: u64) -> SelectStatement {
    for column in IN_ORDER {
        query.order_by(column, Order::Asc);
    }
    query.limit(limit).take()
}

/// A tenant, and a role there or a person.
type Name<'a> = (&'a str, &'static str, &'a str);

/// Those by which they are asked, each once, and no more than may be looked for.
fn names(duties: &[AskedPerson]) -> BTreeSet<Name<'_>> {
    let all = duties.iter().flat_map(|duty| {
        duty.memberships.iter().flat_map(move |(tenant, roles)| {
            let person = std::iter::once(("subject", duty.person.as_str()));
            let roles = roles.iter().map(|role| ("role", role.as_str()));
            person.chain(roles).map(move |(kind, name)| (tenant.as_str(), kind, name))
        })
    });
    let mut names = BTreeSet::new();
    for name in all {
        if names.len() == MOST_NAMES {
            break;
        }
        names.insert(name);
    }
    names
}

fn of(tenant: &str, kind: &str) -> Expr {
    Expr::col(ApprovalAsks::Tenant).eq(tenant).and(Expr::col(ApprovalAsks::Kind).eq(kind))
}

fn only((tenant, kind, name): Name<'_>) -> Condition {
    Condition::all().add(of(tenant, kind)).add(Expr::col(ApprovalAsks::Name).eq(name))
}

fn any_of(names: &BTreeSet<Name<'_>>) -> Condition {
    let mut lists: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for &(tenant, kind, name) in names {
        lists.entry((tenant, kind)).or_default().push(name);
    }
    lists.into_iter().fold(Condition::any(), |any, ((tenant, kind), names)| {
        any.add(of(tenant, kind).and(Expr::col(ApprovalAsks::Name).is_in(names)))
    })
}

/// What asks these and may be answered, from behind `after` on.
fn asking(whom: Condition, me: &SubjectId, after: Option<Place<'_>>, dialect: Dialect) -> SelectStatement {
    let behind = |(rank, id): Place<'_>| {
        Expr::tuple(IN_ORDER.map(Expr::col)).gt(Expr::tuple([Expr::val(rank), Expr::val(id)]))
    };
    Query::select()
        .columns(IN_ORDER)
        .from(ApprovalAsks::Table)
        .cond_where(whom)
        .and_where(Expr::col(ApprovalAsks::Since).lte(now_micros(dialect)))
        .and_where_option(after.map(behind))
        .and_where(Expr::exists(answerable(me, dialect)))
        .take()
}

/// The request that asks, where it waits, is none of this person's own, and was not answered by it.
fn answerable(me: &SubjectId, dialect: Dialect) -> SelectStatement {
    let column = |column: Approvals| Expr::col((Approvals::Table, column));
    let vote = |column: ApprovalVotes| Expr::col((ApprovalVotes::Table, column));
    let answered = Query::select()
        .column(ApprovalVotes::Approval)
        .from(ApprovalVotes::Table)
        .and_where(vote(ApprovalVotes::Approval).equals((Approvals::Table, Approvals::Id)))
        .and_where(vote(ApprovalVotes::Person).eq(me.as_str()))
        .take();
    let acts = column(Approvals::Actor).is_null().or(column(Approvals::Actor).ne(me.as_str()));
    let mut query = Query::select();
    query
        .column((Approvals::Table, Approvals::Id))
        .from(Approvals::Table)
        .and_where(column(Approvals::Id).equals((ApprovalAsks::Table, ApprovalAsks::Approval)))
        .and_where(column(Approvals::Subject).ne(me.as_str()))
        .and_where(acts)
        .and_where(Expr::not_exists(answered));
    waits(&mut query, dialect);
    // With an offset Postgres asks this of one after the other, until there are enough. It makes a join of it else, and reads
    // all that waits wherever it takes it that few are left.
    query.limit(1).offset(0).take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_several_share_takes_one_place() {
        let roles: Vec<String> = (0..20).map(|role| format!("role-{role}")).collect();
        let duty = |person: usize| AskedPerson {
            person: SubjectId::new(format!("person-{person}")),
            memberships: vec![("acme".into(), roles.clone())],
        };
        let duties: Vec<AskedPerson> = (0..30).map(duty).collect();
        assert_eq!(names(&duties).len(), 50);
        let crowd: Vec<AskedPerson> = (0..1_000).map(duty).collect();
        let names = names(&crowd);
        assert_eq!(names.len(), MOST_NAMES);
        assert!(names.contains(&("acme", "subject", "person-0")), "the first of them count");
    }
}

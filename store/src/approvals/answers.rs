//! What one person answered, and what one rule asked for, whatever became of it: the histories of the console.

use super::tables::{ApprovalVotes, Approvals};
use super::{Approval, ApprovalFilter, ApprovalRow, select};
use crate::Store;
use crate::db::{Dialect, StoreError, json};
use policy::approval::Requirement;
use policy::{RuleId, SubjectId};
use sea_query::{Expr, ExprTrait, JoinType, LikeExpr, Order, Query, SelectStatement};
use std::collections::BTreeMap;

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

/// Whose answers are meant, and of which requests.
#[derive(Debug, Clone, Copy)]
pub struct AnswerFilter<'a> {
    pub person: &'a SubjectId,
    pub requests: ApprovalFilter<'a>,
    /// Of those that this rule asked for, whether they wait or not.
    pub rule: Option<&'a RuleId>,
}

const FIRST: &str = "first";

/// The requests of this person's newest answers. It begins with the answers, in their order: a database that begins with the
/// requests reads all that are newer than these.
pub(super) fn answered(
    of: &AnswerFilter<'_>,
    before: Option<&str>,
    limit: u64,
    dialect: Dialect,
) -> SelectStatement {
    let mut query = select();
    newest(&mut query, of, before, limit, dialect);
    query
}

/// Narrows a question about requests to those, in their order.
fn newest(
    query: &mut SelectStatement,
    of: &AnswerFilter<'_>,
    before: Option<&str>,
    limit: u64,
    dialect: Dialect,
) {
    let vote = |column: ApprovalVotes| Expr::col((ApprovalVotes::Table, column));
    let first = Query::select()
        .column((ApprovalVotes::Table, ApprovalVotes::Approval))
        .from(ApprovalVotes::Table)
        .and_where(vote(ApprovalVotes::Person).eq(of.person.as_str()))
        .and_where_option(before.map(|before| vote(ApprovalVotes::Approval).lt(before)))
        .and_where_option(fitting(of, dialect).map(Expr::exists))
        .order_by((ApprovalVotes::Table, ApprovalVotes::Approval), Order::Desc)
        .limit(limit)
        .take();
    let same = Expr::col((FIRST, ApprovalVotes::Approval)).equals((Approvals::Table, Approvals::Id));
    query
        .join_subquery(JoinType::InnerJoin, first, FIRST, same)
        .order_by((FIRST, ApprovalVotes::Approval), Order::Desc);
}

/// The request of an answer, where it is one of those that are meant; None where each is. With an offset Postgres asks this of
/// one answer after the other, and makes no join of it.
fn fitting(of: &AnswerFilter<'_>, dialect: Dialect) -> Option<SelectStatement> {
    if !of.requests.narrows() && of.rule.is_none() {
        return None;
    }
    let mut query = Query::select();
    query
        .column((Approvals::Table, Approvals::Id))
        .from(Approvals::Table)
        .and_where(id().equals((ApprovalVotes::Table, ApprovalVotes::Approval)));
    of.requests.narrow(&mut query, dialect);
    Some(query.and_where_option(of.rule.map(asked_by)).limit(1).offset(0).take())
}

fn asked_by(rule: &RuleId) -> Expr {
    Expr::col((Approvals::Table, Approvals::Requirements)).like(naming(rule))
}

#[derive(sqlx::FromRow)]
struct AskedRow {
    requirements: String,
}

impl Store {
    /// The requests that this person answered, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_answers(
        &self,
        of: &AnswerFilter<'_>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<Approval>, StoreError> {
        let query = answered(of, before, limit, self.dialect());
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }

    /// The rules that asked for the newest `limit` of these, each with its name as the newest of them has it.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn rules_answered(
        &self,
        of: &AnswerFilter<'_>,
        limit: u64,
    ) -> Result<BTreeMap<RuleId, String>, StoreError> {
        let mut query = Query::select();
        query.column((Approvals::Table, Approvals::Requirements)).from(Approvals::Table);
        newest(&mut query, of, None, limit, self.dialect());
        let rows: Vec<AskedRow> = self.db.fetch_all(&query).await?;
        let mut rules = BTreeMap::new();
        for row in rows {
            let requirements: Vec<Requirement> = json(&row.requirements, "approvals.requirements")?;
            for asked in requirements {
                rules.entry(asked.rule).or_insert(asked.name);
            }
        }
        Ok(rules)
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
            .and_where(asked_by(rule))
            .and_where_option(before.map(|before| id().lt(before)))
            .order_by((Approvals::Table, Approvals::Id), Order::Desc)
            .limit(limit);
        let rows: Vec<ApprovalRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(Approval::try_from).collect()
    }
}

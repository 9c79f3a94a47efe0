//! How many calls were allowed, denied, or wait: the numbers of Overview.

use super::filter::{denied, is_of, waiting_codes};
use crate::recorder::tables::Decisions;
use crate::{Store, StoreError};
use policy::{Reason, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query};
use std::collections::BTreeMap;

const HOUR: i64 = 3_600_000_000;

/// The whole hour a record falls into; the same text for column and grouping, since Postgres takes two bound
/// values for two different things.
const HOUR_OF: &str = "\"at\" / 3600000000";

/// Longest lists of reasons and tools.
const TOP: usize = 5;

/// One hour of decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourCount {
    /// The hour's first moment (UTC).
    pub hour: Timestamp,
    pub allowed: i64,
    pub denied: i64,
    /// Of those that wait for a person; not counted as denied.
    pub waiting: i64,
}

/// How often a call was denied for this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonCount {
    pub reason: String,
    pub count: i64,
}

/// How often calls of this tool were denied; those that wait for a person are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCount {
    pub server: String,
    pub tool: String,
    pub count: i64,
}

/// The numbers since a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecisionStats {
    /// Oldest first; hours without a decision are left out.
    pub hours: Vec<HourCount>,
    /// The five with most denials; waiting calls are not among them.
    pub reasons: Vec<ReasonCount>,
    /// The five with most denials; waiting calls are not among them.
    pub tools: Vec<ToolCount>,
}

#[derive(sqlx::FromRow)]
struct HourRow {
    hour: i64,
    outcome: String,
    reason: String,
    n: i64,
}

#[derive(sqlx::FromRow)]
struct ToolRow {
    server: String,
    tool: String,
    n: i64,
}

fn count() -> Expr {
    Expr::cust("count(*)")
}

impl Store {
    /// Counts since a moment; `tenants` as in [`super::DecisionFilter`]. Reads one index, as much of it as
    /// there are decisions since then.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn decision_stats(
        &self,
        since: Timestamp,
        tenants: Option<&[String]>,
    ) -> Result<DecisionStats, StoreError> {
        let mut by_hour = Query::select();
        by_hour
            .expr_as(Expr::cust(HOUR_OF), "hour")
            .columns([Decisions::Outcome, Decisions::Reason])
            .expr_as(count(), "n")
            .from(Decisions::Table)
            .and_where(Expr::col(Decisions::At).gte(since.micros()))
            .add_group_by([Expr::cust(HOUR_OF), Expr::col(Decisions::Outcome), Expr::col(Decisions::Reason)]);
        let mut by_tool = Query::select();
        by_tool
            .columns([Decisions::Server, Decisions::Tool])
            .expr_as(count(), "n")
            .from(Decisions::Table)
            .and_where(Expr::col(Decisions::At).gte(since.micros()))
            .and_where(denied())
            .and_where(Expr::col(Decisions::Reason).is_not_in(waiting_codes()))
            .and_where(Expr::col(Decisions::Server).is_not_null())
            .and_where(Expr::col(Decisions::Tool).is_not_null())
            .add_group_by([Expr::col(Decisions::Server), Expr::col(Decisions::Tool)])
            .order_by_expr(count(), Order::Desc)
            .order_by(Decisions::Server, Order::Asc)
            .order_by(Decisions::Tool, Order::Asc)
            .limit(TOP as u64);
        if let Some(tenants) = tenants {
            by_hour.and_where(is_of(Expr::col(Decisions::Tenant), tenants));
            by_tool.and_where(is_of(Expr::col(Decisions::Tenant), tenants));
        }
        let (hours, reasons) = sum_up(self.db.fetch_all::<HourRow>(&by_hour).await?);
        let tools = self
            .db
            .fetch_all::<ToolRow>(&by_tool)
            .await?
            .into_iter()
            .map(|row| ToolCount { server: row.server, tool: row.tool, count: row.n })
            .collect();
        Ok(DecisionStats { hours, reasons, tools })
    }
}

fn sum_up(rows: Vec<HourRow>) -> (Vec<HourCount>, Vec<ReasonCount>) {
    let mut hours: BTreeMap<i64, HourCount> = BTreeMap::new();
    let mut reasons: BTreeMap<String, i64> = BTreeMap::new();
    for row in rows {
        let hour = hours.entry(row.hour).or_insert_with(|| HourCount {
            hour: Timestamp::from_micros(row.hour.saturating_mul(HOUR)),
            ..HourCount::default()
        });
        if row.outcome == "allow" {
            hour.allowed += row.n;
        } else if Reason::from_code(&row.reason).is_some_and(Reason::waits) {
            hour.waiting += row.n;
        } else {
            hour.denied += row.n;
            *reasons.entry(row.reason).or_default() += row.n;
        }
    }
    let mut reasons: Vec<ReasonCount> =
        reasons.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect();
    // Stable: equal counts stay in the order of their codes.
    reasons.sort_by_key(|one| std::cmp::Reverse(one.count));
    reasons.truncate(TOP);
    (hours.into_values().collect(), reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_not_denied() {
        let row = |hour: i64, outcome: &str, reason: &str, n: i64| HourRow {
            hour,
            outcome: outcome.to_owned(),
            reason: reason.to_owned(),
            n,
        };
        let (hours, reasons) = sum_up(vec![
            row(2, "deny", "no_matching_rule", 3),
            row(1, "allow", "allowed", 5),
            row(1, "deny", "approval_required", 2),
            row(1, "deny", "no_membership", 4),
            row(1, "deny", "no_matching_rule", 4),
        ]);
        assert_eq!(
            hours,
            [
                HourCount { hour: Timestamp::from_micros(HOUR), allowed: 5, denied: 8, waiting: 2 },
                HourCount { hour: Timestamp::from_micros(2 * HOUR), allowed: 0, denied: 3, waiting: 0 },
            ]
        );
        assert_eq!(
            reasons,
            [
                ReasonCount { reason: "no_matching_rule".to_owned(), count: 7 },
                ReasonCount { reason: "no_membership".to_owned(), count: 4 },
            ]
        );
    }
}

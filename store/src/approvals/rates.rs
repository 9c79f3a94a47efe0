//! How requests came out, rule by rule: a rule whose requests are always approved may as well allow.

use super::tables::Approvals;
use super::{ApprovalFilter, Requirement};
use crate::Store;
use crate::db::{StoreError, json, word};
use policy::labels::ApprovalState;
use policy::{RuleId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many requests that are over are looked at, the newest ones.
pub const MOST_RATED: u64 = 10_000;

/// How the requests that one rule asked for came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalRate {
    pub rule: RuleId,
    /// As the newest of the requests has it.
    pub name: String,
    /// Used or not: those too that ran out, or were taken back, after they were approved.
    pub approved: i64,
    pub denied: i64,
    /// Over before it was decided: it expired, or was taken back.
    pub other: i64,
    /// From filing to the decision, of those of which that is known.
    pub mean_seconds: Option<i64>,
}

/// How requests came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRates {
    /// In the order of the rules' ids.
    pub rules: Vec<ApprovalRate>,
    /// Whether there were more than [`MOST_RATED`], so that these are of the newest alone.
    pub cut: bool,
}

#[derive(sqlx::FromRow)]
struct RateRow {
    requirements: String,
    state: String,
    filed_at: i64,
    decided_at: Option<i64>,
    valid_until: Option<i64>,
}

#[derive(Default)]
struct Sum {
    name: String,
    approved: i64,
    denied: i64,
    other: i64,
    /// So many have a time to decision.
    timed: i64,
    micros: i64,
}

impl Store {
    /// Of the newest [`MOST_RATED`] requests that were filed since then and are over. Those that wait are left out, so that
    /// however many wait, they push out nothing that was decided.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn approval_rates(
        &self,
        filter: &ApprovalFilter<'_>,
        since: Timestamp,
    ) -> Result<ApprovalRates, StoreError> {
        let mut query = Query::select();
        query
            .columns(
                [
                    Approvals::Requirements,
                    Approvals::State,
                    Approvals::FiledAt,
                    Approvals::DecidedAt,
                    Approvals::ValidUntil,
                ]
                .map(|column| (Approvals::Table, column)),
            )
            .from(Approvals::Table)
            .and_where(Expr::col((Approvals::Table, Approvals::FiledAt)).gte(since.micros()))
            .and_where(Expr::col((Approvals::Table, Approvals::State)).ne(ApprovalState::Pending.as_str()))
            .order_by((Approvals::Table, Approvals::Id), Order::Desc)
            .limit(MOST_RATED + 1);
        filter.narrow(&mut query, self.dialect());
        let mut rows: Vec<RateRow> = self.db.fetch_all(&query).await?;
        let most = usize::try_from(MOST_RATED).unwrap_or(usize::MAX);
        let cut = rows.len() > most;
        rows.truncate(most);
        let mut sums: BTreeMap<RuleId, Sum> = BTreeMap::new();
        for row in rows {
            let state: ApprovalState = word(&row.state, "approvals.state")?;
            let requirements: Vec<Requirement> = json(&row.requirements, "approvals.requirements")?;
            // Only an approval sets it, and nothing takes it away: it tells what was decided of one that is over.
            let was_approved = row.valid_until.is_some();
            // Whoever takes an approval back is written down over the decision.
            let took = row
                .decided_at
                .filter(|_| state != ApprovalState::Cancelled)
                .map(|at| at.saturating_sub(row.filed_at));
            for requirement in requirements {
                let sum = sums
                    .entry(requirement.rule)
                    .or_insert_with(|| Sum { name: requirement.name, ..Sum::default() });
                let decided = match state {
                    ApprovalState::Approved | ApprovalState::Used => &mut sum.approved,
                    ApprovalState::Expired | ApprovalState::Cancelled if was_approved => &mut sum.approved,
                    ApprovalState::Denied => &mut sum.denied,
                    ApprovalState::Expired | ApprovalState::Cancelled => {
                        sum.other += 1;
                        continue;
                    }
                    ApprovalState::Pending => continue,
                };
                *decided += 1;
                if let Some(took) = took {
                    sum.timed += 1;
                    sum.micros = sum.micros.saturating_add(took);
                }
            }
        }
        let rates = sums.into_iter().map(|(rule, sum)| ApprovalRate {
            rule,
            name: sum.name,
            approved: sum.approved,
            denied: sum.denied,
            other: sum.other,
            mean_seconds: (sum.micros / 1_000_000).checked_div(sum.timed),
        });
        Ok(ApprovalRates { rules: rates.collect(), cut })
    }
}

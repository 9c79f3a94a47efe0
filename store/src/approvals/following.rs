//! In which tenants something happened to requests, or one escalated, from one look to the next. Two questions tell it of all
//! of them, however many follow.

use super::events::a_minute_before;
use super::tables::ApprovalEvents;
use crate::Store;
use crate::db::StoreError;
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Func, Query};
use std::collections::{BTreeMap, BTreeSet};

/// Up to where somebody looked: the events of the last minute as of then, counted by tenant. One that becomes visible late is
/// older than the newest, and counts all the same.
#[derive(Debug, Clone, Default)]
pub struct FollowedApprovals {
    /// Events behind it are counted. None: nobody looked yet.
    floor: Option<String>,
    /// A tenant without any is not in it.
    counts: BTreeMap<TenantSlug, i64>,
    /// When a request last began to ask anybody, as of then. None: nobody looked yet.
    asked: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    tenant: String,
    n: i64,
    later: i64,
}

impl Store {
    /// The tenants in whose requests anything happened, or one of which began to ask somebody whom it did not ask before,
    /// since this was asked with `followed`, which then stands for now. Asked for the first time, it is none.
    ///
    /// # Errors
    /// When the database does not answer; `followed` stays as it was.
    pub async fn follow_approvals(
        &self,
        followed: &mut FollowedApprovals,
    ) -> Result<BTreeSet<TenantSlug>, StoreError> {
        let Some(newest) = self.newest_approval_event().await? else {
            // What asks anybody was filed, and that is an event.
            let asked = Some(followed.asked.unwrap_or_default());
            *followed = FollowedApprovals { floor: Some(String::new()), counts: BTreeMap::new(), asked };
            return Ok(BTreeSet::new());
        };
        let (mut moved, asked) = match followed.asked {
            Some(before) => {
                let begun = self.asked_since(before).await?;
                // Never back: what was asked last may have been decided.
                let last = begun.values().copied().max().unwrap_or(before);
                (begun.into_keys().collect::<BTreeSet<TenantSlug>>(), last)
            }
            None => (BTreeSet::new(), self.asked_last().await?.unwrap_or_default()),
        };
        let floor = a_minute_before(&newest);
        let from = followed.floor.as_ref().unwrap_or(&floor);
        // Never back, should the newest have been deleted.
        let next = std::cmp::max(from, &floor);
        let later = Expr::case(Expr::col(ApprovalEvents::Id).gt(next.as_str()), Expr::cust("1"));
        let query = Query::select()
            .column(ApprovalEvents::Tenant)
            .expr_as(Expr::cust("count(*)"), "n")
            .expr_as(Func::count(later), "later")
            .from(ApprovalEvents::Table)
            .and_where(Expr::col(ApprovalEvents::Id).gt(from.as_str()))
            .group_by_col(ApprovalEvents::Tenant)
            .take();
        let rows: Vec<TenantRow> = self.db.fetch_all(&query).await?;
        let begins = followed.floor.is_none();
        let mut counts = BTreeMap::new();
        for row in rows {
            let tenant = TenantSlug::new(row.tenant);
            if !begins && followed.counts.get(&tenant) != Some(&row.n) {
                moved.insert(tenant.clone());
            }
            if row.later > 0 {
                counts.insert(tenant, row.later);
            }
        }
        *followed = FollowedApprovals { floor: Some(next.clone()), counts, asked: Some(asked) };
        Ok(moved)
    }
}

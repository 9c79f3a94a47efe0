//! Retention: requests that were over before a moment go, with their votes, uses and events, and substitutes that ended
//! before it. What waits, or could still let a call pass, deny one, or be given back, stays; so does what is yet to be told.
//!
//! Decisions name requests; the chain holds those names, and stands as it is.

use super::locking::lock_over;
use super::tables::{ApprovalEvents, Approvals, Substitutes};
use crate::Store;
use crate::administration::{About, Actor, Writer};
use crate::db::StoreError;
use crate::notifications::tables::NotificationEvents;
use policy::{TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use std::collections::BTreeMap;

/// Removed in one transaction, so that those who file and use never wait for long.
const BATCH: u64 = 500;

/// What retention removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApprovalPruneReport {
    pub approvals: u64,
    pub substitutes: u64,
}

/// What the record of changes keeps of it.
#[derive(Serialize)]
struct Removed {
    /// All of it was over before this.
    over_before: Timestamp,
    removed: u64,
    /// The least id.
    first: String,
    /// The greatest id.
    last: String,
}

#[derive(sqlx::FromRow)]
struct OverRow {
    id: String,
    tenant: String,
}

#[derive(sqlx::FromRow)]
struct IdRow {
    id: String,
}

/// Written out, not bound: only so may SQLite use the index of those that are over.
pub(super) fn over_before(before: Timestamp) -> SelectStatement {
    let column = |column: Approvals| Expr::col((Approvals::Table, column));
    let ended = |at: Approvals| column(at).lt(before.micros());
    // From the few that are yet to be told, not from all that ever happened.
    let outbox = Query::select().column(NotificationEvents::Event).from(NotificationEvents::Table).take();
    let untold = Query::select()
        .column(ApprovalEvents::Approval)
        .from(ApprovalEvents::Table)
        .and_where(Expr::col(ApprovalEvents::Id).in_subquery(outbox))
        .take();
    Query::select()
        .columns([(Approvals::Table, Approvals::Id), (Approvals::Table, Approvals::Tenant)])
        .from(Approvals::Table)
        .and_where(Expr::cust("\"approvals\".\"state\" IN ('used', 'denied', 'expired', 'cancelled')"))
        .and_where(ended(Approvals::ExpiresAt))
        .and_where(ended(Approvals::LookUntil))
        // A use may be given back until then.
        .and_where(column(Approvals::ValidUntil).is_null().or(ended(Approvals::ValidUntil)))
        .and_where(column(Approvals::DecidedAt).is_null().or(ended(Approvals::DecidedAt)))
        .and_where(column(Approvals::Id).not_in_subquery(untold))
        .order_by((Approvals::Table, Approvals::ExpiresAt), Order::Asc)
        .order_by((Approvals::Table, Approvals::Id), Order::Asc)
        .limit(BATCH)
        .take()
}

fn ended_before(before: Timestamp) -> SelectStatement {
    let ended = Expr::col(Substitutes::EndsAt)
        .lt(before.micros())
        .or(Expr::col(Substitutes::EndedAt).lt(before.micros()));
    Query::select()
        .column(Substitutes::Id)
        .from(Substitutes::Table)
        .and_where(ended)
        .order_by(Substitutes::Id, Order::Asc)
        .limit(BATCH)
        .take()
}

impl Writer {
    /// Removes the next requests that were over before `before`, 500 at the most; answers how many. What is not over yet
    /// stays, whatever the moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prune_approvals(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.min(self.now);
        let rows = self.tx.fetch_all::<OverRow>(&over_before(before)).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        // Calls that read one before it was over may look at it still, and at others that go now.
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        lock_over(&mut self.tx, &ids).await?;
        let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows {
            of.entry(row.tenant).or_default().push(row.id);
        }
        let mut removed = 0;
        for (tenant, ids) in of {
            // Votes, uses, slots, those asked and events go with it, and what the vault still held.
            let delete = Query::delete()
                .from_table(Approvals::Table)
                .and_where(Expr::col(Approvals::Id).is_in(ids.iter().map(String::as_str)))
                .take();
            self.tx.execute(&delete).await?;
            let tenant = TenantSlug::new(tenant);
            removed += self.record_removed("approvals", Some(&tenant), &ids, before).await?;
        }
        Ok(removed)
    }

    /// Removes the next substitutes that ended before `before`, 500 at the most; answers how many. What they answered
    /// stays with the requests.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn prune_substitutes(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let before = before.min(self.now);
        let rows = self.tx.fetch_all::<IdRow>(&ended_before(before)).await?;
        let ids: Vec<String> = rows.into_iter().map(|row| row.id).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        let delete = Query::delete()
            .from_table(Substitutes::Table)
            .and_where(Expr::col(Substitutes::Id).is_in(ids.iter().map(String::as_str)))
            .take();
        self.tx.execute(&delete).await?;
        self.record_removed("substitutes", None, &ids, before).await
    }

    /// One change for all of a batch: a change for each would keep what retention is to let go.
    async fn record_removed(
        &mut self,
        object: &str,
        tenant: Option<&TenantSlug>,
        ids: &[String],
        over_before: Timestamp,
    ) -> Result<u64, StoreError> {
        let removed = u64::try_from(ids.len()).unwrap_or(u64::MAX);
        let what = Removed {
            over_before,
            removed,
            first: ids.iter().min().cloned().unwrap_or_default(),
            last: ids.iter().max().cloned().unwrap_or_default(),
        };
        self.record(About { kind: "retention", object, tenant }, Some(&what), None).await?;
        Ok(removed)
    }
}

impl Store {
    /// Removes all requests for approval, and all substitutes, that were over before a moment: in batches, each with its
    /// change. Several may do so at once.
    ///
    /// # Errors
    /// When the database fails. What was removed until then has its change.
    pub async fn prune_approvals(
        &self,
        before: Timestamp,
        by: &Actor,
    ) -> Result<ApprovalPruneReport, StoreError> {
        let mut report = ApprovalPruneReport::default();
        loop {
            let mut writer = self.write(by.clone()).await?;
            let approvals = writer.prune_approvals(before).await?;
            let substitutes = writer.prune_substitutes(before).await?;
            if approvals == 0 && substitutes == 0 {
                writer.rollback().await?;
                return Ok(report);
            }
            writer.commit().await?;
            report.approvals += approvals;
            report.substitutes += substitutes;
        }
    }
}

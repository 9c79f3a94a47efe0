//! Break-glass: for some minutes one subject may call some tools that no rule allows it. Asked by one owner, confirmed
//! by another where there are two, and over by the database's clock.

mod writing;

use crate::Store;
use crate::db::{Dialect, Source, StoreError, flag, now_micros};
use crate::schema::BreakGlass;
use policy::{SubjectId, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use std::collections::BTreeSet;

/// The longest that a grant holds.
pub const MAX_MINUTES: i64 = 15;

const MINUTE: i64 = 60_000_000;

/// How long what was asked for can be confirmed, in microseconds: who confirms later, confirms something else.
const ASK_STANDS: i64 = 15 * MINUTE;

/// A grant: asked for, in force, over, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreakGlassGrant {
    pub id: String,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    /// `server/tool`, or `server/*`.
    pub tools: String,
    pub reason: String,
    pub minutes: i64,
    pub asked_at: Timestamp,
    pub asked_by: String,
    /// None: on the host.
    #[serde(skip)]
    pub asked_account: Option<String>,
    /// There were two active owners when it was asked for.
    pub needs_second: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// From here on it allows nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

impl BreakGlassGrant {
    /// Waits to be confirmed.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.confirmed_at.is_none()
            && self.ended_at.is_none()
            && now < self.asked_at.saturating_add_micros(ASK_STANDS)
    }

    /// Allows calls.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until.is_some_and(|until| now < until)
    }

    fn what(&self) -> String {
        format!("{} on {}", self.subject, self.tools)
    }
}

/// A grant to be asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewBreakGlass<'a> {
    pub tenant: &'a TenantSlug,
    pub subject: &'a SubjectId,
    pub tools: &'a str,
    pub reason: &'a str,
    pub minutes: i64,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    tenant: String,
    subject: String,
    tools: String,
    reason: String,
    minutes: i64,
    asked_at: i64,
    asked_by: String,
    asked_account: Option<String>,
    needs_second: i64,
    confirmed_at: Option<i64>,
    confirmed_by: Option<String>,
    until: Option<i64>,
    ended_at: Option<i64>,
    ended_by: Option<String>,
}

impl TryFrom<GrantRow> for BreakGlassGrant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            tenant: TenantSlug::new(row.tenant),
            subject: SubjectId::new(row.subject),
            tools: row.tools,
            reason: row.reason,
            minutes: row.minutes,
            asked_at: Timestamp::from_micros(row.asked_at),
            asked_by: row.asked_by,
            asked_account: row.asked_account,
            needs_second: flag(row.needs_second, "break_glass.needs_second")?,
            confirmed_at: row.confirmed_at.map(Timestamp::from_micros),
            confirmed_by: row.confirmed_by,
            until: row.until.map(Timestamp::from_micros),
            ended_at: row.ended_at.map(Timestamp::from_micros),
            ended_by: row.ended_by,
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            BreakGlass::Id,
            BreakGlass::Tenant,
            BreakGlass::Subject,
            BreakGlass::Tools,
            BreakGlass::Reason,
            BreakGlass::Minutes,
            BreakGlass::AskedAt,
            BreakGlass::AskedBy,
            BreakGlass::AskedAccount,
            BreakGlass::NeedsSecond,
            BreakGlass::ConfirmedAt,
            BreakGlass::ConfirmedBy,
            BreakGlass::Until,
            BreakGlass::EndedAt,
            BreakGlass::EndedBy,
        ])
        .from(BreakGlass::Table)
        .take()
}

fn read(rows: Vec<GrantRow>) -> Result<Vec<BreakGlassGrant>, StoreError> {
    rows.into_iter().map(BreakGlassGrant::try_from).collect()
}

/// Confirmed, not taken back, and not over by the database's clock.
fn in_force(dialect: Dialect) -> Condition {
    Condition::all()
        .add(Expr::col(BreakGlass::ConfirmedAt).is_not_null())
        .add(Expr::col(BreakGlass::EndedAt).is_null())
        .add(Expr::col(BreakGlass::Until).gt(now_micros(dialect)))
}

/// In force, or waiting to be confirmed; the newest first.
fn open(dialect: Dialect, limit: u64) -> SelectStatement {
    let waiting = Condition::all()
        .add(Expr::col(BreakGlass::ConfirmedAt).is_null())
        .add(Expr::col(BreakGlass::EndedAt).is_null())
        .add(Expr::col(BreakGlass::AskedAt).gt(now_micros(dialect).sub(ASK_STANDS)));
    // Whatever is open was asked for within the last half hour, which the index knows.
    let recent = Expr::col(BreakGlass::AskedAt).gt(now_micros(dialect).sub(2 * ASK_STANDS));
    select()
        .and_where(recent)
        .cond_where(Condition::any().add(in_force(dialect)).add(waiting))
        .order_by(BreakGlass::Id, Order::Desc)
        .limit(limit)
        .take()
}

fn of(tenants: &BTreeSet<TenantSlug>) -> Expr {
    Expr::col(BreakGlass::Tenant).is_in(tenants.iter().map(TenantSlug::as_str))
}

/// The grants that are in force in the tenant. When one is over is for evaluation to say, at the moment of each call.
pub(crate) async fn list_in_force<S: Source>(
    source: &mut S,
    dialect: Dialect,
    tenant: &TenantSlug,
) -> Result<Vec<BreakGlassGrant>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(BreakGlass::Tenant).eq(tenant.as_str())).cond_where(in_force(dialect));
    read(source.all::<GrantRow, _>(&query).await?)
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<BreakGlassGrant>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(BreakGlass::Id).eq(id));
    source.optional::<GrantRow, _>(&query).await?.map(BreakGlassGrant::try_from).transpose()
}

impl Store {
    /// Grants in force and grants that wait to be confirmed, the newest first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_open_break_glass(&self, limit: u64) -> Result<Vec<BreakGlassGrant>, StoreError> {
        read(self.db.fetch_all(&open(self.dialect(), limit)).await?)
    }

    /// The same of these tenants.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_open_tenant_break_glass(
        &self,
        tenants: &BTreeSet<TenantSlug>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let mut query = open(self.dialect(), limit);
        query.and_where(of(tenants));
        read(self.db.fetch_all(&query).await?)
    }

    /// All grants there ever were, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_break_glass(
        &self,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let mut query = select();
        query
            .and_where_option(before.map(|id| Expr::col(BreakGlass::Id).lt(id)))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// As [`Store::list_break_glass`], of these tenants.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_tenant_break_glass(
        &self,
        tenants: &BTreeSet<TenantSlug>,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let mut query = select();
        query
            .and_where(of(tenants))
            .and_where_option(before.map(|id| Expr::col(BreakGlass::Id).lt(id)))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// Grants that were confirmed from this moment on, the newest first: in one tenant, or in all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_confirmed_break_glass(
        &self,
        since: Timestamp,
        tenant: Option<&TenantSlug>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let asked = since.saturating_add_micros(-ASK_STANDS);
        let mut query = select();
        query
            .and_where(Expr::col(BreakGlass::AskedAt).gte(asked.micros()))
            .and_where(Expr::col(BreakGlass::ConfirmedAt).gte(since.micros()))
            .and_where_option(tenant.map(|tenant| Expr::col(BreakGlass::Tenant).eq(tenant.as_str())))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_break_glass(&self, id: &str) -> Result<Option<BreakGlassGrant>, StoreError> {
        find(&mut &self.db, id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_waits_holds_and_is_over() {
        let at = |minutes: i64| Timestamp::from_micros(minutes * MINUTE);
        let asked = BreakGlassGrant {
            id: "b".to_owned(),
            tenant: TenantSlug::from("acme"),
            subject: SubjectId::from("alice"),
            tools: "crm/refund".to_owned(),
            reason: "why".to_owned(),
            minutes: 5,
            asked_at: at(0),
            asked_by: "ada".to_owned(),
            asked_account: None,
            needs_second: false,
            confirmed_at: None,
            confirmed_by: None,
            until: None,
            ended_at: None,
            ended_by: None,
        };
        assert!(asked.waits(at(14)) && !asked.holds(at(14)));
        assert!(!asked.waits(at(15)));
        let confirmed = BreakGlassGrant { confirmed_at: Some(at(1)), until: Some(at(6)), ..asked.clone() };
        assert!(!confirmed.waits(at(5)) && confirmed.holds(at(5)));
        assert!(!confirmed.holds(at(6)));
        let ended = BreakGlassGrant { ended_at: Some(at(3)), ..confirmed };
        assert!(!ended.holds(at(3)));
        let taken_back = BreakGlassGrant { ended_at: Some(at(3)), ..asked };
        assert!(!taken_back.waits(at(3)));
    }
}

//! What happened to requests, in order. Notifications and the inbox follow it; the record of it is elsewhere.

use super::tables::ApprovalEvents;
use crate::Store;
use crate::counting::count;
use crate::db::{StoreError, Tx, new_id, word};
use policy::{ApprovalId, SubjectId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalEventKind {
    Requested,
    /// A vote that did not decide it yet.
    Voted,
    Approved,
    Denied,
    Cancelled,
    Expired,
    Used,
    Reissued,
}

impl ApprovalEventKind {
    pub const ALL: &'static [Self] = &[
        Self::Requested,
        Self::Voted,
        Self::Approved,
        Self::Denied,
        Self::Cancelled,
        Self::Expired,
        Self::Used,
        Self::Reissued,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Voted => "voted",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Reissued => "reissued",
        }
    }
}

impl fmt::Display for ApprovalEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names nothing that happens to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of requested, voted, approved, denied, cancelled, expired, used, reissued")]
pub struct ApprovalEventKindError;

impl FromStr for ApprovalEventKind {
    type Err = ApprovalEventKindError;

    fn from_str(text: &str) -> Result<Self, ApprovalEventKindError> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or(ApprovalEventKindError)
    }
}

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApprovalEvent {
    /// UUIDv7, as its process made it: those of several processes may become visible a moment out of order.
    pub id: String,
    pub at: Timestamp,
    pub approval: ApprovalId,
    pub tenant: TenantSlug,
    pub kind: ApprovalEventKind,
    /// None: a call, or the clock.
    pub by: Option<SubjectId>,
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: String,
    at: i64,
    approval: String,
    tenant: String,
    kind: String,
    by: Option<String>,
}

impl TryFrom<EventRow> for ApprovalEvent {
    type Error = StoreError;

    fn try_from(row: EventRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            at: Timestamp::from_micros(row.at),
            approval: ApprovalId::new(row.approval),
            tenant: TenantSlug::new(row.tenant),
            kind: word(&row.kind, "approval_events.kind")?,
            by: row.by.map(SubjectId::new),
        })
    }
}

const COLUMNS: [ApprovalEvents; 6] = [
    ApprovalEvents::Id,
    ApprovalEvents::At,
    ApprovalEvents::Approval,
    ApprovalEvents::Tenant,
    ApprovalEvents::Kind,
    ApprovalEvents::By,
];

/// Whose request it is that something happened to.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) approval: &'a ApprovalId,
    pub(super) tenant: &'a TenantSlug,
}

/// Writes it down, in the transaction in which it happens.
pub(super) async fn add(
    tx: &mut Tx,
    of: Of<'_>,
    kind: ApprovalEventKind,
    by: Option<&SubjectId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table(ApprovalEvents::Table)
        .columns(COLUMNS)
        .values_panic([
            new_id().into(),
            at.micros().into(),
            of.approval.as_str().into(),
            of.tenant.as_str().into(),
            kind.as_str().into(),
            by.map(|by| by.as_str().to_owned()).into(),
        ])
        .take();
    tx.execute(&insert).await.map(|_| ())
}

fn select() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from(ApprovalEvents::Table)
        .order_by(ApprovalEvents::Id, Order::Asc)
        .take()
}

#[derive(sqlx::FromRow)]
struct LastRow {
    id: Option<String>,
}

impl Store {
    /// What happened to one request, in order.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_events_of_approval(&self, id: &ApprovalId) -> Result<Vec<ApprovalEvent>, StoreError> {
        let mut query = select();
        query.and_where(Expr::col(ApprovalEvents::Approval).eq(id.as_str()));
        let rows: Vec<EventRow> = self.db.fetch_all(&query).await?;
        rows.into_iter().map(ApprovalEvent::try_from).collect()
    }

    /// A marker of what happened: it is another one as soon as anything happened to any request, or one began to ask
    /// somebody whom it did not ask before. It is made of the newest event, of how many there were in the minute before, and
    /// of when anybody was last asked. One that became visible late, or whose process has a clock that is behind, is older
    /// than the newest and must be seen all the same; and of an escalation there is no event: the time comes, and that is all.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_approval_event(&self) -> Result<Option<String>, StoreError> {
        let Some(newest) = self.newest_approval_event().await? else { return Ok(None) };
        let before = Query::select()
            .from(ApprovalEvents::Table)
            .and_where(Expr::col(ApprovalEvents::Id).gt(a_minute_before(&newest)))
            .take();
        let count = count(&mut &self.db, before).await?;
        let asked = self.asked_last().await?.unwrap_or_default().micros();
        Ok(Some(format!("{newest}.{count}.{asked}")))
    }

    /// Its id.
    pub(super) async fn newest_approval_event(&self) -> Result<Option<String>, StoreError> {
        let newest = Query::select()
            .expr_as(Expr::col(ApprovalEvents::Id).max(), "id")
            .from(ApprovalEvents::Table)
            .take();
        Ok(self.db.fetch_optional::<LastRow>(&newest).await?.and_then(|row| row.id))
    }
}

/// Less than the id of every event of the minute before this one, which is no older: see [`new_id`].
pub(super) fn a_minute_before(id: &str) -> String {
    let digits: String = id.chars().filter(|digit| *digit != '-').take(12).collect();
    let millis = u64::from_str_radix(&digits, 16).unwrap_or_default().saturating_sub(60_000);
    format!("{:08x}-{:04x}", millis >> 16, millis & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_before_an_event() {
        let id = "019a6f0e-7b9b-7c41-9f5e-1f2e3d4c5b6a";
        let floor = a_minute_before(id);
        assert_eq!(floor, "019a6f0d-913b");
        assert!(floor.as_str() < id);
        // What is no id of ours leaves none out.
        assert_eq!(a_minute_before("x"), "00000000-0000");
    }

    #[test]
    fn kinds_read_back() {
        for kind in ApprovalEventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("seen".parse::<ApprovalEventKind>(), Err(ApprovalEventKindError));
    }
}

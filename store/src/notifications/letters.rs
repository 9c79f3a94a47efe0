//! What the console says of deliveries: how a webhook was served last, and what was given up.

use super::deliveries::{DeliveryState, Receiver, in_state, receiver};
use super::tables::{NotificationDeliveries, Webhooks};
use crate::Store;
use crate::accounts::Accounts;
use crate::db::StoreError;
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, JoinType, Order, Query};
use std::collections::BTreeMap;

/// How a receiver was served last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastDelivery {
    pub at: Timestamp,
    /// Waiting: it failed and is tried again.
    pub delivered: bool,
    pub error: Option<String>,
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub id: String,
    /// `requested`, `decided`, `expired` or `test`.
    pub kind: String,
    /// None: a test.
    pub approval: Option<String>,
    pub receiver: Receiver,
    /// The webhook's name, or the account's login.
    pub to: String,
    pub at: Timestamp,
    pub attempts: i64,
    pub tried_at: Option<Timestamp>,
    pub error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct LastRow {
    tried_at: i64,
    state: String,
    error: Option<String>,
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    found: i64,
}

#[derive(sqlx::FromRow)]
struct CountRow {
    webhook: String,
    found: i64,
}

#[derive(sqlx::FromRow)]
struct DeadRow {
    id: String,
    kind: String,
    approval: Option<String>,
    webhook: Option<String>,
    account: Option<String>,
    name: Option<String>,
    login: Option<String>,
    at: i64,
    attempts: i64,
    tried_at: Option<i64>,
    error: Option<String>,
}

impl TryFrom<DeadRow> for DeadLetter {
    type Error = StoreError;

    fn try_from(row: DeadRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            kind: row.kind,
            approval: row.approval,
            to: row.name.or(row.login).unwrap_or_default(),
            receiver: receiver(row.webhook, row.account)?,
            at: Timestamp::from_micros(row.at),
            attempts: row.attempts,
            tried_at: row.tried_at.map(Timestamp::from_micros),
            error: row.error,
        })
    }
}

impl Store {
    /// How this receiver was served last; None: never.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn last_delivery(&self, receiver: &Receiver) -> Result<Option<LastDelivery>, StoreError> {
        use NotificationDeliveries as D;
        let to_it = match receiver {
            Receiver::Webhook(id) => Expr::col(D::Webhook).eq(id.as_str()),
            Receiver::Account(id) => Expr::col(D::Account).eq(id.as_str()),
        };
        let query = Query::select()
            .columns([D::TriedAt, D::State, D::Error])
            .from(D::Table)
            .and_where(to_it)
            .and_where(Expr::col(D::TriedAt).is_not_null())
            .order_by(D::TriedAt, Order::Desc)
            .limit(1)
            .take();
        Ok(self.db.fetch_optional::<LastRow>(&query).await?.map(|row| LastDelivery {
            at: Timestamp::from_micros(row.tried_at),
            delivered: row.state == DeliveryState::Delivered.as_str(),
            error: row.error,
        }))
    }

    /// How many messages wait to be sent, now or again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_waiting_deliveries(&self) -> Result<i64, StoreError> {
        self.count_deliveries(DeliveryState::Waiting).await
    }

    /// How many messages were given up, to webhooks and by mail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_dead_letters(&self) -> Result<i64, StoreError> {
        self.count_deliveries(DeliveryState::Dead).await
    }

    async fn count_deliveries(&self, state: DeliveryState) -> Result<i64, StoreError> {
        let query = Query::select()
            .expr_as(Expr::cust("count(*)"), "found")
            .from(NotificationDeliveries::Table)
            .and_where(in_state(state))
            .take();
        Ok(self.db.fetch_optional::<FoundRow>(&query).await?.map_or(0, |row| row.found))
    }

    /// How many dead letters each webhook has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_dead_by_webhook(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        use NotificationDeliveries as D;
        let query = Query::select()
            .column(D::Webhook)
            .expr_as(Expr::cust("count(*)"), "found")
            .from(D::Table)
            .and_where(in_state(DeliveryState::Dead))
            .and_where(Expr::col(D::Webhook).is_not_null())
            .group_by_col(D::Webhook)
            .take();
        let rows: Vec<CountRow> = self.db.fetch_all(&query).await?;
        Ok(rows.into_iter().map(|row| (row.webhook, row.found)).collect())
    }

    /// What was given up, the latest first; `before`: behind this one.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_dead_letters(
        &self,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        use NotificationDeliveries as D;
        let of = |column: D| Expr::col(("d", column));
        let query = Query::select()
            .expr_as(of(D::Id), "id")
            .expr_as(of(D::Kind), "kind")
            .expr_as(of(D::Approval), "approval")
            .expr_as(of(D::Webhook), "webhook")
            .expr_as(of(D::Account), "account")
            .expr_as(Expr::col(("w", Webhooks::Name)), "name")
            .expr_as(Expr::col(("a", Accounts::Login)), "login")
            .expr_as(of(D::At), "at")
            .expr_as(of(D::Attempts), "attempts")
            .expr_as(of(D::TriedAt), "tried_at")
            .expr_as(of(D::Error), "error")
            .from_as(D::Table, "d")
            .join_as(
                JoinType::LeftJoin,
                Webhooks::Table,
                "w",
                Expr::col(("w", Webhooks::Id)).equals(("d", D::Webhook)),
            )
            .join_as(
                JoinType::LeftJoin,
                Accounts::Table,
                "a",
                Expr::col(("a", Accounts::Id)).equals(("d", D::Account)),
            )
            .and_where(of(D::State).eq(DeliveryState::Dead.literal()))
            .and_where_option(before.map(|before| of(D::Id).lt(before)))
            .order_by(("d", D::Id), Order::Desc)
            .limit(limit)
            .take();
        self.db.fetch_all::<DeadRow>(&query).await?.into_iter().map(DeadLetter::try_from).collect()
    }
}

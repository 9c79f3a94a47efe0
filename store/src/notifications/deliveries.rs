//! Deliveries: which are due, who has one in hand, and what came of it.
//!
//! Whoever counts an attempt up has the delivery in hand until `next_at`. The count is also what its answer is held
//! against: an answer that comes after somebody else counted up again changes nothing.

use super::tables::NotificationDeliveries;
use super::{Message, Notice};
use crate::Store;
use crate::db::{Dialect, StoreError, Tx, json, new_id, now_micros};
use policy::Timestamp;
use policy::text::shown;
use sea_query::{Cond, Expr, ExprTrait, Order, Query};

/// The longest text that is kept of a failure, in characters.
const MAX_ERROR: usize = 500;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    Waiting,
    Delivered,
    /// It was not needed any more.
    Dropped,
    /// It failed too often; a person may start it again.
    Dead,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
            Self::Dead => "dead",
        }
    }

    /// As SQL has it: an index of some states is found by a literal alone.
    pub(super) fn literal(self) -> Expr {
        Expr::cust(match self {
            Self::Waiting => "'waiting'",
            Self::Delivered => "'delivered'",
            Self::Dropped => "'dropped'",
            Self::Dead => "'dead'",
        })
    }
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// By its id.
    Webhook(String),
    /// By mail; the account's id.
    Account(String),
}

/// A delivery whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub id: String,
    pub receiver: Receiver,
    /// How often it was tried.
    pub attempts: i64,
}

/// A delivery in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub id: String,
    /// The same for every receiver and every attempt.
    pub event: String,
    pub receiver: Receiver,
    pub message: Message,
    /// When it happened.
    pub at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: i64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Not needed any more, and why.
    Dropped(String),
    /// It failed, and is due again after so many microseconds.
    Again {
        error: String,
        after: i64,
    },
    Dead {
        error: String,
    },
}

#[derive(sqlx::FromRow)]
struct DueRow {
    id: String,
    webhook: Option<String>,
    account: Option<String>,
    attempts: i64,
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    event: String,
    kind: String,
    payload: String,
    at: i64,
}

pub(super) fn receiver(webhook: Option<String>, account: Option<String>) -> Result<Receiver, StoreError> {
    match (webhook, account) {
        (Some(webhook), None) => Ok(Receiver::Webhook(webhook)),
        (None, Some(account)) => Ok(Receiver::Account(account)),
        _ => Err(StoreError::corrupt("a delivery does not name one receiver")),
    }
}

impl TryFrom<DueRow> for Due {
    type Error = StoreError;

    fn try_from(row: DueRow) -> Result<Self, StoreError> {
        Ok(Self { id: row.id, receiver: receiver(row.webhook, row.account)?, attempts: row.attempts })
    }
}

fn message(kind: &str, payload: &str) -> Result<Message, StoreError> {
    if kind == "test" {
        return Ok(Message::Test);
    }
    let notice: Notice = json(payload, "notification_deliveries.payload")?;
    Ok(Message::Approval(Box::new(notice)))
}

pub(super) fn in_state(state: DeliveryState) -> Expr {
    Expr::col(NotificationDeliveries::State).eq(state.literal())
}

/// A message that says nothing but that it arrived.
pub(crate) async fn insert_test(
    tx: &mut Tx,
    dialect: Dialect,
    receiver: &Receiver,
    at: Timestamp,
) -> Result<String, StoreError> {
    let (webhook, account) = match receiver {
        Receiver::Webhook(webhook) => (Some(webhook.as_str()), None),
        Receiver::Account(account) => (None, Some(account.as_str())),
    };
    let id = new_id();
    let insert = Query::insert()
        .into_table(NotificationDeliveries::Table)
        .columns([
            NotificationDeliveries::Id,
            NotificationDeliveries::Event,
            NotificationDeliveries::Kind,
            NotificationDeliveries::Webhook,
            NotificationDeliveries::Account,
            NotificationDeliveries::Payload,
            NotificationDeliveries::At,
            NotificationDeliveries::State,
            NotificationDeliveries::Attempts,
            NotificationDeliveries::NextAt,
        ])
        .values_panic([
            id.as_str().into(),
            id.as_str().into(),
            "test".into(),
            webhook.into(),
            account.into(),
            "{}".into(),
            at.micros().into(),
            DeliveryState::Waiting.as_str().into(),
            0_i64.into(),
            now_micros(dialect),
        ])
        .take();
    tx.execute(&insert).await?;
    Ok(id)
}

/// A dead letter is due again, as if it had never been tried; false where it is none.
pub(crate) async fn revive(tx: &mut Tx, dialect: Dialect, id: &str) -> Result<bool, StoreError> {
    let update = Query::update()
        .table(NotificationDeliveries::Table)
        .value(NotificationDeliveries::State, DeliveryState::Waiting.as_str())
        .value(NotificationDeliveries::Attempts, 0_i64)
        .value(NotificationDeliveries::NextAt, now_micros(dialect))
        .and_where(Expr::col(NotificationDeliveries::Id).eq(id))
        .and_where(in_state(DeliveryState::Dead))
        .take();
    Ok(tx.execute(&update).await? > 0)
}

impl Store {
    /// Deliveries whose time has come, but for those to these webhooks, and by mail only if that is asked for.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn due_deliveries(
        &self,
        except: &[&str],
        mail: bool,
        limit: u64,
    ) -> Result<Vec<Due>, StoreError> {
        use NotificationDeliveries as D;
        let now = now_micros(self.dialect());
        let mut query = Query::select()
            .columns([D::Id, D::Webhook, D::Account, D::Attempts])
            .from(D::Table)
            .and_where(in_state(DeliveryState::Waiting))
            .and_where(Expr::col(D::NextAt).lte(now))
            .order_by(D::NextAt, Order::Asc)
            .limit(limit)
            .take();
        if !except.is_empty() {
            query.cond_where(
                Cond::any()
                    .add(Expr::col(D::Webhook).is_null())
                    .add(Expr::col(D::Webhook).is_not_in(except.iter().copied())),
            );
        }
        if !mail {
            query.and_where(Expr::col(D::Account).is_null());
        }
        self.db.fetch_all::<DueRow>(&query).await?.into_iter().map(Due::try_from).collect()
    }

    /// Takes the delivery in hand for so many microseconds. None: somebody else has it, or had it meanwhile.
    ///
    /// # Errors
    /// When the database does not answer. A delivery that does not read back is dead from then on.
    pub async fn claim_delivery(&self, due: &Due, lease: i64) -> Result<Option<Claimed>, StoreError> {
        use NotificationDeliveries as D;
        let attempt = due.attempts.saturating_add(1);
        let now = || now_micros(self.dialect());
        let update = Query::update()
            .table(D::Table)
            .value(D::Attempts, attempt)
            .value(D::NextAt, now().add(lease))
            .and_where(Expr::col(D::Id).eq(due.id.as_str()))
            .and_where(Expr::col(D::Attempts).eq(due.attempts))
            .and_where(in_state(DeliveryState::Waiting))
            .and_where(Expr::col(D::NextAt).lte(now()))
            .take();
        if self.db.execute(&update).await? == 0 {
            return Ok(None);
        }
        let query = Query::select()
            .columns([D::Event, D::Kind, D::Payload, D::At])
            .from(D::Table)
            .and_where(Expr::col(D::Id).eq(due.id.as_str()))
            .take();
        // Its webhook may have been deleted in this very moment, and it with it.
        let Some(row) = self.db.fetch_optional::<ClaimedRow>(&query).await? else { return Ok(None) };
        let message = match message(&row.kind, &row.payload) {
            Ok(message) => message,
            Err(error) => {
                let dead = Outcome::Dead { error: error.to_string() };
                self.finish_delivery(&due.id, attempt, &dead).await?;
                return Err(error);
            }
        };
        Ok(Some(Claimed {
            id: due.id.clone(),
            event: row.event,
            receiver: due.receiver.clone(),
            message,
            at: Timestamp::from_micros(row.at),
            attempt,
        }))
    }

    /// Says what came of an attempt; false where somebody else has taken the delivery in hand since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn finish_delivery(
        &self,
        id: &str,
        attempt: i64,
        outcome: &Outcome,
    ) -> Result<bool, StoreError> {
        use NotificationDeliveries as D;
        let now = || now_micros(self.dialect());
        let (state, error, after) = match outcome {
            Outcome::Delivered => (DeliveryState::Delivered, None, None),
            Outcome::Dropped(why) => (DeliveryState::Dropped, Some(why), None),
            Outcome::Again { error, after } => (DeliveryState::Waiting, Some(error), Some(*after)),
            Outcome::Dead { error } => (DeliveryState::Dead, Some(error), None),
        };
        let mut update = Query::update()
            .table(D::Table)
            .value(D::State, state.as_str())
            .value(D::TriedAt, now())
            .value(D::Error, error.map(|error| shown(error, MAX_ERROR)))
            .and_where(Expr::col(D::Id).eq(id))
            .and_where(Expr::col(D::Attempts).eq(attempt))
            .and_where(in_state(DeliveryState::Waiting))
            .take();
        if let Some(after) = after {
            update.value(D::NextAt, now().add(after));
        }
        Ok(self.db.execute(&update).await? > 0)
    }

    /// Removes what was last tried before this moment and waits for nothing, dead letters too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_deliveries(&self, before: Timestamp) -> Result<u64, StoreError> {
        use NotificationDeliveries as D;
        let delete = Query::delete()
            .from_table(D::Table)
            .and_where(Expr::col(D::State).ne(DeliveryState::Waiting.literal()))
            .and_where(Expr::col(D::TriedAt).lt(before.micros()))
            .take();
        self.db.execute(&delete).await
    }
}

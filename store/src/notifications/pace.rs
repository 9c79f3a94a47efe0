//! How many letters one account was written lately, and putting off what would be one too many; when it was sent tests; and
//! how many messages a webhook was sent.

use super::deliveries::{DeliveryState, Due, in_state};
use super::tables::NotificationDeliveries;
use crate::Store;
use crate::counting::count;
use crate::db::{StoreError, Tx, now_micros};
use policy::Timestamp;
use sea_query::{Cond, Expr, ExprTrait, Order, Query};

#[derive(sqlx::FromRow)]
struct AtRow {
    at: i64,
}

/// When the last but so many test to this account was sent, if that was after `since`; the last one itself for 0.
pub(crate) async fn earlier_test(
    tx: &mut Tx,
    account: &str,
    but: u64,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    use NotificationDeliveries as D;
    let tests = Query::select()
        .column(D::At)
        .from(D::Table)
        .and_where(Expr::col(D::Account).eq(account))
        .and_where(Expr::col(D::Kind).eq("test"))
        .and_where(Expr::col(D::At).gt(since.micros()))
        .order_by(D::At, Order::Desc)
        .limit(1)
        .offset(but)
        .take();
    Ok(tx.fetch_optional::<AtRow>(&tests).await?.map(|row| Timestamp::from_micros(row.at)))
}

impl Store {
    /// Letters about requests that this account was written within the last so many microseconds, with those that are being
    /// written for the first time. Those that failed are none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_letters(&self, account: &str, within: i64) -> Result<i64, StoreError> {
        use NotificationDeliveries as D;
        let now = || now_micros(self.dialect());
        let written = Cond::all()
            .add(in_state(DeliveryState::Delivered))
            .add(Expr::col(D::TriedAt).gt(now().sub(within)));
        let in_hand = Cond::all()
            .add(in_state(DeliveryState::Waiting))
            .add(Expr::col(D::Attempts).gt(0_i64))
            .add(Expr::col(D::TriedAt).is_null())
            .add(Expr::col(D::NextAt).gt(now()));
        let letters = Query::select()
            .from(D::Table)
            .and_where(Expr::col(D::Account).eq(account))
            .and_where(Expr::col(D::Kind).ne("test"))
            .cond_where(Cond::any().add(written).add(in_hand))
            .take();
        count(&mut &self.db, letters).await
    }

    /// Messages whose last attempt to this webhook ended within the last so many microseconds, whatever came of it, with those
    /// that are being sent for the first time.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_messages(&self, webhook: &str, within: i64) -> Result<i64, StoreError> {
        use NotificationDeliveries as D;
        let now = || now_micros(self.dialect());
        let rows = || Query::select().from(D::Table).and_where(Expr::col(D::Webhook).eq(webhook)).take();
        // Each by an index of its own: of a webhook there is a month's worth.
        let tried = rows().and_where(Expr::col(D::TriedAt).gt(now().sub(within))).take();
        let in_hand = rows()
            .and_where(in_state(DeliveryState::Waiting))
            .and_where(Expr::col(D::NextAt).gt(now()))
            .and_where(Expr::col(D::Attempts).gt(0_i64))
            .and_where(Expr::col(D::TriedAt).is_null())
            .take();
        let mut messages = 0_i64;
        for query in [tried, in_hand] {
            messages = messages.saturating_add(count(&mut &self.db, query).await?);
        }
        Ok(messages)
    }

    /// Makes a delivery that nobody has in hand due so many microseconds later, which is no attempt; false where there is
    /// none such, or it is a test.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn put_delivery_off(&self, due: &Due, after: i64) -> Result<bool, StoreError> {
        use NotificationDeliveries as D;
        let now = || now_micros(self.dialect());
        let update = Query::update()
            .table(D::Table)
            .value(D::NextAt, now().add(after))
            .and_where(Expr::col(D::Id).eq(due.id.as_str()))
            .and_where(Expr::col(D::Attempts).eq(due.attempts))
            .and_where(Expr::col(D::Kind).ne("test"))
            .and_where(in_state(DeliveryState::Waiting))
            .and_where(Expr::col(D::NextAt).lte(now()))
            .take();
        Ok(self.db.execute(&update).await? > 0)
    }
}

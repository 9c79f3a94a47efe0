//! What people do with deliveries: start a dead letter again, and try whether anything arrives.

use super::writer::About;
use super::{WriteError, Writer};
use crate::db::StoreError;
use crate::notifications::{DeliveryState, Receiver, earlier_test, insert_test, revive};
use serde::Serialize;

/// Tests to one account within [`WINDOW`]: as many as there may be letters about requests, beside those.
const MOST_TESTS: u64 = 10;

/// In microseconds.
const WINDOW: i64 = 30 * 60 * 1_000_000;

/// What is recorded of a delivery.
#[derive(Serialize)]
struct DeliveryNote {
    state: &'static str,
}

/// What is recorded of a test to a person.
#[derive(Serialize)]
struct LetterNote<'a> {
    kind: &'static str,
    account: &'a str,
}

impl Writer {
    /// A dead letter is due again, as if it had never been tried; false where it is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn deliver_again(&mut self, id: &str) -> Result<bool, StoreError> {
        let dialect = self.tx.dialect();
        if !revive(&mut self.tx, dialect, id).await? {
            return Ok(false);
        }
        let note = |state: DeliveryState| DeliveryNote { state: state.as_str() };
        let (before, after) = (note(DeliveryState::Dead), note(DeliveryState::Waiting));
        let about = About { kind: "delivery", object: id, tenant: None };
        self.record(about, Some(&before), Some(&after)).await?;
        Ok(true)
    }

    /// Sends a message that says nothing but that it arrived. It goes the way of all others. One to a person is on record, as
    /// somebody gets a letter by it; and nobody's mailbox is filled with them.
    ///
    /// # Errors
    /// When there is no such webhook or account, or the account was sent too many lately.
    pub async fn send_test(&mut self, receiver: &Receiver) -> Result<(), WriteError> {
        if let Receiver::Account(account) = receiver {
            self.refuse_many(account).await?;
        }
        let dialect = self.tx.dialect();
        let now = self.now;
        match insert_test(&mut self.tx, dialect, receiver, now).await {
            Ok(id) => {
                if let Receiver::Account(account) = receiver {
                    let about = About { kind: "delivery", object: &id, tenant: None };
                    self.record(about, None, Some(&LetterNote { kind: "test", account })).await?;
                }
                Ok(())
            }
            Err(StoreError::Constraint { .. }) => {
                let (kind, name) = match receiver {
                    Receiver::Webhook(id) => ("webhook", id.clone()),
                    Receiver::Account(id) => ("account", id.clone()),
                };
                Err(WriteError::Unknown { kind, name })
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn refuse_many(&mut self, account: &str) -> Result<(), WriteError> {
        let since = self.now.saturating_add_micros(-WINDOW);
        let Some(first) = earlier_test(&mut self.tx, account, MOST_TESTS - 1, since).await? else {
            return Ok(());
        };
        // Until that one is old enough.
        let left = first.micros().saturating_sub(since.micros());
        Err(WriteError::TooSoon { seconds: left.saturating_add(999_999) / 1_000_000 })
    }
}

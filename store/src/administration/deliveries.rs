//! What people do with deliveries: start a dead letter again, and try whether anything arrives.

use super::writer::About;
use super::{WriteError, Writer};
use crate::db::StoreError;
use crate::notifications::{DeliveryState, Receiver, insert_test, revive};
use serde::Serialize;

/// What is recorded of a delivery.
#[derive(Serialize)]
struct DeliveryNote {
    state: &'static str,
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

    /// Sends a message that says nothing but that it arrived. It goes the way of all others, and is no change.
    ///
    /// # Errors
    /// When there is no such webhook or account.
    pub async fn send_test(&mut self, receiver: &Receiver) -> Result<(), WriteError> {
        let dialect = self.tx.dialect();
        let now = self.now;
        match insert_test(&mut self.tx, dialect, receiver, now).await {
            Ok(_) => Ok(()),
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
}

//! No more than so many letters to one person in a while: an agent that asks, takes back and asks again fills no mailbox.
//! The last letter that goes says so, and how many requests wait. And no more than so many messages to one webhook: what is
//! beyond that waits in the outbox, in its order, and holds nobody else up.

use std::collections::BTreeSet;
use store::notifications::{Due, Receiver};
use store::{Store, StoreError};

/// Letters about requests to one account within [`WINDOW`].
const MOST_LETTERS: i64 = 10;

/// In microseconds.
const WINDOW: i64 = 30 * 60 * 1_000_000;

/// In microseconds: when a letter that would be one too many is looked at again.
const PAUSE: i64 = 5 * 60 * 1_000_000;

/// Messages to one webhook within [`WEBHOOK_WINDOW`].
const MOST_MESSAGES: i64 = 120;

/// In microseconds.
const WEBHOOK_WINDOW: i64 = 60 * 1_000_000;

/// Of the webhooks that these are for, those that were sent so many messages lately that none goes to them for now.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn resting(store: &Store, due: &[Due]) -> Result<BTreeSet<String>, StoreError> {
    let webhooks: BTreeSet<&str> = due
        .iter()
        .filter_map(|due| match &due.receiver {
            Receiver::Webhook(id) => Some(id.as_str()),
            Receiver::Account(_) => None,
        })
        .collect();
    let mut resting = BTreeSet::new();
    for webhook in webhooks {
        if store.count_messages(webhook, WEBHOOK_WINDOW).await? >= MOST_MESSAGES {
            resting.insert(webhook.to_owned());
        }
    }
    Ok(resting)
}

/// Whether a delivery goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    Goes,
    /// The last one for a while.
    Last,
    /// It was put off.
    Waits,
}

/// Whether this delivery may go now; one that may not is put off. Asked before it is taken in hand.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn pace(store: &Store, due: &Due) -> Result<Pace, StoreError> {
    let Receiver::Account(account) = &due.receiver else { return Ok(Pace::Goes) };
    let pace = pace_at(store.count_letters(account, WINDOW).await?);
    // A test goes: somebody pressed a button for it, and the writer takes no more than so many of them.
    if pace == Pace::Waits && !store.put_delivery_off(due, PAUSE).await? {
        return Ok(Pace::Goes);
    }
    Ok(pace)
}

/// `written`: letters to the same account within the window.
fn pace_at(written: i64) -> Pace {
    match written.saturating_add(1) {
        next if next < MOST_LETTERS => Pace::Goes,
        MOST_LETTERS => Pace::Last,
        _ => Pace::Waits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_letter_is_one() {
        let paces: Vec<Pace> = (0..MOST_LETTERS + 2).map(pace_at).collect();
        assert_eq!(paces.iter().filter(|pace| **pace == Pace::Goes).count(), 9);
        assert_eq!(paces[9..], [Pace::Last, Pace::Waits, Pace::Waits]);
    }
}

//! Those who wait for a decision. One look at the database for all of them, several times a second and only while
//! somebody waits; so it is seen on whichever replica the person decides, and nobody who waits holds a connection.

use policy::ApprovalId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::watch;

/// How long a decision may be unseen.
const EVERY: Duration = Duration::from_millis(250);

/// So many wait at once. Whoever comes then is answered as things stand: each of them holds a connection, and calls need
/// some as well.
const MOST: usize = 1_000;

/// So many of them for one request.
const MOST_OF_ONE: usize = 50;

/// The requests that are waited for.
#[derive(Debug)]
pub(crate) struct Watch(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Whoever waits for one shares its sender; it is dropped once there is something to see.
    requests: HashMap<ApprovalId, watch::Sender<()>>,
    /// Somebody looks.
    looked_after: bool,
    ended: bool,
}

impl Watch {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Inner { store, waiting: Mutex::default() }))
    }

    /// Waits until the request does not wait any more, or so long. Says nothing of it: that is read anew.
    pub(crate) async fn until_decided(&self, id: &ApprovalId, within: Duration) {
        let Some(mut news) = self.subscribe(id) else { return };
        // An error is news as well: the sender is gone.
        let _ = tokio::time::timeout(within, news.changed()).await;
    }

    /// Nobody waits from now on.
    pub(crate) fn end(&self) {
        let mut waiting = self.0.waiting();
        waiting.ended = true;
        waiting.requests.clear();
    }

    fn subscribe(&self, id: &ApprovalId) -> Option<watch::Receiver<()>> {
        let mut waiting = self.0.waiting();
        if waiting.ended || !has_room(&waiting.requests, id) {
            return None;
        }
        let news = waiting.requests.entry(id.clone()).or_insert_with(|| watch::Sender::new(())).subscribe();
        if !std::mem::replace(&mut waiting.looked_after, true) {
            tokio::spawn(look_after(Arc::clone(&self.0)));
        }
        Some(news)
    }
}

/// Whether one more may wait for this request.
fn has_room(requests: &HashMap<ApprovalId, watch::Sender<()>>, id: &ApprovalId) -> bool {
    let own = requests.get(id).map_or(0, watch::Sender::receiver_count);
    let all: usize = requests.values().map(watch::Sender::receiver_count).sum();
    own < MOST_OF_ONE && all < MOST
}

impl Inner {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those that somebody waits for. None: nobody does, and nobody looks from now on.
    fn awaited(&self) -> Option<Vec<ApprovalId>> {
        let mut waiting = self.waiting();
        waiting.requests.retain(|_, sender| sender.receiver_count() > 0);
        if waiting.requests.is_empty() {
            waiting.looked_after = false;
            return None;
        }
        Some(waiting.requests.keys().cloned().collect())
    }
}

/// Looks until nobody waits.
async fn look_after(inner: Arc<Inner>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(awaited) = inner.awaited() else { return };
        match inner.store.which_are_decided(&awaited).await {
            Ok(decided) => {
                failing = false;
                let mut waiting = inner.waiting();
                for id in &decided {
                    waiting.requests.remove(id);
                }
            }
            // Whoever waits is answered when the time is over.
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "requests that are waited for could not be looked at");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_the_room_for_waiting() {
        let mut requests = HashMap::new();
        let mut waits = Vec::new();
        let named = |number: usize| ApprovalId::new(format!("a-{number}"));
        for number in 0..MOST / MOST_OF_ONE {
            assert!(has_room(&requests, &named(number)));
            let sender = watch::Sender::new(());
            waits.extend((0..MOST_OF_ONE).map(|_| sender.subscribe()));
            requests.insert(named(number), sender);
            assert!(!has_room(&requests, &named(number)), "{number}: one request has its share");
        }
        assert!(!has_room(&requests, &ApprovalId::new("another")), "there is no room at all");
        waits.pop();
        assert!(has_room(&requests, &ApprovalId::new("another")), "who went away makes room");
    }
}

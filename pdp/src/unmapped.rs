//! Identities that belong to nobody, noted for an administrator: after the answer's record, many at once, and never in
//! the way of a call. What cannot be noted is let go; the identity will be seen again.

use crate::enforce::Question;
use policy::facts::{ActorIdentity, Facts, Identity};
use std::time::Duration;
use store::recorder::NewRecord;
use store::{Seen, Store};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

/// How many may wait.
const WAITING: usize = 1_024;
/// How many are written at once; what comes beyond that in one turn is let go.
const AT_ONCE: usize = 512;
/// How long others are waited for before they are written.
const TURN: Duration = Duration::from_secs(1);
/// How long writing the last of them may take.
const STOPPING: Duration = Duration::from_secs(5);

/// The way in.
#[derive(Debug)]
pub(crate) struct Unmapped(mpsc::Sender<Message>);

/// What travels to the writer.
#[derive(Debug)]
enum Message {
    Seen(Seen),
    /// Write what came before, and say so.
    Stop(oneshot::Sender<()>),
}

/// The identity of a decision that was made about nobody, or through nobody, and what was tried; None for every other
/// decision. It comes from a verified token: of others nothing is noted, as everybody can write those.
pub(crate) fn seen(facts: &Facts, question: &Question, record: &NewRecord) -> Option<Seen> {
    let acting = facts.actor.as_ref().map(|actor| &actor.identity);
    let (issuer, sub) = match (&facts.identity, acting) {
        (Identity::UnknownIdentity { issuer, sub }, _)
        | (_, Some(ActorIdentity::UnknownIdentity { issuer, sub })) => (issuer, sub),
        _ => return None,
    };
    let tenant = facts.credential.tenant.as_ref().or(question.call.tenant.as_ref());
    Some(Seen {
        issuer: issuer.clone(),
        sub: sub.clone(),
        at: facts.now,
        tenant: tenant.map(ToString::to_string),
        server: record.server.clone(),
        tool: record.tool.clone(),
    })
}

impl Unmapped {
    /// Starts the writer, within a runtime. It ends once this is dropped or stopped.
    pub(crate) fn start(store: Store) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        tokio::spawn(write_down(store, waiting));
        Self(queue)
    }

    /// Never waits.
    pub(crate) fn note(&self, seen: Seen) {
        if self.0.try_send(Message::Seen(seen)).is_err() {
            tracing::debug!("too many unknown identities at once; one was not noted");
        }
    }

    /// Writes what waits, but not for ever. Later ones are let go.
    pub(crate) async fn stop(&self) {
        let (done, wait) = oneshot::channel();
        let stopping = async {
            if self.0.send(Message::Stop(done)).await.is_ok() {
                // Its end says as much as its word.
                let _ = wait.await;
            }
        };
        if timeout(STOPPING, stopping).await.is_err() {
            tracing::warn!("the last unknown identities were not noted in time");
        }
    }
}

async fn write_down(store: Store, mut waiting: mpsc::Receiver<Message>) {
    while let Some(first) = waiting.recv().await {
        let (batch, stop) = turn(first, &mut waiting).await;
        if let Err(error) = store.note_unmapped(&batch).await {
            tracing::warn!(%error, count = batch.len(), "unknown identities were not noted");
        }
        if let Some(done) = stop {
            // Who asked may have gone.
            let _ = done.send(());
            return;
        }
    }
}

/// What comes within one turn, and who asked to stop, if somebody did.
async fn turn(
    first: Message,
    waiting: &mut mpsc::Receiver<Message>,
) -> (Vec<Seen>, Option<oneshot::Sender<()>>) {
    let end = Instant::now() + TURN;
    let mut batch = Vec::new();
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Seen(seen) if batch.len() < AT_ONCE => batch.push(seen),
            Message::Seen(_) => {}
            Message::Stop(done) => return (batch, Some(done)),
        }
        next = timeout_at(end, waiting.recv()).await.unwrap_or_default();
    }
    (batch, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;

    fn seen(sub: usize) -> Message {
        Message::Seen(Seen {
            issuer: "https://idp.example".to_owned(),
            sub: format!("s-{sub}"),
            at: Timestamp::from_micros(1),
            tenant: None,
            server: None,
            tool: None,
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_within_a_turn_is_written_at_once() {
        let (queue, mut waiting) = mpsc::channel(8);
        queue.send(seen(2)).await.expect("room");
        let late = tokio::spawn(async move {
            tokio::time::sleep(TURN / 2).await;
            queue.send(seen(3)).await.expect("room");
            tokio::time::sleep(TURN).await;
            queue.send(seen(4)).await.expect("room");
            queue
        });
        let (batch, stop) = turn(seen(1), &mut waiting).await;
        let subs: Vec<&str> = batch.iter().map(|seen| seen.sub.as_str()).collect();
        assert_eq!((subs.as_slice(), stop.is_none()), (&["s-1", "s-2", "s-3"][..], true));
        assert!(waiting.recv().await.is_some(), "the next turn's");
        drop(late.await.expect("no panic"));
        assert!(waiting.recv().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn more_than_fits_is_let_go_and_a_stop_is_heard_all_the_same() {
        let (queue, mut waiting) = mpsc::channel(AT_ONCE + 10);
        for n in 0..AT_ONCE + 5 {
            queue.try_send(seen(n)).expect("room");
        }
        let (done, _wait) = oneshot::channel();
        queue.try_send(Message::Stop(done)).expect("room");
        let (batch, stop) = turn(seen(0), &mut waiting).await;
        assert_eq!((batch.len(), stop.is_some()), (AT_ONCE, true));
    }
}

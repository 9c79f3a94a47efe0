//! The task that delivers: it looks into the outbox every second, takes what is due in hand, and sends a good many at
//! once, but few to one receiver, so that a slow one holds nobody else up. Any number of replicas may do so.

use super::backoff::{MAX_ATTEMPTS, next_after};
use super::brake::{Pace, pace, resting};
use super::{DeliveryError, mail, secrets, webhook, words};
use crate::address_guard::{AddressError, AddressGuard, GuardedClient};
use crate::approvals::Approvals;
use crate::vault::{Random, Vault};
use policy::Timestamp;
use policy::labels::ApprovalState;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::administration::SecretPlace;
use store::notifications::{Claimed, Due, Message, Notice, Outcome, Receiver};
use store::{Store, StoreError};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// How often the outbox is looked into.
const TURN: Duration = Duration::from_secs(1);

/// One attempt, from the first byte to the answer.
const ATTEMPT: Duration = Duration::from_secs(20);

/// In microseconds: how long a delivery is in hand. Longer than an attempt, so that nobody else takes it meanwhile; what
/// was in the hand of somebody who was killed is due again after it.
const LEASE: i64 = 40 * 1_000_000;

/// What is sent at once, in all and to one receiver.
const AT_ONCE: usize = 32;
const TO_ONE: usize = 4;

/// How long attempts may go on once a stop was asked for.
const STOPPING: Duration = Duration::from_secs(5);

/// Why a webhook is not sent what waited for it.
const NOT_TOLD: &str = "the webhook is told of this no longer";

/// The clock, as it is handed down.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the task is given.
pub struct NotifierSettings {
    pub store: Store,
    /// Holds the webhooks' secrets and the mail server's password.
    pub vault: Vault,
    /// Which addresses may be connected to.
    pub guard: AddressGuard,
    /// Judges whether a person may decide.
    pub approvals: Approvals,
    /// Where links lead, without a slash at the end.
    pub public_url: String,
    pub clock: Clock,
    pub random: Random,
}

/// The running task.
#[derive(Debug)]
pub struct Notifier {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Notifier {
    /// Starts the task, within a runtime.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn start(settings: NotifierSettings) -> Result<Self, AddressError> {
        let client = settings.guard.client(ATTEMPT)?;
        let sender = Arc::new(Sender { settings, client });
        let (stop, stopped) = oneshot::channel();
        Ok(Self { stop, task: tokio::spawn(work(sender, stopped)) })
    }

    /// Begins nothing more, and lets what is being sent end, but not for ever.
    pub async fn stop(self) {
        // It may have ended by itself.
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            tracing::warn!("the task that tells others of approvals broke off");
        }
    }
}

/// Whose deliveries are counted together: a webhook's, or all mail.
type Lane = Option<String>;

/// How many are being sent, by lane.
type InHand = Arc<Mutex<BTreeMap<Lane, usize>>>;

/// One that is being sent; dropped, its place in the lane is free.
struct Hand {
    lane: Lane,
    all: InHand,
}

impl Hand {
    /// None: the lane is full.
    fn take(all: &InHand, lane: Lane) -> Option<Self> {
        let mut lanes = all.lock().unwrap_or_else(PoisonError::into_inner);
        let count = lanes.entry(lane.clone()).or_default();
        if *count >= TO_ONE {
            return None;
        }
        *count += 1;
        Some(Self { lane, all: Arc::clone(all) })
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        let mut lanes = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = lanes.get_mut(&self.lane) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                lanes.remove(&self.lane);
            }
        }
    }
}

fn lane_of(receiver: &Receiver) -> Lane {
    match receiver {
        Receiver::Webhook(id) => Some(id.clone()),
        Receiver::Account(_) => None,
    }
}

fn full_lanes(all: &InHand) -> Vec<Lane> {
    let lanes = all.lock().unwrap_or_else(PoisonError::into_inner);
    lanes.iter().filter(|(_, count)| **count >= TO_ONE).map(|(lane, _)| lane.clone()).collect()
}

async fn work(sender: Arc<Sender>, mut stopped: oneshot::Receiver<()>) {
    let mut turn = interval(TURN);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut running = JoinSet::new();
    let in_hand = InHand::default();
    let mut failing = false;
    loop {
        tokio::select! {
            // A dropped sender asks to stop as well.
            _ = &mut stopped => break,
            Some(_) = running.join_next(), if !running.is_empty() => {}
            _ = turn.tick() => {}
        }
        match Box::pin(begin(&sender, &mut running, &in_hand)).await {
            Ok(()) => failing = false,
            Err(error) => {
                // Once, not every second.
                if !failing {
                    tracing::warn!(%error, "approvals cannot be told of; it is tried again");
                }
                failing = true;
            }
        }
    }
    let ending = async { while running.join_next().await.is_some() {} };
    if timeout(STOPPING, ending).await.is_err() {
        tracing::warn!("messages were being sent at the stop; they are sent again later");
    }
}

/// Takes what is due in hand, as far as there is room.
async fn begin(sender: &Arc<Sender>, running: &mut JoinSet<()>, all: &InHand) -> Result<(), StoreError> {
    let store = &sender.settings.store;
    store.make_deliveries().await?;
    let room = AT_ONCE.saturating_sub(running.len());
    if room == 0 {
        return Ok(());
    }
    let limit = u64::try_from(room).unwrap_or(1);
    for due in due(store, &full_lanes(all), limit).await? {
        let Some(hand) = Hand::take(all, lane_of(&due.receiver)) else { continue };
        let pace = pace(store, &due).await?;
        if pace == Pace::Waits {
            continue;
        }
        let Some(claimed) = store.claim_delivery(&due, LEASE).await? else { continue };
        let sender = Arc::clone(sender);
        running.spawn(Box::pin(async move {
            sender.deliver(&claimed, pace).await;
            drop(hand);
        }));
    }
    Ok(())
}

/// What is due to those who have room for it. A webhook that rests is left out, and not only what is first of its own: behind
/// that, others would wait.
async fn due(store: &Store, full: &[Lane], limit: u64) -> Result<Vec<Due>, StoreError> {
    let mut except: BTreeSet<String> = full.iter().flatten().cloned().collect();
    loop {
        let webhooks: Vec<&str> = except.iter().map(String::as_str).collect();
        let due = store.due_deliveries(&webhooks, !full.contains(&None), limit).await?;
        let resting = resting(store, &due).await?;
        if resting.is_empty() {
            return Ok(due);
        }
        // Each time one more at least; there are no more than webhooks.
        except.extend(resting);
    }
}

struct Sender {
    settings: NotifierSettings,
    client: GuardedClient,
}

impl Sender {
    async fn deliver(&self, claimed: &Claimed, pace: Pace) {
        let outcome = self.outcome(claimed, pace).await;
        match &outcome {
            Outcome::Dead { error } => {
                tracing::warn!(delivery = %claimed.id, event = %claimed.event, %error, "a message was given up");
            }
            Outcome::Again { error, .. } => {
                tracing::info!(delivery = %claimed.id, attempt = claimed.attempt, %error, "a message was not delivered");
            }
            Outcome::Delivered | Outcome::Dropped(_) => {}
        }
        let finished = self.settings.store.finish_delivery(&claimed.id, claimed.attempt, &outcome).await;
        match finished {
            Ok(true) => {}
            Ok(false) => tracing::warn!(delivery = %claimed.id, "a message took too long and was taken over"),
            // It is due again once it is in nobody's hand.
            Err(error) => {
                tracing::warn!(delivery = %claimed.id, %error, "what came of a message was not written down");
            }
        }
    }

    async fn outcome(&self, claimed: &Claimed, pace: Pace) -> Outcome {
        if claimed.attempt > MAX_ATTEMPTS {
            return Outcome::Dead { error: "the last attempt was broken off".to_owned() };
        }
        let sent = match timeout(ATTEMPT, Box::pin(self.send(claimed, pace))).await {
            Ok(sent) => sent,
            Err(_) => Err(DeliveryError::TimedOut),
        };
        match sent {
            Ok(None) => Outcome::Delivered,
            Ok(Some(why)) => Outcome::Dropped(why),
            Err(error) => {
                let [a, b, c, d, e, f, g, h, ..] = (self.settings.random)();
                let random = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
                let after = next_after(claimed.attempt, random).filter(|_| !error.is_final());
                let error = error.to_string();
                match after {
                    Some(after) => Outcome::Again { error, after },
                    None => Outcome::Dead { error },
                }
            }
        }
    }

    /// Why it was not needed any more, or nothing where it was sent.
    async fn send(&self, claimed: &Claimed, pace: Pace) -> Result<Option<String>, DeliveryError> {
        match &claimed.receiver {
            Receiver::Webhook(id) => self.post(claimed, id).await,
            Receiver::Account(account) => {
                if let Message::Approval(notice) = &claimed.message
                    && let Some(why) = self.not_needed(notice, account).await?
                {
                    return Ok(Some(why));
                }
                self.write(claimed, account, pace).await.map(|()| None)
            }
        }
    }

    async fn post(&self, claimed: &Claimed, id: &str) -> Result<Option<String>, DeliveryError> {
        let NotifierSettings { store, vault, public_url, clock, .. } = &self.settings;
        // Deleted in this very moment, and the delivery with it.
        let webhook = store.get_webhook(id).await?.ok_or(DeliveryError::Off)?;
        if !webhook.active {
            return Err(DeliveryError::Off);
        }
        // It may be another tenant's by now.
        if let Message::Approval(notice) = &claimed.message
            && !webhook.wants(notice.kind, &notice.tenant)
        {
            return Ok(Some(NOT_TOLD.to_owned()));
        }
        let address = secrets::address(vault, store, &webhook).await?;
        let keys = secrets::signing(vault, store, id).await?;
        let body = words::body(&claimed.message, claimed.at, public_url)?;
        let at = clock().micros().div_euclid(1_000_000);
        let post = webhook::Post { id: &claimed.event, at, body, secrets: &keys };
        webhook::post(&self.client, address.expose(), post).await.map(|()| None)
    }

    /// A person is not asked for what is decided by now, or was never theirs to decide.
    async fn not_needed(&self, notice: &Notice, account: &str) -> Result<Option<String>, DeliveryError> {
        let id = &notice.approval;
        let Some(approval) = self.settings.store.get_approval(id).await? else {
            return Ok(Some("the request is gone".to_owned()));
        };
        let state = approval.state_at((self.settings.clock)());
        if state != ApprovalState::Pending {
            return Ok(Some(format!("the request is {state} by now")));
        }
        match self.settings.approvals.may_decide(account, id).await? {
            Ok(_) => Ok(None),
            Err(why) => Ok(Some(format!("not theirs to decide: {why}"))),
        }
    }

    async fn write(&self, claimed: &Claimed, account: &str, pace: Pace) -> Result<(), DeliveryError> {
        let NotifierSettings { store, vault, guard, public_url, clock, .. } = &self.settings;
        let settings = store.mail_settings().await?.ok_or(DeliveryError::NoMail)?;
        let known = store.mail_address(account).await?.filter(|known| known.active);
        let to = known.and_then(|known| known.address).ok_or(DeliveryError::NoAddress)?;
        let password = match settings.login {
            Some(_) => Some(vault.take(store, SecretPlace::mail_password()).await?),
            None => None,
        };
        let letter = words::letter(&claimed.message, public_url);
        let letter = match (pace, &claimed.message) {
            (Pace::Last, Message::Approval(_)) => {
                let waiting = self.settings.approvals.inbox_count(account).await?;
                words::last_for_a_while(letter, waiting, public_url)
            }
            _ => letter,
        };
        let post =
            mail::Post { settings: &settings, password, to: &to, letter, id: &claimed.id, at: clock() };
        mail::post(guard, post).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_receiver_fills_its_own_lane_alone() {
        let all = InHand::default();
        let slow = || lane_of(&Receiver::Webhook("slow".to_owned()));
        let hands: Vec<Hand> = (0..TO_ONE).filter_map(|_| Hand::take(&all, slow())).collect();
        assert_eq!(hands.len(), TO_ONE);
        assert!(Hand::take(&all, slow()).is_none());
        assert_eq!(full_lanes(&all), [slow()]);
        let mail = Hand::take(&all, lane_of(&Receiver::Account("a".to_owned())));
        assert!(mail.is_some() && Hand::take(&all, Some("fast".to_owned())).is_some());
        drop(hands);
        assert!(full_lanes(&all).is_empty() && Hand::take(&all, slow()).is_some());
    }
}

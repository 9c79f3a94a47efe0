//! Pages that follow requests for approval as they come and go: one watcher for each process looks at the database's
//! marker of them once a second, while anybody listens, and tells every open page of this process.
//!
//! So it is the same on every replica, whichever filed the request. A page is told that something changed, and how many
//! requests wait for its reader; what changed it then asks for, as anybody does. A stream ends after a minute, and
//! browsers come back by themselves. Whoever signed out, or may not approve any more, is told nothing further.

use super::{ConsoleState, sessions, signed_in};
use app::pages::approvals::live::LIVE;
use app::pages::approvals::read::waiting_for;
use app::permission::Permission;
use app::session::SignedIn;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures::stream::unfold;
use futures::{Stream, StreamExt};
use pdp::approvals::ApprovalError;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::Store;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

/// How soon a page learns of a change.
const EVERY: Duration = Duration::from_secs(1);

/// How long a stream stays.
const STAYS: Duration = Duration::from_secs(60);

/// How soon browsers come back.
const AGAIN: Duration = Duration::from_secs(1);

/// The most streams of one account: each costs questions to the database at every change.
const MOST: usize = 32;

/// Proxies like nginx keep an answer back until it is whole, unless they are told.
static ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What the watcher saw last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    /// The last event of any request, empty where there is none; none until it was looked at.
    marker: Option<String>,
    /// The server stops: streams end.
    over: bool,
}

/// The watcher of this process, and those who listen to it. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Watcher>);

struct Watcher {
    store: Store,
    seen: watch::Sender<Seen>,
    /// Whether the watcher's task runs. Held while it decides to end, so that nobody begins to listen in between.
    runs: Mutex<bool>,
    open: Open,
}

/// How many streams there are, by account.
type Open = Arc<Mutex<BTreeMap<String, usize>>>;

/// The place of one stream; dropped, it is free.
struct Seat {
    all: Open,
    account: String,
}

impl Seat {
    /// None: this account has as many as it may.
    fn take(all: &Open, account: &str) -> Option<Self> {
        let mut open = all.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(account.to_owned()).or_default();
        if *count >= MOST {
            return None;
        }
        *count += 1;
        Some(Self { all: Arc::clone(all), account: account.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.account) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.account);
            }
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("listeners", &self.0.seen.receiver_count()).finish_non_exhaustive()
    }
}

impl Live {
    pub(super) fn new(store: Store) -> Self {
        let (seen, _) = watch::channel(Seen::default());
        Self(Arc::new(Watcher { store, seen, runs: Mutex::new(false), open: Open::default() }))
    }

    /// Ends every stream, and those that begin: the server is about to stop.
    pub fn end(&self) {
        self.0.seen.send_modify(|seen| seen.over = true);
    }

    /// Begins to listen; the watcher runs from now on, as long as anybody does.
    fn listen(&self) -> watch::Receiver<Seen> {
        let mut runs = self.0.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let listener = self.0.seen.subscribe();
        if !std::mem::replace(&mut *runs, true) {
            tokio::spawn(look(self.clone()));
        }
        listener
    }

    /// Whether nobody listens any more. The watcher ends then.
    fn is_done(&self) -> bool {
        let mut runs = self.0.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.0.seen.receiver_count() == 0 || self.0.seen.borrow().over;
        if done {
            // Who listens next must not take what was seen long ago for what stands now.
            self.0.seen.send_modify(|seen| seen.marker = None);
            *runs = false;
        }
        done
    }
}

/// Looks until nobody listens. A database that does not answer changes nothing: pages stay as they are.
async fn look(live: Live) {
    let mut turn = interval(EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        turn.tick().await;
        if live.is_done() {
            return;
        }
        match live.0.store.last_approval_event().await {
            Ok(event) => {
                failing = false;
                let marker = Some(event.unwrap_or_default());
                live.0.seen.send_if_modified(|seen| {
                    let changed = seen.marker != marker;
                    seen.marker = marker;
                    changed
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(%error, "requests for approval cannot be followed; further tries each second");
                }
            }
        }
    }
}

/// The route. It needs a signed-in account, as pages do: to be merged within that ring.
pub(super) fn router() -> Router<ConsoleState> {
    Router::new().route(LIVE, get(follow))
}

/// One page's stream.
struct Following {
    state: ConsoleState,
    seat: Seat,
    /// What the reader's session is stored under.
    session: [u8; 32],
    listener: watch::Receiver<Seen>,
    /// What the page was told last; none at the beginning, which tells what stands.
    told: Option<String>,
    until: Instant,
}

async fn follow(State(state): State<ConsoleState>, Extension(signed_in): Extension<SignedIn>) -> Response {
    if !signed_in.role.may(Permission::Approve) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Some(session) = sessions::digest_of(&signed_in.session) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let Some(seat) = Seat::take(&state.live.0.open, &signed_in.account_id) else {
        return StatusCode::TOO_MANY_REQUESTS.into_response();
    };
    let following = Following {
        told: None,
        listener: state.live.listen(),
        until: Instant::now() + STAYS,
        seat,
        session,
        state,
    };
    let mut response = Sse::new(events(following)).keep_alive(KeepAlive::default()).into_response();
    response.headers_mut().insert(ACCEL_BUFFERING.clone(), HeaderValue::from_static("no"));
    response
}

/// First when to come back; then what stands, and one event for each change, with the number of requests that wait for
/// the reader.
fn events(following: Following) -> impl Stream<Item = Result<Event, Infallible>> + Send + 'static {
    let first = futures::stream::iter([Ok(Event::default().retry(AGAIN))]);
    first.chain(unfold(following, next))
}

async fn next(mut following: Following) -> Option<(Result<Event, Infallible>, Following)> {
    let told = following.told.take();
    let is_news = |seen: &Seen| seen.over || (seen.marker.is_some() && seen.marker != told);
    let seen = {
        let news = timeout_at(following.until, following.listener.wait_for(is_news)).await;
        // Not in time, or never: the stream ends.
        news.ok()?.ok()?.clone()
    };
    let marker = seen.marker.filter(|_| !seen.over)?;
    let waiting = match still(&following).await {
        Ok(waiting) => waiting?,
        Err(error) => {
            tracing::warn!(%error, "a page was not told of requests for approval");
            return None;
        }
    };
    let event = Event::default().id(&marker).data(waiting.to_string());
    following.told = Some(marker);
    Some((Ok(event), following))
}

/// How many requests wait for the reader; none where the session may not be told any more.
async fn still(following: &Following) -> Result<Option<u64>, ApprovalError> {
    let (state, account) = (&following.state, following.seat.account.as_str());
    let role = signed_in::role_in(state, &following.session, account).await.map_err(ApprovalError::Store)?;
    if role.is_none_or(|role| !role.may(Permission::Approve)) {
        return Ok(None);
    }
    waiting_for(&state.console.approvals, account).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::{MOST, Open, Seat};

    #[test]
    fn an_account_has_so_many_streams_and_no_more() {
        let all = Open::default();
        let mut seats: Vec<Seat> = (0..MOST).filter_map(|_| Seat::take(&all, "a")).collect();
        assert_eq!(seats.len(), MOST);
        assert!(Seat::take(&all, "a").is_none() && Seat::take(&all, "b").is_some());
        seats.pop();
        assert!(Seat::take(&all, "a").is_some(), "a stream that ended leaves its place");
        drop(seats);
        assert!(all.lock().unwrap().is_empty());
    }
}

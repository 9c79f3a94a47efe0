//! Pages that follow requests for approval as they come and go: one watcher for each process looks at the database's
//! marker of them once a second, while anybody listens, and tells every open page of this process. The marker moves as well
//! when the time comes at which a request asks further persons, so an escalation is told as soon as what is filed.
//!
//! So it is the same on every replica, whichever filed the request. A page is told that something changed, and how many
//! requests wait for its reader; what changed it then asks for, as anybody does. Where nothing but other tenants' requests
//! changed, whoever is of some tenants is told nothing: the watcher asks once for all which tenants it was. A stream ends
//! after a minute, and browsers come back by themselves. Whoever signed out, may not approve any more, or reaches otherwise
//! than before, is told nothing further.

use super::permitted::{Approves, Permitted};
use super::{ConsoleState, sessions, signed_in};
use app::pages::approvals::live::LIVE;
use app::pages::approvals::read::waiting_for;
use app::permission::Permission;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::stream::unfold;
use futures::{Stream, StreamExt};
use pdp::approvals::ApprovalError;
use policy::{Reach, TenantSlug};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::approvals::FollowedApprovals;
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use uuid::Uuid;

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
    /// Tells one run of the watcher from another: while nobody listens, nothing is counted.
    run: String,
    /// How often the watcher saw that something happened in a tenant.
    moves: BTreeMap<TenantSlug, u64>,
    /// The server stops: streams end.
    over: bool,
}

impl Seen {
    /// What the last event is called to somebody who reaches so far; none until it was looked at. It is the same as long as
    /// nothing happened that concerns them.
    fn mark(&self, reach: &Reach) -> Option<String> {
        let marker = self.marker.as_ref()?;
        let Some(own) = reach.tenants() else { return Some(marker.clone()) };
        let moves: u64 = own.iter().filter_map(|tenant| self.moves.get(tenant)).sum();
        Some(format!("{}.{moves}", self.run))
    }
}

/// The watcher of this process, and those who listen to it. Cheap to clone.
#[derive(Clone)]
pub struct Live(Arc<Watcher>);

struct Watcher {
    store: Store,
    seen: watch::Sender<Seen>,
    /// The watcher's task. Held while it decides to end, so that nobody begins to listen in between.
    task: Mutex<Option<JoinHandle<()>>>,
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
        Self(Arc::new(Watcher { store, seen, task: Mutex::new(None), open: Open::default() }))
    }

    /// Ends every stream, and those that begin: the server is about to stop.
    pub fn end(&self) {
        self.0.seen.send_modify(|seen| seen.over = true);
    }

    /// Begins to listen; the watcher runs from now on, as long as anybody does.
    fn listen(&self) -> watch::Receiver<Seen> {
        let mut task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner);
        let listener = self.0.seen.subscribe();
        keep_running(&mut task, || look(self.clone()));
        listener
    }

    /// The last event and the tenants in which anything happened; none where it is the one that was seen.
    async fn news(
        &self,
        followed: &mut FollowedApprovals,
    ) -> Result<Option<(String, BTreeSet<TenantSlug>)>, StoreError> {
        let marker = self.0.store.last_approval_event().await?.unwrap_or_default();
        if self.0.seen.borrow().marker.as_deref() == Some(marker.as_str()) {
            return Ok(None);
        }
        let moved = self.0.store.follow_approvals(followed).await?;
        Ok(Some((marker, moved)))
    }

    /// Whether nobody listens any more. The watcher ends then.
    fn is_done(&self) -> bool {
        let mut task = self.0.task.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.0.seen.receiver_count() == 0 || self.0.seen.borrow().over;
        if done {
            // Who listens next must not take what was seen long ago for what stands now.
            self.0.seen.send_modify(|seen| seen.marker = None);
            *task = None;
        }
        done
    }
}

/// Begins the task, unless it runs. One that broke off does not: every page listens anew once a minute, and has it begun again.
fn keep_running<F>(task: &mut Option<JoinHandle<()>>, begin: impl FnOnce() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if task.as_ref().is_none_or(JoinHandle::is_finished) {
        *task = Some(tokio::spawn(begin()));
    }
}

/// Looks until nobody listens. A database that does not answer changes nothing: pages stay as they are.
async fn look(live: Live) {
    let mut turn = interval(EVERY);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut failing, mut followed) = (false, FollowedApprovals::default());
    live.0.seen.send_modify(|seen| {
        seen.run = Uuid::now_v7().simple().to_string();
        seen.moves.clear();
    });
    loop {
        turn.tick().await;
        if live.is_done() {
            return;
        }
        match live.news(&mut followed).await {
            Ok(None) => failing = false,
            Ok(Some((marker, moved))) => {
                failing = false;
                live.0.seen.send_modify(|seen| {
                    seen.marker = Some(marker);
                    for tenant in moved {
                        *seen.moves.entry(tenant).or_default() += 1;
                    }
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
    /// How far the reader reaches.
    reach: Reach,
    listener: watch::Receiver<Seen>,
    /// What the page was told last; none at the beginning, which tells what stands.
    told: Option<String>,
    until: Instant,
}

async fn follow(
    State(state): State<ConsoleState>,
    Permitted(signed_in, ..): Permitted<Approves>,
) -> Response {
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
        reach: signed_in.reach(),
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
    let reach = following.reach.clone();
    let is_news = |seen: &Seen| {
        let mark = seen.mark(&reach);
        seen.over || (mark.is_some() && mark != told)
    };
    let marker = {
        let news = timeout_at(following.until, following.listener.wait_for(is_news)).await;
        // Not in time, or never: the stream ends.
        let seen = news.ok()?.ok()?;
        if seen.over { None } else { seen.mark(&reach) }
    }?;
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

/// How many requests wait for the reader; none where the session may not be told any more, or not of the same tenants: then
/// the browser comes back for those.
async fn still(following: &Following) -> Result<Option<u64>, ApprovalError> {
    let (state, account) = (&following.state, following.seat.account.as_str());
    let held = signed_in::held_in(state, &following.session, account).await.map_err(ApprovalError::Store)?;
    if held.is_none_or(|(role, reach)| !role.may(Permission::Approve) || reach != following.reach) {
        return Ok(None);
    }
    waiting_for(&state.console.approvals, account).await.map(Some)
}

#[cfg(test)]
mod tests {
    use super::{MOST, Open, Seat, Seen, keep_running};
    use policy::{Reach, TenantSlug};
    use std::future::pending;
    use tokio::task::{JoinHandle, yield_now};

    fn of(slugs: &[&str]) -> Reach {
        Reach::of(slugs.iter().map(|slug| TenantSlug::from(*slug)))
    }

    #[test]
    fn what_happens_in_other_tenants_is_no_news() {
        let mut seen = Seen { run: "r".to_owned(), ..Seen::default() };
        let all = [Reach::Everything, of(&["acme"]), of(&["globex"]), of(&["acme", "globex"]), of(&[])];
        assert!(all.iter().all(|reach| seen.mark(reach).is_none()), "it was not looked at yet");
        seen.marker = Some("1".to_owned());
        let before: Vec<_> = all.iter().map(|reach| seen.mark(reach)).collect();
        assert!(before.iter().all(Option::is_some));
        seen.marker = Some("2".to_owned());
        *seen.moves.entry(TenantSlug::from("acme")).or_default() += 1;
        let moved: Vec<bool> = all.iter().zip(&before).map(|(reach, was)| seen.mark(reach) != *was).collect();
        assert_eq!(moved, [true, true, false, true, false]);
        // Another run has counted nothing of what this one did.
        let other = Seen { run: "s".to_owned(), ..seen.clone() };
        assert_ne!(other.mark(&of(&["globex"])), seen.mark(&of(&["globex"])));
    }

    #[tokio::test]
    async fn a_watcher_that_broke_off_is_begun_again() {
        async fn broken() {
            panic!("on purpose");
        }
        let mut task = None;
        keep_running(&mut task, broken);
        let end = task.as_mut().expect("was begun").await;
        assert!(end.is_err_and(|error| error.is_panic()));
        keep_running(&mut task, pending::<()>);
        keep_running(&mut task, broken);
        yield_now().await;
        assert!(!task.as_ref().is_none_or(JoinHandle::is_finished), "one that runs is left alone");
    }

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

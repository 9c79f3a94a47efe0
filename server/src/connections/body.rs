//! For how long the body of a request is waited for: until a deadline, however it trickles. A file that somebody sends who may
//! is waited for as long as it flows, whatever its size.

use super::Limits;
use super::places::{FilePlace, FilePlaces, NoPlace};
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// How the body of the request at hand arrives. Its handler is given it, and may wait for longer.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    signs: Arc<Signs>,
    files: FilePlaces,
}

#[derive(Debug, Default)]
struct Signs {
    flows: AtomicBool,
    late: AtomicBool,
}

impl Arrival {
    pub(super) fn new(files: FilePlaces) -> Self {
        Self { signs: Arc::default(), files }
    }

    /// From here on the body is waited for as long as it flows: it is a file of the account with this login, and its place is to
    /// be kept until it is brought in. To be said once it is known that its sender may send it.
    ///
    /// # Errors
    /// When there is no place for one more file. Then nothing of it is to be kept.
    pub(crate) fn wait_while_it_flows(&self, account: &str) -> Result<FilePlace, NoPlace> {
        let place = self.files.take(account)?;
        self.signs.flows.store(true, Ordering::Relaxed);
        Ok(place)
    }

    /// Whether it is not waited for any longer. Whoever reads it is told only that it broke off.
    pub(crate) fn is_late(&self) -> bool {
        self.signs.late.load(Ordering::Relaxed)
    }
}

/// Of what came over no connection of ours nothing is known: it is never late, and has places of its own.
impl<S: Send + Sync> FromRequestParts<S> for Arrival {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let known = parts.extensions.get::<Self>().cloned();
        Ok(known.unwrap_or_else(|| Self::new(FilePlaces::new(&Limits::default()))))
    }
}

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body did not arrive in time")]
    Late,
    #[error("the body broke off")]
    Broken(#[source] hyper::Error),
}

/// A body that is waited for within limits.
pub(super) struct TimedBody {
    body: Incoming,
    limits: Limits,
    arrival: Arrival,
    /// When the head was there; of what flows, when it was first asked for as such.
    since: Instant,
    flows: bool,
    /// So many bytes are there.
    came: u64,
    /// Since when it is waited for more. What came while nobody asked for it does not count as standing still.
    still: Option<Instant>,
    /// Made when there is something to wait for: most bodies are there at once.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl TimedBody {
    pub(super) fn new(body: Incoming, limits: Limits, arrival: Arrival) -> Self {
        Self { body, limits, arrival, since: Instant::now(), flows: false, came: 0, still: None, alarm: None }
    }

    /// Until when more has to come, where it is waited for since then.
    fn until(&self, still: Instant) -> Instant {
        let until = self.since + self.limits.body;
        if !self.flows {
            return until;
        }
        // So long it takes at the least pace.
        let paced = Duration::from_secs(self.came / u64::from(self.limits.pace.get()));
        until.max(self.since + paced).min(still + self.limits.still)
    }
}

impl Body for TimedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        if !this.flows && this.arrival.signs.flows.load(Ordering::Relaxed) {
            this.flows = true;
            this.since = Instant::now();
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.still = None;
            if let Some(Ok(frame)) = &frame {
                let more = frame.data_ref().map_or(0, Bytes::len);
                this.came = this.came.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        let still = *this.still.get_or_insert_with(Instant::now);
        let until = this.until(still);
        let alarm = this.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if alarm.deadline() != until {
            alarm.as_mut().reset(until);
        }
        if alarm.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        this.arrival.signs.late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(BodyError::Late)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

//! Connections: how many, and for how long each may keep the server waiting. HTTP/1.1 over TCP.
//!
//! Whoever connects and says nothing, sends a request byte by byte, or asks and does not read the answer, holds one place
//! of a few thousand for half a minute and is cut off; a file of somebody who may send it is waited for as long as it
//! flows, and a few of these at once. A stop takes no new connections, closes those at rest and lets requests under way end.

mod body;
mod places;

pub(crate) use body::Arrival;
pub(crate) use places::{FilePlace, NoPlace};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use body::TimedBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use places::FilePlaces;
use std::convert::Infallible;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};
use tower::Service;

/// How long the listener rests after the system refused a connection: descriptors come back when others close.
const REST: Duration = Duration::from_secs(1);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open at once; further ones wait in the system's queue.
    pub connections: NonZeroU32,
    /// From the connection to the end of the first request's head.
    pub head: Duration,
    /// From the end of a request's head to the end of its body; of a file, until its pace counts.
    pub body: Duration,
    /// For how long nothing may come of a file.
    pub still: Duration,
    /// So many bytes a second come of a file at least, taken over all of its time.
    pub pace: NonZeroU32,
    /// Files on their way or being brought in at once; further ones are refused.
    pub files: NonZeroU32,
    /// Of them, those of one account.
    pub files_of_account: NonZeroU32,
    /// From one answer to the end of the next request's head. Longer than clients and proxies usually keep a
    /// connection that rests: whoever closes it while the other one sends loses a request.
    pub rest: Duration,
    /// For how long the other end may take nothing of what is written for it.
    pub taking: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: NonZeroU32::MIN.saturating_add(4_095),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            still: Duration::from_secs(30),
            pace: NonZeroU32::MIN.saturating_add(16 * 1024 - 1),
            files: NonZeroU32::MIN.saturating_add(15),
            files_of_account: NonZeroU32::MIN.saturating_add(3),
            rest: Duration::from_secs(120),
            taking: Duration::from_secs(30),
        }
    }
}

/// Serves until it is asked to stop, and then until every connection is closed. Dropped, it cuts them off.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    asked_to_stop: impl Future<Output = ()>,
) {
    let mut door = Door::new(listener, limits);
    let files = FilePlaces::new(&limits);
    let (stopping, stop) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut asked_to_stop = pin!(asked_to_stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut asked_to_stop => break,
            next = door.next() => next,
        };
        open.spawn(attend(stream, peer, app.clone(), limits, files.clone(), stop.clone(), place));
        while open.try_join_next().is_some() {}
    }
    drop(door);
    stopping.send_replace(true);
    while open.join_next().await.is_some() {}
}

/// Where connections come in, as far as there are places. Says once what keeps them out.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    full: bool,
    failing: bool,
}

impl Door {
    fn new(listener: TcpListener, limits: Limits) -> Self {
        let most = usize::try_from(limits.connections.get()).unwrap_or(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { listener, places, full: false, failing: false }
    }

    /// The next connection, with its place. Gives up nothing when it is not waited for any longer.
    async fn next(&mut self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        let place = self.place().await;
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    self.failing = false;
                    return (stream, peer, place);
                }
                // The other end gave up before it was its turn.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut self.failing, true) {
                        tracing::error!(%error, "connections cannot be accepted; further tries each second");
                    }
                    sleep(REST).await;
                }
            }
        }
    }

    async fn place(&mut self) -> OwnedSemaphorePermit {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            self.full = false;
            return place;
        }
        if !std::mem::replace(&mut self.full, true) {
            tracing::warn!("as many connections are open as may be (--max-connections); further ones wait");
        }
        match Arc::clone(&self.places).acquire_owned().await {
            Ok(place) => place,
            // Nobody closes the semaphore.
            Err(_) => std::future::pending().await,
        }
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// One connection, from its first request to its end.
async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    files: FilePlaces,
    mut stop: watch::Receiver<bool>,
    place: OwnedSemaphorePermit,
) {
    // Answers are small and must not wait for more to say. Where it cannot be set, they are merely slower.
    let _ = stream.set_nodelay(true);
    let asked = Arc::new(AtomicBool::new(false));
    let service = {
        let asked = Arc::clone(&asked);
        service_fn(move |request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            answer(app.clone(), peer, request, limits, files.clone())
        })
    };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.rest)
        .serve_connection(TokioIo::new(TimedWrites::new(stream, limits.taking)), service);
    let mut connection = pin!(connection);
    let mut first = pin!(sleep(limits.head));
    let mut waits_for_first = true;
    let mut goes_on = true;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, %peer, "a connection broke off");
                }
                break;
            }
            () = &mut first, if waits_for_first => {
                waits_for_first = false;
                if !asked.load(Ordering::Relaxed) {
                    tracing::debug!(%peer, "a connection was closed: it asked for nothing in time");
                    break;
                }
            }
            // A sender that is gone means the same.
            _ = stop.wait_for(|stop| *stop), if goes_on => {
                goes_on = false;
                if !asked.load(Ordering::Relaxed) {
                    break;
                }
                connection.as_mut().graceful_shutdown();
            }
        }
    }
    drop(place);
}

/// The answer to one request.
async fn answer(
    mut app: Router,
    peer: SocketAddr,
    request: Request<Incoming>,
    limits: Limits,
    files: FilePlaces,
) -> Result<axum::response::Response, Infallible> {
    let arrival = Arrival::new(files);
    let mut request = request.map(|body| TimedBody::new(body, limits, arrival.clone()));
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(arrival.clone());
    let mut response = app.call(request).await?;
    if arrival.is_late() {
        // Whoever was to read the body says only that it could not.
        *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
    }
    Ok(response)
}

/// A stream that is written to for as long as the other end takes anything of it.
struct TimedWrites {
    stream: TcpStream,
    within: Duration,
    /// Set while the other end takes nothing.
    alarm: Option<Pin<Box<Sleep>>>,
}

impl TimedWrites {
    fn new(stream: TcpStream, within: Duration) -> Self {
        Self { stream, within, alarm: None }
    }

    /// What came of a write, or that nothing came of any for too long.
    fn in_time(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.alarm = None;
            return written;
        }
        let within = self.within;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(within)));
        alarm.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for TimedWrites {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for TimedWrites {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.in_time(context, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.in_time(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // A socket keeps nothing back.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

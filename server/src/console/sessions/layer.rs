//! The layer that gives each request its session.

use crate::console::ConsoleState;
use crate::console::answer::Plain;
use crate::console::cookies::{self, Jar};
use app::pages::approvals::live::LIVE;
use app::pages::approvals::read::FollowApprovals;
use app::pages::decisions::read::CountNewerDecisions;
use app::pages::evidence::read::ReadVerification;
use app::pages::resources::read::ReadImport;
use app::pages::server::discover::ReadDiscovery;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use leptos::server_fn::ServerFn;
use std::sync::Arc;
use tower_sessions::session::{Id, Session};

/// What open pages ask by themselves, again and again. Nobody is at the desk for it, so it does not count as use: a
/// session would never rest otherwise.
const BACKGROUND: &[&str] = &[
    CountNewerDecisions::PATH,
    FollowApprovals::PATH,
    LIVE,
    ReadDiscovery::PATH,
    ReadImport::PATH,
    ReadVerification::PATH,
];

/// Gives the request its session, and the browser what became of it.
pub(in crate::console) async fn provide(
    State(state): State<ConsoleState>,
    mut request: Request,
    next: Next,
) -> Response {
    let sent = Jar::Session.read(&state.public_url, request.headers());
    let id = sent.as_deref().and_then(|value| value.parse::<Id>().ok());
    let path = request.uri().path();
    let polled = path.starts_with("/_fn/");
    let sessions = if BACKGROUND.contains(&path) { &state.background } else { &state.sessions };
    let session = Session::new(id, Arc::clone(sessions), None);
    request.extensions_mut().insert(session.clone());
    let plain = Plain::of(&state, &request);

    let mut response = next.run(request).await;

    if session.is_empty().await {
        // Not in answer to a server function: one that was under way while its page signed in again, with the
        // old cookie, would take the new one away.
        if sent.is_some() && !polled {
            cookies::remove(&mut response, &state.public_url, Jar::Session);
        }
    } else if session.is_modified() && !response.status().is_server_error() {
        if let Err(error) = session.save().await {
            return plain.unavailable(&error);
        }
        if let Some(id) = session.id() {
            cookies::set_session(&mut response, &state.public_url, &id.to_string());
        }
    }
    response
}

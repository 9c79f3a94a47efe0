//! Drawing pages and running server functions: the only door between axum and Leptos.
//!
//! Both are given the same context: the console, who is signed in, and the request's correlation id. Every
//! page is rendered whole (`SsrMode::Async`), so that it works without script.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::public_url::is_local_path;
use super::signed_in::PasskeyAnswered;
use super::{error_links, headers, presence};
use any_spawner::Executor;
use app::error::Correlation;
use app::session::{PasskeyHolder, Presence, SignedIn};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{Extensions, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leptos::config::{Env, LeptosOptions};
use leptos::context::provide_context;
use leptos::nonce::Nonce;

/// Leptos spawns on tokio from now on. A second call changes nothing.
pub(super) fn init_executor() {
    let _ = Executor::init_tokio();
}

/// What pages and server functions find in their context.
#[derive(Clone)]
struct Provided {
    console: app::console::Console,
    signed_in: Option<SignedIn>,
    presence: Presence,
    passkeys: PasskeyHolder,
    correlation: Correlation,
}

impl Provided {
    fn of(state: &ConsoleState, extensions: &Extensions) -> Self {
        Self {
            console: state.console.clone(),
            signed_in: extensions.get::<SignedIn>().cloned(),
            presence: extensions.get::<Presence>().copied().unwrap_or_default(),
            passkeys: PasskeyHolder::default(),
            correlation: answer::correlation(extensions),
        }
    }

    /// The same with what is known of the reader's passkeys: a page may offer to use one. Where that cannot be told, it
    /// offers none.
    async fn with_passkeys(self, state: &ConsoleState, extensions: &Extensions) -> Self {
        let Some(signed_in) = self.signed_in.as_ref().filter(|_| state.passkeys.is_usable()) else {
            return self;
        };
        let held = state.store.list_passkeys(&signed_in.account_id).await.unwrap_or_default();
        let answered = extensions.get::<PasskeyAnswered>().copied().unwrap_or_default();
        let proved = answered.0.is_some_and(|at| presence::is_recent(at, state.now()));
        Self { passkeys: PasskeyHolder { has_any: !held.is_empty(), proved }, ..self }
    }

    fn provide(&self) {
        provide_context(self.console.clone());
        provide_context(self.correlation.clone());
        provide_context(self.presence);
        provide_context(self.passkeys);
        if let Some(signed_in) = &self.signed_in {
            provide_context(signed_in.clone());
        }
    }
}

/// A page of the app. Whether the role may see it is the app's to say, with the status.
pub(super) async fn page(State(state): State<ConsoleState>, request: Request) -> Response {
    if let Some(path) = error_links::without_foreign_error(request.uri()) {
        return answer::see_other(if is_local_path(&path) { path.as_str() } else { "/" });
    }
    let provided = Provided::of(&state, request.extensions());
    let provided = provided.with_passkeys(&state, request.extensions()).await;
    // The policy in the header must name the nonce that the scripts carry.
    let nonce = Nonce::new();
    let context = {
        let nonce = nonce.clone();
        move || {
            provided.provide();
            provide_context(nonce.clone());
        }
    };
    let options = LeptosOptions::builder().output_name("console").env(Env::PROD).build();
    let render = leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    let mut response = render(request).await;
    headers::allow_app(&mut response, &nonce);
    response
}

/// A path that is no page, for somebody who is signed in: the app draws its "not found".
pub(super) async fn unknown(State(state): State<ConsoleState>, request: Request) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return page(State(state), request).await;
    }
    let text = "There is nothing at this address that could be changed.";
    Plain::of(&state, &request).message(StatusCode::NOT_FOUND, "Not here", text, None)
}

/// A server function of the app. Each demands its permission itself, in its first line. What cannot be a call of it
/// is told so here, in our own words.
pub(super) async fn server_function(State(state): State<ConsoleState>, request: Request) -> Response {
    let provided = Provided::of(&state, request.extensions());
    let refuse = |status| answer::code(status, app::error::BAD_REQUEST, &provided.correlation);
    let path = request.uri().path();
    let known = leptos::server_fn::axum::server_fn_paths().filter(|(known, _)| *known == path);
    let methods: Vec<Method> = known.map(|(_, method)| method).collect();
    if methods.is_empty() {
        // A page of an older version is open, or somebody is guessing.
        return refuse(StatusCode::NOT_FOUND);
    }
    if !methods.contains(request.method()) {
        let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
        if let Ok(allowed) = HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        return response;
    }
    match whole(request).await {
        Ok(request) => leptos_axum::handle_server_fns_with_context(move || provided.provide(), request)
            .await
            .into_response(),
        Err(status) => refuse(status),
    }
}

/// The request with all of its body: one that is too large, breaks off or is no text is no fault of the function.
async fn whole(request: Request) -> Result<Request, StatusCode> {
    let (parts, body) = request.into_parts();
    let read = Bytes::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let bytes = read.map_err(|rejection| rejection.status())?;
    if std::str::from_utf8(&bytes).is_err() {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

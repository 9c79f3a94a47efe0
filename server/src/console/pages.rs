//! Drawing pages and running server functions: the only door between axum and Leptos.
//!
//! Both are given the same context: the console, who is signed in, and the request's correlation id. Every
//! page is rendered whole (`SsrMode::Async`), so that it works without script.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::headers;
use any_spawner::Executor;
use app::error::Correlation;
use app::session::SignedIn;
use axum::extract::{Request, State};
use axum::http::{Extensions, Method, StatusCode};
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
    correlation: Correlation,
}

impl Provided {
    fn of(state: &ConsoleState, extensions: &Extensions) -> Self {
        Self {
            console: state.console.clone(),
            signed_in: extensions.get::<SignedIn>().cloned(),
            correlation: answer::correlation(extensions),
        }
    }

    fn provide(&self) {
        provide_context(self.console.clone());
        provide_context(self.correlation.clone());
        if let Some(signed_in) = &self.signed_in {
            provide_context(signed_in.clone());
        }
    }
}

/// A page of the app. Whether the role may see it is the app's to say, with the status.
pub(super) async fn page(State(state): State<ConsoleState>, request: Request) -> Response {
    let provided = Provided::of(&state, request.extensions());
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

/// A server function of the app. Each demands its permission itself, in its first line.
pub(super) async fn server_function(State(state): State<ConsoleState>, request: Request) -> Response {
    let provided = Provided::of(&state, request.extensions());
    let path = request.uri().path();
    let known = leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path);
    if !known {
        // A page of an older version is open, or somebody is guessing.
        return answer::code(StatusCode::NOT_FOUND, app::error::BAD_REQUEST, &provided.correlation);
    }
    leptos_axum::handle_server_fns_with_context(move || provided.provide(), request).await.into_response()
}

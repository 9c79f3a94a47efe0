//! The administration API, `/api/v1`: what the console does, for programs.
//!
//! Every route stands in a table of its resource, with the one scope it asks for; the router and `/api/openapi.json`
//! are made from these tables. Handlers read, check what the token may reach, and call what the console and the
//! command line call; no rule of what may be stored is written here a second time.

mod accounts;
mod administrator;
mod answer;
mod break_glass;
mod bundle;
mod caller;
mod changes;
mod credentials;
mod dead_letters;
mod decisions;
mod discovery;
mod document;
mod emergency;
mod evidence;
mod evidence_shapes;
mod issuers;
mod mail;
mod paging;
mod problem;
mod reading;
mod refusals;
mod resource_imports;
mod resources;
mod revocations;
mod roles;
mod route;
mod rules;
mod server_settings;
mod servers;
mod sign_in_providers;
mod subject_parts;
mod subject_sight;
mod subjects;
mod substitutes;
mod task_shapes;
mod tasks;
mod tenants;
mod tool_shapes;
mod tools;
mod unmapped;
mod webhooks;

use crate::console::ConsoleState;
use crate::request_id::RequestId;
use administrator::admit;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use pdp::Pdp;
use policy::scope::AdminScope;
use problem::Problem;
use route::Route;
use std::sync::Arc;
use store::Store;

/// The tables, one of each resource.
const TABLES: &[&[Route]] = &[
    tenants::ROUTES,
    roles::ROUTES,
    subjects::ROUTES,
    subject_parts::ROUTES,
    revocations::ROUTES,
    issuers::ROUTES,
    unmapped::ROUTES,
    servers::ROUTES,
    server_settings::ROUTES,
    discovery::ROUTES,
    tools::ROUTES,
    rules::ROUTES,
    credentials::ROUTES,
    tasks::ROUTES,
    resources::ROUTES,
    resource_imports::ROUTES,
    emergency::ROUTES,
    break_glass::ROUTES,
    webhooks::ROUTES,
    mail::ROUTES,
    dead_letters::ROUTES,
    sign_in_providers::ROUTES,
    accounts::ROUTES,
    substitutes::ROUTES,
    decisions::ROUTES,
    changes::ROUTES,
    evidence::ROUTES,
    bundle::ROUTES,
];

/// What every handler is given. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct ApiState {
    pub(crate) store: Store,
    /// Recognises callers and platforms.
    pdp: Arc<Pdp>,
    /// Its brake on guessing counts tokens that are none.
    console: ConsoleState,
}

fn routes() -> impl Iterator<Item = &'static Route> {
    TABLES.iter().copied().flatten()
}

/// Where the API answers, and what it asks for: for tests that walk it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    pub method: &'static str,
    /// As axum writes it: `/api/v1/subjects/{id}`.
    pub path: &'static str,
    pub scope: AdminScope,
}

/// Every endpoint there is, but for the document that describes them.
pub fn endpoints() -> Vec<Endpoint> {
    let endpoint =
        |route: &Route| Endpoint { method: route.verb.as_str(), path: route.path, scope: route.scope };
    routes().map(endpoint).collect()
}

/// The API's routes. Nothing below `/api` is a page.
pub(crate) fn router(store: Store, pdp: Arc<Pdp>, console: ConsoleState, public_url: &str) -> Router {
    let state = ApiState { store, pdp, console };
    let mut router: Router<ApiState> = Router::new();
    for route in routes() {
        let handler = (route.handler)(route.verb.filter());
        let asked = (state.clone(), route.scope);
        let handler = if route.for_callers {
            handler.route_layer(from_fn_with_state(asked, caller::admit))
        } else {
            handler.route_layer(from_fn_with_state(asked, admit))
        };
        router = router.route(route.path, handler);
    }
    let document = document::document(routes(), public_url).to_json().unwrap_or_default();
    let document = Bytes::from(document);
    router
        .route("/api/openapi.json", get(async move || json(document.clone())))
        .method_not_allowed_fallback(wrong_method)
        .route("/api", any(unknown_path))
        .route("/api/{*path}", any(unknown_path))
        .layer(from_fn(finish))
        .with_state(state)
}

fn json(bytes: Bytes) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response()
}

/// Which methods go is in `Allow`.
async fn wrong_method() -> Problem {
    let detail = "this path has no such method; `Allow` names those it has";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

async fn unknown_path() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown_path", "there is nothing at this path")
}

/// Around every answer: nothing is kept by anybody in between, nothing is taken for a page, and problems name the
/// request.
async fn finish(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        *response.body_mut() = Body::from(problem.document(id.as_deref()));
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

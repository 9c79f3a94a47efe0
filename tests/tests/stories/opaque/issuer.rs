//! An issuer on this machine that answers questions about tokens, and remembers what it was asked.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use store::changes::{ChangeFilter, ChangePosition};
use tests::{Pep, World};

/// The URL of the demo's CRM server, which is its audience.
pub(crate) const CRM: &str = "http://127.0.0.1:9000/mcp";
pub(crate) const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

#[derive(Debug, Default)]
struct Books {
    /// What it says of a token; of others that they are not active.
    tokens: HashMap<String, Value>,
    asked: Vec<String>,
    /// The header that a client shows.
    authorization: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    books: Arc<Mutex<Books>>,
}

impl Issuer {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let issuer = Self { url, books: Arc::default() };
        let app = Router::new().route("/introspect", post(introspect)).with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    /// From now on it says this of the token.
    pub(crate) fn says(&self, token: &str, answer: Value) {
        self.books.lock().expect("not poisoned").tokens.insert(token.to_owned(), answer);
    }

    /// Of which tokens it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.books.lock().expect("not poisoned").asked.clone()
    }

    pub(crate) fn authorization(&self) -> String {
        self.books.lock().expect("not poisoned").authorization.clone()
    }

    /// A good answer.
    pub(crate) fn good(&self) -> Value {
        let seconds = server::clock::system()().micros() / 1_000_000;
        json!({
            "active": true,
            "token_type": "Bearer",
            "iss": self.url,
            "sub": "a-17",
            "aud": CRM,
            "iat": seconds - 120,
            "exp": seconds + 3_600,
            "jti": "t-1",
            "scope": "crm:read crm:refund",
        })
    }

    /// A bundle with the issuer, and `ivy`, who is known by its tokens.
    pub(crate) fn registered(&self) -> String {
        let introspection = json!({
            "endpoint": format!("{}/introspect", self.url),
            "client_id": "countersign",
            "client_secret_env": "IDP_SECRET",
        });
        let issuer = json!({
            "url": self.url,
            "active": true,
            "tenants": ["acme"],
            "audiences": [],
            "clock_skew": 0,
            "introspection": introspection,
        });
        let ivy = json!({
            "id": "ivy",
            "active": true,
            "identities": [{"issuer": self.url, "sub": "a-17"}],
            "memberships": [{"tenant": "acme", "roles": ["support-agent"]}],
        });
        json!({"issuers": [issuer], "subjects": [ivy]}).to_string()
    }

    /// A bundle with another setting of the issuer.
    pub(crate) fn setting(&self, name: &str, value: Value) -> String {
        let mut issuer = json!({"url": self.url});
        issuer[name] = value;
        json!({"issuers": [issuer]}).to_string()
    }
}

async fn introspect(State(issuer): State<Issuer>, headers: HeaderMap, body: String) -> Response {
    let authorization =
        headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if authorization.is_empty() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let token = body.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
    let mut books = issuer.books.lock().expect("not poisoned");
    authorization.clone_into(&mut books.authorization);
    books.asked.push(token.to_owned());
    let answer = books.tokens.get(token).cloned().unwrap_or_else(|| json!({"active": false}));
    axum::Json(answer).into_response()
}

/// How a call that is allowed otherwise comes out for whoever shows this.
pub(crate) async fn reason(pep: &Pep, token: &str) -> String {
    let refund = json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"});
    pep.call(token, "refund", refund).await.reason().to_owned()
}

/// Everything that the database holds of secrets and changes, as text.
pub(crate) async fn written(world: &World) -> String {
    let changes = world.store.list_changes(&ChangeFilter::default(), ChangePosition::Newest, 1_000).await;
    format!("{:?} {:?}", changes.expect("lists"), world.store.list_secrets().await.expect("lists"))
}

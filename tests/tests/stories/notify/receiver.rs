//! A real receiver of webhooks on this machine, which answers as it is told and hands out what it got.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use pdp::Secret;
use serde_json::Value;
use sha2::Sha256;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long a message is waited for: a first retry takes six seconds at the most.
const PATIENCE: Duration = Duration::from_secs(120);

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Status(u16),
    /// To `/other`, where it counts as well.
    Redirect,
    /// Not at all.
    Silent,
}

/// A message as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Got {
    pub(crate) path: &'static str,
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// As https://www.standardwebhooks.com says, and with nothing of ours: one of the signatures is HMAC-SHA256 over id,
    /// time and body, and the time is now.
    pub(crate) fn verifies(&self, secret: &Secret) -> bool {
        let key =
            STANDARD.decode(secret.expose().strip_prefix("whsec_").expect("its prefix")).expect("base64");
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key).expect("a key");
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        let expected = STANDARD.encode(mac.finalize().into_bytes());
        let now = server::clock::system()().micros() / 1_000_000;
        let at: i64 = self.timestamp.parse().expect("seconds");
        let signed = self.signature.split(' ').any(|one| one.strip_prefix("v1,") == Some(expected.as_str()));
        signed && (now - at).abs() < 300
    }
}

#[derive(Debug, Clone)]
struct Door {
    mood: Arc<Mutex<Mood>>,
    tell: mpsc::UnboundedSender<Got>,
    path: &'static str,
}

#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    mood: Arc<Mutex<Mood>>,
    got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    pub(crate) async fn start(mood: Mood) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let mood = Arc::new(Mutex::new(mood));
        let (tell, got) = mpsc::unbounded_channel();
        let door = |path| Door { mood: Arc::clone(&mood), tell: tell.clone(), path };
        let hook: Router = Router::new().route("/hook", post(take)).with_state(door("/hook"));
        let other: Router = Router::new().route("/other", post(take).get(take)).with_state(door("/other"));
        tokio::spawn(async move { axum::serve(listener, hook.merge(other)).await });
        Self { url, mood, got }
    }

    /// From now on it answers so.
    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().expect("not poisoned") = mood;
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Got {
        timeout(PATIENCE, self.got.recv()).await.expect("told in time").expect("it listens")
    }

    /// What came and was not looked at.
    pub(crate) fn rest(&mut self) -> Vec<Got> {
        std::iter::from_fn(|| self.got.try_recv().ok()).collect()
    }

    pub(crate) fn nothing_more(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "{rest:?}");
    }
}

async fn take(State(door): State<Door>, headers: HeaderMap, body: String) -> Response {
    let header =
        |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let got = Got {
        path: door.path,
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        content_type: header("content-type"),
        body,
    };
    // Read before it is told, so that a story which changes it next changes the next answer.
    let mood = *door.mood.lock().expect("not poisoned");
    // The story may be over.
    let _ = door.tell.send(got);
    match mood {
        Mood::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Mood::Redirect => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/other")]).into_response(),
        Mood::Silent => std::future::pending().await,
    }
}

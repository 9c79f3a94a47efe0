//! An issuer on this machine that can be told how to answer. It speaks as much HTTP as is needed here, so that it can
//! also speak it badly.

use policy::issuer::{Algorithm, Issuer};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) const OPENID: &str = "/.well-known/openid-configuration";
pub(super) const OAUTH: &str = "/.well-known/oauth-authorization-server";
pub(super) const KEYS: &str = "/keys";

#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// Whole lines of the head stand in `head`.
    Whole { status: u16, head: String, body: String },
    /// A body that never ends.
    Endless,
    /// A body that never begins.
    Silent,
}

impl Answer {
    pub(super) fn text(body: impl Into<String>) -> Self {
        Self::Whole { status: 200, head: String::new(), body: body.into() }
    }

    pub(super) fn json(value: &Value) -> Self {
        Self::text(value.to_string())
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Whole { status, head: String::new(), body: "{\"keys\":[]}".to_owned() }
    }

    pub(super) fn redirect(status: u16, location: &str) -> Self {
        Self::Whole { status, head: format!("location: {location}\r\n"), body: String::new() }
    }
}

#[derive(Debug, Default)]
struct Doors {
    answers: HashMap<String, Answer>,
    asked: HashMap<String, usize>,
    /// The last request for each path, whole.
    said: HashMap<String, String>,
}

impl Doors {
    fn ask(&mut self, path: &str) -> Answer {
        *self.asked.entry(path.to_owned()).or_default() += 1;
        self.answers.get(path).cloned().unwrap_or_else(|| Answer::status(404))
    }
}

pub(super) struct Provider {
    pub(super) url: String,
    doors: Arc<Mutex<Doors>>,
}

impl Provider {
    /// Answers nothing but 404.
    pub(super) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let doors = Arc::<Mutex<Doors>>::default();
        let shared = Arc::clone(&doors);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let doors = Arc::clone(&shared);
                // Whoever asked may be gone.
                tokio::spawn(async move { serve(stream, &doors).await.ok() });
            }
        });
        Self { url, doors }
    }

    /// With its metadata, and these keys.
    pub(super) async fn publishing(keys: &[Value]) -> Self {
        let provider = Self::silent().await;
        provider.answers(OPENID, Answer::json(&provider.metadata()));
        provider.publish(keys);
        provider
    }

    pub(super) fn metadata(&self) -> Value {
        json!({"issuer": self.url, "jwks_uri": format!("{}{KEYS}", self.url)})
    }

    pub(super) fn publish(&self, keys: &[Value]) {
        self.answers(KEYS, Answer::json(&json!({"keys": keys})));
    }

    pub(super) fn answers(&self, path: &str, answer: Answer) {
        self.doors.lock().expect("not poisoned").answers.insert(path.to_owned(), answer);
    }

    /// How often it was asked for this.
    pub(super) fn asked(&self, path: &str) -> usize {
        self.doors.lock().expect("not poisoned").asked.get(path).copied().unwrap_or(0)
    }

    /// The last request for this, with its head.
    pub(super) fn said(&self, path: &str) -> String {
        self.doors.lock().expect("not poisoned").said.get(path).cloned().unwrap_or_default()
    }

    /// As it is registered here.
    pub(super) fn issuer(&self) -> Issuer {
        Issuer {
            tenants: vec!["acme".into()],
            algorithms: Algorithm::ALL.to_vec(),
            ..Issuer::new(self.url.as_str())
        }
    }
}

/// One request, one answer.
async fn serve(mut stream: TcpStream, doors: &Mutex<Doors>) -> io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let mut request = String::from_utf8_lossy(&request).into_owned();
    let length = request.to_ascii_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:").and_then(|length| length.trim().parse::<usize>().ok())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    request.push_str(&String::from_utf8_lossy(&body));
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let answer = {
        let mut doors = doors.lock().expect("not poisoned");
        doors.said.insert(path.clone(), request);
        doors.ask(&path)
    };
    match answer {
        Answer::Whole { status, head, body } => {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} Told\r\n{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b' '; 16 * 1024]).await?;
            }
        }
        Answer::Silent => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n").await?;
            // Until the other side hangs up.
            stream.read_u8().await.map(|_| ())
        }
    }
}

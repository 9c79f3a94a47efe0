//! A server with the demo's policy, on settings and at a time of the story's own, and one owner of its console.

use reqwest::header::{HeaderMap, SET_COOKIE};
use reqwest::{Method, redirect};
use server::config::Config;
use server::connections::Limits;
use server::console::create_setup_link;
use server::running::Running;
use server::telemetry::LogFormat;
use server::vault_key::VaultKeys;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::Settings;
use store::Store;
use tests::console::form;
use tests::{Backend, World};
use tokio::net::TcpListener;

pub(crate) const LOGIN: &str = "ada@example.org";
pub(crate) const PASSWORD: &str = "seven violet otters sleep";

pub(crate) const MINUTE: i64 = 60 * 1_000_000;

pub(crate) struct House {
    pub(crate) world: World,
    running: Running,
    now: Arc<AtomicI64>,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// `name=value` of a cookie that was set.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.filter_map(|line| line.split(';').next());
        pairs.find(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
    }

    /// The code of an error as server functions answer it.
    pub(crate) fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.text).expect("JSON");
        assert!(body["correlation"].is_string(), "{}", self.text);
        body["code"].as_str().expect("a code").to_owned()
    }
}

impl House {
    pub(crate) async fn open(backend: Backend) -> Self {
        Self::with(backend, |_| {}).await
    }

    /// On settings that the story changes.
    pub(crate) async fn with(backend: Backend, adjust: impl FnOnce(&mut Config)) -> Self {
        let world = World::demo(backend).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut config = Config {
            database: world.database.url.clone(),
            audit_key: world.database.file("audit.key"),
            vault: VaultKeys::File(world.database.file("vault.key")),
            log_format: LogFormat::Text,
            log: "warn".to_owned(),
            listen: address,
            public_url: format!("http://{address}"),
            allow_addresses: Vec::new(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        };
        adjust(&mut config);
        // It stands still but for `pass`: attempts are counted by the minute, and no minute ends by itself.
        let now = Arc::new(AtomicI64::new(server::clock::system()().micros()));
        let clock = {
            let now = Arc::clone(&now);
            Arc::new(move || policy::Timestamp::from_micros(now.load(Ordering::SeqCst)))
        };
        let settings = Settings { url: config.database.clone(), read_connections: 4 };
        let store = Store::open(&settings).await.expect("the database opens");
        // As the command line does first of all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let running = Running::start(store, listener, &config, clock).await.expect("starts");
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
        Self { world, running, now, http: http.expect("a client") }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address()
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn store(&self) -> &Store {
        &self.world.store
    }

    pub(crate) fn now(&self) -> policy::Timestamp {
        policy::Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    pub(crate) fn pass(&self, micros: i64) {
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await.expect("stops");
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.origin())).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.expect("a whole answer") }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Vec::new()).await
    }

    /// A form as a page of the console sends it.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let origin = self.origin();
        let mut all =
            vec![("origin", origin.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, form(fields).into_bytes()).await
    }

    /// Makes the owner; answers the cookie of the session.
    pub(crate) async fn settle(&self) -> String {
        let link = create_setup_link(self.store(), &self.origin(), self.now()).await.expect("a link");
        let fields = [
            ("code", link.as_str()),
            ("login", LOGIN),
            ("name", "Ada"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ];
        let answer = self.post("/setup", &fields, &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.cookie("countersign").expect("a session")
    }

    pub(crate) async fn sign_in(&self, password: &str, headers: &[(&str, &str)]) -> Answer {
        self.post("/sign-in", &[("login", LOGIN), ("password", password)], headers).await
    }

    /// Whether this session still opens a page.
    pub(crate) async fn is_open(&self, session: &str) -> bool {
        let answer = self.get("/account", &[("cookie", session)]).await;
        assert!(answer.status == 200 || answer.header("location") == "/sign-in", "{answer:?}");
        answer.status == 200
    }
}

//! A database with a policy, and servers that run on it.

use crate::database::{Backend, Database};
use crate::pep::Pep;
use pdp::address_guard::AllowedAddress;
use pdp::approvals::Approvals;
use pdp::bundle::{ApplyOptions, Bundle, apply};
use policy::labels::OpenedBy;
use policy::{SubjectId, TenantSlug};
use server::clock;
use server::config::Config;
use server::connections::Limits;
use server::running::Running;
use server::telemetry::LogFormat;
use server::vault_key::{self, VaultKeys};
use std::collections::HashMap;
use std::net::SocketAddr;
use store::administration::NewTask;
use store::{Actor, Settings, Store, Via};
use tokio::net::TcpListener;

/// The demo's policy, which the stories start from.
const DEMO: &str = include_str!("../../examples/demo/bundle.yaml");

/// One story's database with the demo's policy in it.
#[derive(Debug)]
pub struct World {
    pub database: Database,
    pub store: Store,
    secrets: HashMap<String, String>,
}

/// One server process' worth of Countersign.
#[derive(Debug)]
pub struct Replica {
    running: Running,
}

/// On what terms a task is opened.
#[derive(Debug, Clone, Copy)]
pub struct TaskTerms<'a> {
    pub tenant: &'a str,
    pub purpose: &'a str,
    pub tools: &'a [&'a str],
    pub budget: i64,
    pub opened_by: OpenedBy,
}

impl Default for TaskTerms<'_> {
    /// Of acme, for refunds, and for more calls than are made.
    fn default() -> Self {
        Self {
            tenant: "acme",
            purpose: "refund an order",
            tools: &["crm/refund"],
            budget: 1_000_000,
            opened_by: OpenedBy::Person,
        }
    }
}

impl World {
    /// The demo's tenants, subjects, server, rules and keys.
    pub async fn demo(backend: Backend) -> Self {
        Self::demo_on(Database::fresh(backend).await).await
    }

    pub async fn demo_on(database: Database) -> Self {
        let world = Self::empty_on(database).await;
        world.apply(DEMO).await;
        world
    }

    pub async fn empty(backend: Backend) -> Self {
        Self::empty_on(Database::fresh(backend).await).await
    }

    pub async fn empty_on(database: Database) -> Self {
        let store = open(&database.url).await;
        store.migrate().await.expect("migrates");
        let secrets =
            ["ALICE_KEY", "BOB_KEY", "CAROL_KEY", "DAVE_KEY", "REFUND_BOT_KEY", "CRM_PEP_KEY", "IDP_SECRET"]
                .into_iter()
                .map(|name| (name.to_owned(), format!("{}-{}", name.to_lowercase(), "x".repeat(40))))
                .collect();
        Self { database, store, secrets }
    }

    /// The secret that a bundle finds in this variable.
    pub fn secret(&self, variable: &str) -> &str {
        &self.secrets[variable]
    }

    /// What a bundle finds in one more variable.
    pub fn set_secret(&mut self, variable: &str, secret: &str) {
        self.secrets.insert(variable.to_owned(), secret.to_owned());
    }

    /// Applies a bundle from outside of every replica, as `countersign apply` does.
    pub async fn apply(&self, bundle: &str) {
        let bundle = Bundle::parse(bundle).expect("a bundle");
        let store = open(&self.database.url).await;
        let keys = VaultKeys::File(self.database.file("vault.key"));
        let vault = vault_key::open_or_create(&keys, &store).await.expect("a vault");
        let mut writer = store.write(operator()).await.expect("a unit of work");
        let how = ApplyOptions { vault: Some(&vault), ..ApplyOptions::default() };
        apply(&mut writer, &bundle, &|name| self.secrets.get(name).cloned(), how).await.expect("applies");
        writer.commit().await.expect("commits");
        store.close().await;
    }

    /// The door for those who decide about requests, past every server.
    pub fn approvals(&self) -> Approvals {
        let keys = VaultKeys::File(self.database.file("vault.key"));
        Approvals::new(self.store.clone(), vault_key::open(&keys))
    }

    /// Opens a task of this member, for an hour. Answers its id.
    pub async fn open_task(&self, subject: &str, terms: TaskTerms<'_>) -> String {
        let mut writer = self.store.write(operator()).await.expect("a unit of work");
        let tools: Vec<String> = terms.tools.iter().map(|tool| (*tool).to_owned()).collect();
        let new = NewTask {
            tenant: &TenantSlug::from(terms.tenant),
            subject: &SubjectId::from(subject),
            actor: None,
            purpose: terms.purpose,
            tools: &tools,
            budget: terms.budget,
            expires_at: writer.now().saturating_add_micros(3_600_000_000),
            opened_by: terms.opened_by,
        };
        let task = writer.open_task(&new).await.expect("is opened");
        writer.commit().await.expect("commits");
        task.id.to_string()
    }

    pub async fn replica(&self) -> Replica {
        self.replica_at(&self.database.url).await
    }

    /// A further replica that people and servers reach by the same address as this one, as behind a load balancer.
    pub async fn twin(&self, of: &Replica) -> Replica {
        let store = open(&self.database.url).await;
        self.start(store, &self.database.url, Some(of.address())).await
    }

    /// One that tells `tracing` of its statements.
    pub async fn telling_replica(&self) -> Replica {
        let store = Store::open_telling(&settings(&self.database.url)).await.expect("the database opens");
        self.start(store, &self.database.url, None).await
    }

    /// A replica that reaches the database by this address.
    pub async fn replica_at(&self, url: &str) -> Replica {
        self.start(open(url).await, url, None).await
    }

    /// `public`: by what it is reached, where that is not its own address.
    async fn start(&self, store: Store, url: &str, public: Option<SocketAddr>) -> Replica {
        // As the command line does first of all.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("an address");
        let config = Config {
            database: url.to_owned(),
            audit_key: self.database.file("audit.key"),
            vault: VaultKeys::File(self.database.file("vault.key")),
            log_format: LogFormat::Text,
            log: "warn".to_owned(),
            listen: own,
            public_url: format!("http://{}", public.unwrap_or(own)),
            allow_addresses: vec![AllowedAddress::Loopback],
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        };
        Replica { running: Running::start(store, listener, &config, clock::system()).await.expect("starts") }
    }

    /// The CRM server as it asks this replica.
    pub fn crm(&self, replica: &Replica) -> Pep {
        Pep::new(replica.address(), self.secret("CRM_PEP_KEY"))
    }
}

impl Replica {
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Waits until `/readyz` says so.
    pub async fn ready(&self) {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let url = format!("http://{}/readyz", self.address());
        let asked = async {
            loop {
                if http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(120), asked).await.expect("ready within 120 s");
    }

    pub async fn stop(self) {
        self.running.stop().await.expect("stops");
    }
}

/// Who the stories' changes are written down as.
pub fn operator() -> Actor {
    Actor { name: "story".to_owned(), via: Via::Cli, request_id: None }
}

fn settings(url: &str) -> Settings {
    Settings { url: url.to_owned(), read_connections: 4 }
}

async fn open(url: &str) -> Store {
    Store::open(&settings(url)).await.expect("the database opens")
}

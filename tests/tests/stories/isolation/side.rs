//! One of the two worlds: its database, its server, and whoever asks it.

use crate::edge::house::{LOGIN, PASSWORD};
use crate::isolation::plain::plain;
use crate::isolation::sketch::{MARKER, Sketch};
use crate::isolation::tokens::tokens;
use pdp::bundle::{ApplyOptions, Bundle, apply};
use policy::labels::{OpenedBy, StopScope};
use policy::scope::AdminScope;
use policy::{Reach, SubjectId, TenantSlug};
use reqwest::header::SET_COOKIE;
use reqwest::{Method, redirect};
use serde_json::{Value, json};
use server::clock;
use server::console::create_setup_link;
use store::Writer;
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::administration::{NewBreakGlass, NewStop, NewTask, Page};
use store::decisions::{self, DecisionFilter};
use tests::pep::call_body;
use tests::world::operator;
use tests::{Backend, Replica, World, administrator, console};

/// The names of the secrets in the bundles.
const SECRETS: &[&str] = &["ADA", "BOT", "BOTH", "BEN", "A_PEP", "A_VOUCH", "A_SEARCH", "FREE", "B_PEP"];
/// What stands for an id where there is nothing that has one.
const NOTHING: &str = "00000000-0000-7000-8000-000000000000";

/// One question, and who asks it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) body: Option<Value>,
}

/// Ids of the world at hand: what they name is there in both, or in neither as far as `a` is concerned.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// A task of `bot` in `a`.
    pub(crate) task: String,
    pub(crate) their_task: String,
    pub(crate) their_rule: String,
    pub(crate) their_credential: String,
    pub(crate) their_decision: String,
    pub(crate) their_change: String,
}

#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) world: World,
    replica: Replica,
    http: reqwest::Client,
    /// An administrator's of `a`, and one's of every tenant.
    pub(crate) token: String,
    everything: String,
    /// The cookie of the console's owner, and that of one of `a` alone.
    session: String,
    within: String,
}

pub(crate) fn a() -> TenantSlug {
    TenantSlug::from("a")
}

fn b() -> TenantSlug {
    TenantSlug::from("b")
}

impl Side {
    pub(crate) async fn new(backend: Backend) -> Self {
        let mut world = World::empty(backend).await;
        for name in SECRETS {
            world.set_secret(name, &format!("{}-{}", name.to_lowercase(), "x".repeat(40)));
        }
        for (name, token) in tokens() {
            world.set_secret(name, &token);
        }
        let replica = world.replica().await;
        let http = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none()).build();
        let http = http.expect("a client");
        // A token of one tenant needs that tenant.
        world.apply(r#"{"tenants": [{"slug": "a", "name": "Alpha"}]}"#).await;
        // The owner comes first: tokens are made for them.
        let session = settle(&world, &replica, &http).await;
        let token = administrator::token(&world, "a", AdminScope::ALL, Some(a().as_str())).await;
        let everything = administrator::token(&world, "all", AdminScope::ALL, None).await;
        let within = owner_of_a(&world).await;
        Self { world, replica, http, token, everything, session, within }
    }

    pub(crate) async fn stop(self) {
        self.replica.stop().await;
    }

    pub(crate) fn secret(&self, name: &str) -> String {
        self.world.secret(name).to_owned()
    }

    /// Makes this world what the sketch says, whatever it was, and lets the others do what they do in it.
    pub(crate) async fn become_so(&self, sketch: &Sketch, which: usize) -> Known {
        let theirs = &sketch.theirs[which];
        let text = sketch.bundle(which);
        let bundle = Bundle::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let world = &self.world;
        let secret = |name: &str| Some(world.secret(name).to_owned());
        let how = ApplyOptions { prune: true, allow_unmatched: true, ..ApplyOptions::default() };
        let mut writer = self.world.store.write(operator()).await.expect("a unit of work");
        let stops = self.world.store.list_active_stops(100).await.expect("lists");
        for stop in stops {
            writer.lift_stop(&stop.id).await.expect("is lifted");
        }
        for grant in self.world.store.list_open_break_glass(100).await.expect("lists") {
            writer.end_break_glass(&grant.id).await.expect("is ended");
        }
        apply(&mut writer, &bundle, &secret, how).await.unwrap_or_else(|error| panic!("{error}\n{text}"));
        if theirs.signed_out {
            writer.sign_out_everywhere(&SubjectId::from("ben")).await.expect("is signed out");
        }
        let task = open(&mut writer, &a(), "bot", "orders").await;
        let mut their_task = NOTHING.to_owned();
        for _ in 0..theirs.tasks {
            their_task = open(&mut writer, &b(), "both", MARKER).await;
        }
        if theirs.stopped {
            let b = b();
            for (scope, target) in [(StopScope::Tenant, ""), (StopScope::Tool, "shop/refund")] {
                let new = NewStop { scope, target, tenant: Some(&b), reason: MARKER };
                writer.stop(&new).await.expect("is stopped");
            }
        }
        if theirs.glass {
            // Whom both tenants know may do anything there, with what both may use.
            let (tenant, subject) = (b(), SubjectId::from("both"));
            let new = NewBreakGlass {
                tenant: &tenant,
                subject: &subject,
                tools: "shop/*",
                reason: MARKER,
                minutes: 15,
            };
            let grant = writer.ask_break_glass(&new, None).await.expect("is asked for");
            writer.confirm_break_glass(&grant.id, None).await.expect("is confirmed: there is one owner");
        }
        writer.commit().await.expect("commits");
        if theirs.glass {
            let call = call_body(self.world.secret("BOTH"), "show", json!({}));
            self.ask(&self.pep("theirs", "B_PEP", call)).await;
        }
        for _ in 0..theirs.calls {
            let arguments = json!({"customer_id": format!("{MARKER}-0"), "amount": 7});
            let call = call_body(self.world.secret("BEN"), "refund", arguments);
            self.ask(&self.pep("theirs", "B_PEP", call)).await;
        }
        self.known(task, their_task).await
    }

    async fn known(&self, task: String, their_task: String) -> Known {
        let store = &self.world.store;
        let b = b();
        let nothing = || NOTHING.to_owned();
        let rules = store.list_rules(Some(&b), &Page::ALL).await.expect("lists");
        let credentials = store.list_tenant_credentials(&b, &Page::ALL).await.expect("lists");
        let filter = DecisionFilter { tenants: Some(vec![b.to_string()]), ..DecisionFilter::default() };
        let decisions = store.list_decisions(&filter, &decisions::Page::default()).await.expect("lists");
        let filter = store::changes::ChangeFilter { tenant: Some(&b), ..Default::default() };
        let changes = store.list_changes(&filter, Default::default(), 1).await.expect("lists");
        Known {
            task,
            their_task,
            their_rule: rules.first().map_or_else(nothing, |stored| stored.id.to_string()),
            their_credential: credentials.first().map_or_else(nothing, |stored| stored.id.to_string()),
            their_decision: decisions.rows.first().map_or_else(nothing, |row| row.id.to_string()),
            their_change: changes.first().map_or_else(nothing, |change| change.id.clone()),
        }
    }

    /// An evaluation by an enforcement point.
    pub(crate) fn pep(&self, name: &str, key: &str, body: Value) -> Asked {
        self.post(name, "/access/v1/evaluation", key, body)
    }

    pub(crate) fn post(&self, name: &str, path: &str, key: &str, body: Value) -> Asked {
        Asked {
            name: name.to_owned(),
            method: Method::POST,
            path: path.to_owned(),
            key: self.secret(key),
            body: Some(body),
        }
    }

    /// The whole answer as it matters: its status, what headers say besides, and its body.
    pub(crate) async fn ask(&self, asked: &Asked) -> String {
        let url = format!("http://{}{}", self.replica.address(), asked.path);
        let mut request = self.http.request(asked.method.clone(), url).bearer_auth(&asked.key);
        // One id for all, so that nothing hangs on it.
        request = request.header("x-request-id", "isolation");
        if let Some(body) = &asked.body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let mut told = response.status().as_u16().to_string();
        for name in ["content-type", "www-authenticate", "retry-after", "location", "etag", "allow"] {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            told.push_str(&format!("\n{name}: {}", value.unwrap_or("none")));
        }
        let body = response.text().await.expect("a whole answer");
        plain(&format!("{told}\n\n{body}"))
    }

    /// A page or a file of the console, with its status.
    pub(crate) async fn look(&self, path: &str) -> (u16, String) {
        self.look_as(&self.session, path).await
    }

    /// The same, as the owner of `a` alone is shown it.
    pub(crate) async fn look_within(&self, path: &str) -> (u16, String) {
        self.look_as(&self.within, path).await
    }

    async fn look_as(&self, cookie: &str, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.replica.address());
        let response = self.http.get(url).header("cookie", cookie).send().await.expect("an answer");
        let status = response.status().as_u16();
        (status, response.text().await.expect("a whole answer"))
    }

    /// All that an administrator of every tenant reads.
    pub(crate) async fn everything(&self) -> String {
        let asked = Asked {
            name: "everything".to_owned(),
            method: Method::GET,
            path: "/api/v1/bundle".to_owned(),
            key: self.everything.clone(),
            body: None,
        };
        self.ask(&asked).await
    }
}

/// Makes the owner of the console; gives the cookie of the session.
async fn settle(world: &World, replica: &Replica, http: &reqwest::Client) -> String {
    let origin = format!("http://{}", replica.address());
    let link = create_setup_link(&world.store, &origin, clock::system()()).await.expect("a link");
    let fields = [
        ("code", link.as_str()),
        ("login", LOGIN),
        ("name", "Ada"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let request = http.post(format!("{origin}/setup")).header("origin", &origin);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let response = request.body(console::form(&fields)).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 303);
    let cookies = response.headers().get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = cookies.filter_map(|line| line.split(';').next());
    pairs.find(|pair| pair.starts_with("countersign=")).expect("a session").to_owned()
}

/// The cookie of an account that owns `a` and nothing else. It is no owner where owners are counted.
async fn owner_of_a(world: &World) -> String {
    let now = clock::system()();
    let new = NewAccount {
        login: "of-a".to_owned(),
        name: "Of A".to_owned(),
        password_hash: Some(PasswordHash::new("$argon2id$never")),
        role: AccountRole::Owner,
        reach: Reach::of([a()]),
    };
    let account = world.store.create_account(&new, &operator(), now).await.expect("made");
    console::session(world, &account, 7, now).await
}

/// Opens a task of this subject; gives its id.
async fn open(writer: &mut Writer, tenant: &TenantSlug, subject: &str, purpose: &str) -> String {
    let new = NewTask {
        tenant,
        subject: &SubjectId::from(subject),
        actor: None,
        purpose,
        tools: &["shop/*".to_owned()],
        budget: 1_000,
        expires_at: writer.now().saturating_add_micros(3_600_000_000),
        opened_by: OpenedBy::Platform,
    };
    writer.open_task(&new).await.expect("is opened").id.to_string()
}

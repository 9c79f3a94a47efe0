//! The demo with a further tenant that has something of each kind, and browsers of accounts of every role and reach.

use policy::labels::{OpenedBy, StopScope};
use policy::{Reach, SubjectId, TenantSlug, Timestamp};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::administration::{NewBreakGlass, NewStop, NewTask, Page};
use store::changes::{ChangeFilter, ChangePosition};
use store::decisions::DecisionFilter;
use tests::console;
pub(crate) use tests::console::{encode, form};
use tests::pep::call_body;
use tests::world::operator;
use tests::{Backend, Pep, Replica, World};

/// Stands in every name that the other tenant gave.
pub(crate) const MARKER: &str = "Kestrel";

const OTHERS: &str = "
tenants: [{ slug: nimbus, name: Kestrel Works }]
roles: [{ name: Kestrel role, tenant: nimbus, description: Kestrel's own }]
subjects:
  - { id: zed, kind: user, name: Zed Kestrel, memberships: [{ tenant: nimbus, roles: [Kestrel role] }], api_keys: [{ name: laptop, secret_env: ZED_KEY }] }
  - { id: both, kind: user, name: Both, memberships: [{ tenant: acme, roles: [] }, { tenant: nimbus, roles: [Kestrel role] }] }
rules: [{ name: Kestrel rule, tenant: nimbus, effect: allow, roles: [Kestrel role], tools: [nest/*] }]
servers: [{ slug: nest, url: 'http://127.0.0.1:9009/mcp', tenants: [nimbus], tools: [{ name: look, description: Kestrel tool, risk: low, sensitivity: internal, read_only: true, bindings: [{ pointer: /customer_id, type: customer }] }] }]
resources:
  - { type: customer, id: ours-1, tenant: acme, attributes: { region: eu } }
  - { type: customer, id: theirs-1, tenant: nimbus, attributes: { note: Kestrel customer } }
  - { type: falcon, id: theirs-2, tenant: nimbus }
";

const HOUR: i64 = 60 * 60 * 1_000_000;

/// What of the other tenant can be named by an id.
#[derive(Debug, Clone)]
pub(crate) struct Theirs {
    pub(crate) rule: String,
    pub(crate) role: String,
    pub(crate) decision: String,
    pub(crate) change: String,
    pub(crate) task: String,
    pub(crate) stop: String,
    pub(crate) grant: String,
    /// What stands for it in addresses.
    pub(crate) resource: String,
}

impl Theirs {
    pub(crate) fn all(&self) -> [&str; 11] {
        [
            &self.rule,
            &self.role,
            &self.decision,
            &self.change,
            &self.task,
            &self.stop,
            &self.grant,
            &self.resource,
            "zed",
            "nimbus",
            "nest/look",
        ]
    }
}

/// What stands for a resource in addresses and forms.
pub(crate) fn key_of(kind: &str, id: &str) -> String {
    hex::encode(format!("{kind}\n{id}"))
}

pub(crate) struct House {
    pub(crate) world: World,
    replica: Replica,
    http: Client,
    accounts: AtomicU64,
    pub(crate) theirs: Theirs,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) location: String,
    pub(crate) text: String,
}

pub(crate) fn now() -> Timestamp {
    server::clock::system()()
}

pub(crate) fn of(slugs: &[&str]) -> Reach {
    Reach::of(slugs.iter().map(|slug| TenantSlug::from(*slug)))
}

impl House {
    pub(crate) async fn open(backend: Backend) -> Self {
        let mut world = World::demo(backend).await;
        world.set_secret("ZED_KEY", &format!("zed-{}", "x".repeat(40)));
        world.apply(OTHERS).await;
        let replica = world.replica().await;
        let http = Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        // Denied, and on record as a call of theirs.
        let call = call_body(world.secret("ZED_KEY"), "Kestrel-tool", json!({"customer_id": "Kestrel-1"}));
        let url = format!("http://{}/access/v1/evaluation", replica.address());
        let asked = http.post(url).bearer_auth(world.secret("CRM_PEP_KEY")).json(&call).send().await;
        assert_eq!(asked.expect("answers").status(), 200);
        let nimbus = TenantSlug::from("nimbus");
        let mut writer = world.store.write(operator()).await.expect("a unit of work");
        let stop = NewStop {
            scope: StopScope::Tenant,
            target: "",
            tenant: Some(&nimbus),
            reason: "Kestrel runs wild",
        };
        let stop = writer.stop(&stop).await.expect("is stopped").id;
        let glass = NewBreakGlass {
            tenant: &nimbus,
            subject: &SubjectId::from("zed"),
            tools: "nest/look",
            reason: "Kestrel burns",
            minutes: 5,
        };
        let grant = writer.ask_break_glass(&glass, None).await.expect("is asked").id;
        // The same once more, and over.
        let over = NewStop {
            scope: StopScope::Tool,
            target: "nest/look",
            tenant: Some(&nimbus),
            reason: "Kestrel ran wild",
        };
        let over = writer.stop(&over).await.expect("is stopped").id;
        writer.lift_stop(&over).await.expect("is lifted");
        let ended = NewBreakGlass { tools: "nest/*", reason: "Kestrel burned", ..glass };
        let ended = writer.ask_break_glass(&ended, None).await.expect("is asked").id;
        writer.end_break_glass(&ended).await.expect("is ended");
        let new = NewTask {
            tenant: &nimbus,
            subject: &SubjectId::from("zed"),
            actor: None,
            purpose: "Kestrel's errand",
            tools: &["nest/*".to_owned()],
            budget: 3,
            expires_at: writer.now().saturating_add_micros(HOUR),
            opened_by: OpenedBy::Person,
        };
        let task = writer.open_task(&new).await.expect("is opened").id.to_string();
        writer.commit().await.expect("commits");
        let theirs = Theirs { task, stop, grant, ..theirs(&world, &nimbus).await };
        Self { world, replica, http, accounts: AtomicU64::new(1), theirs }
    }

    /// A new account, and what its browser sends from then on.
    pub(crate) async fn account(&self, role: AccountRole, reach: Reach) -> (String, String) {
        let number = self.accounts.fetch_add(1, Ordering::Relaxed);
        let new = NewAccount {
            login: format!("account-{number}"),
            name: format!("Account {number}"),
            password_hash: Some(PasswordHash::new("$argon2id$never")),
            role,
            reach,
        };
        let account = self.world.store.create_account(&new, &operator(), now()).await.expect("made");
        let cookie = console::session(&self.world, &account, u128::from(number), now()).await;
        (account.id, cookie)
    }

    /// The cookie of such an account.
    pub(crate) async fn browser(&self, role: AccountRole, reach: Reach) -> String {
        self.account(role, reach).await.1
    }

    /// What calls the demo's server, as its enforcement point does.
    pub(crate) fn crm(&self) -> Pep {
        self.world.crm(&self.replica)
    }

    /// Whoever asks with the enforcement key of this variable.
    pub(crate) fn pep(&self, variable: &str) -> Pep {
        Pep::new(self.replica.address(), self.world.secret(variable))
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        read(self.send(Method::GET, cookie, path, None).await).await
    }

    /// The stream of an open inbox.
    pub(crate) async fn listen(&self, cookie: &str) -> Response {
        let stream = self.send(Method::GET, cookie, "/approvals/live", None).await;
        assert_eq!(stream.status(), 200);
        stream
    }

    /// A form, as a page sends it.
    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Body { text: form(fields), kind: FORM, accept: "text/html" };
        read(self.send(Method::POST, cookie, path, Some(body)).await).await
    }

    /// The same, as a script sends it: it is told the status.
    pub(crate) async fn call(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = Body { text: form(fields), kind: FORM, accept: JSON };
        read(self.send(Method::POST, cookie, path, Some(body)).await).await
    }

    /// What a script sends as JSON.
    pub(crate) async fn json(&self, cookie: &str, path: &str, value: &Value) -> Answer {
        let body = Body { text: value.to_string(), kind: JSON, accept: JSON };
        read(self.send(Method::POST, cookie, path, Some(body)).await).await
    }

    async fn send(&self, method: Method, cookie: &str, path: &str, body: Option<Body>) -> Response {
        let origin = format!("http://{}", self.replica.address());
        let mut request = self.http.request(method, format!("{origin}{path}")).header("cookie", cookie);
        if let Some(Body { text, kind, accept }) = body {
            request = request.header("origin", &origin).header("accept", accept).body(text);
            request = request.header("content-type", kind);
        }
        request.send().await.expect("answers")
    }

    /// The newest administrative change: the same where nothing was changed.
    pub(crate) async fn last_change(&self) -> Option<String> {
        let changes =
            self.world.store.list_changes(&ChangeFilter::default(), ChangePosition::Newest, 1).await;
        changes.expect("lists").pop().map(|change| change.id)
    }

    pub(crate) async fn stop(self) {
        self.replica.stop().await;
    }
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What is sent.
struct Body {
    text: String,
    kind: &'static str,
    accept: &'static str,
}

async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    let location = response.headers().get("location").and_then(|value| value.to_str().ok());
    let location = location.unwrap_or_default().to_owned();
    let headers = response.headers().clone();
    Answer { status, headers, location, text: response.text().await.expect("text") }
}

/// What is found; the others are known to who made them.
async fn theirs(world: &World, nimbus: &TenantSlug) -> Theirs {
    let store = &world.store;
    let rules = store.list_rules(Some(nimbus), &Page::ALL).await.expect("lists");
    let rule = rules.iter().find(|stored| stored.rule.tenant.as_ref() == Some(nimbus)).expect("a rule");
    let roles = store.list_roles(Some(nimbus)).await.expect("lists");
    let role = roles.iter().find(|role| role.tenant.as_ref() == Some(nimbus)).expect("a role");
    let zed = SubjectId::from("zed");
    let filter = DecisionFilter { subject: Some(zed.to_string()), ..DecisionFilter::default() };
    let decisions = store.list_decisions(&filter, &store::decisions::Page::default()).await.expect("lists");
    let filter = ChangeFilter { tenant: Some(nimbus), ..ChangeFilter::default() };
    let changes = store.list_changes(&filter, ChangePosition::Newest, 1).await.expect("lists");
    Theirs {
        rule: rule.id.to_string(),
        role: role.id.clone(),
        decision: decisions.rows.first().expect("a decision").id.to_string(),
        change: changes.first().expect("a change").id.clone(),
        task: String::new(),
        stop: String::new(),
        grant: String::new(),
        resource: key_of("customer", "theirs-1"),
    }
}

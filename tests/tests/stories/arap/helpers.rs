//! A house where carol's larger refunds wait for frank, and a server that knows the profile.

use pdp::approvals::{Decider, Vote};
use policy::labels::Verdict;
use policy::{ApprovalId, SubjectId};
use serde_json::{Value, json};
use std::net::SocketAddr;
use store::accounts::{AccountRole, NewAccount};
use tests::pep::call_body;
use tests::world::operator;
use tests::{Backend, Replica, World};

/// A second person of finance, and a second key of the same server.
const PEOPLE: &str = "subjects: [{id: frank, kind: user, memberships: [{tenant: acme, roles: [finance]}]}]
credentials: [{name: other-pep, server: crm, trust: verify_token, secret_env: OTHER_KEY}]";

/// The house, with the account of frank in it.
pub(crate) struct House {
    pub(crate) world: World,
    account: String,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
    pub(crate) decision: Option<String>,
    pub(crate) retry_after: Option<u64>,
}

impl Told {
    /// The last part of a problem's type.
    pub(crate) fn problem(&self) -> (u16, &str) {
        let kind = self.body["type"].as_str().unwrap_or_default();
        (self.status, kind.rsplit(':').next().unwrap_or_default())
    }

    pub(crate) fn task(&self) -> &str {
        self.body["task"]["status"].as_str().unwrap_or_default()
    }

    pub(crate) fn reason(&self) -> &str {
        self.body["context"]["reason"].as_str().unwrap_or_default()
    }
}

impl House {
    pub(crate) async fn open(backend: Backend) -> Self {
        let mut world = World::empty(backend).await;
        world.set_secret("OTHER_KEY", &format!("other-{}", "x".repeat(40)));
        world.apply(include_str!("../../../../examples/demo/bundle.yaml")).await;
        world.apply(PEOPLE).await;
        let now = server::clock::system()();
        let new = NewAccount {
            login: "frank@example.org".to_owned(),
            name: "Frank".to_owned(),
            password_hash: None,
            role: AccountRole::Approver,
            reach: policy::Reach::Everything,
        };
        let account = world.store.create_account(&new, &operator(), now).await.expect("made").id;
        let frank = SubjectId::from("frank");
        world.store.set_account_subject(&account, Some(&frank), &operator(), now).await.expect("linked");
        Self { world, account }
    }

    pub(crate) fn pep(&self, replica: &Replica) -> Pep {
        Pep::new(replica.address(), self.world.secret("CRM_PEP_KEY"))
    }

    pub(crate) fn other(&self, replica: &Replica) -> Pep {
        Pep::new(replica.address(), self.world.secret("OTHER_KEY"))
    }

    /// Carol's refund of so much.
    pub(crate) fn refund(&self, amount: u32) -> Value {
        let arguments = json!({"customer_id": "c-43", "amount": amount, "currency": "USD"});
        call_body(self.world.secret("CAROL_KEY"), "refund", arguments)
    }

    /// Frank looks at the request and decides it.
    pub(crate) async fn decide(&self, task: &str, verdict: Verdict) {
        let approvals = self.world.approvals();
        let id = ApprovalId::from(task);
        let seen = approvals.show(&id).await.expect("reads").expect("is there").seen;
        let reason = (verdict == Verdict::Deny).then(|| "not this month".to_owned());
        let vote = Vote { verdict, reason, seen, valid_until: None, uses: None };
        let by = Decider { account: &self.account, actor: operator() };
        approvals.vote(&by, &id, &vote).await.expect("counts");
    }

    /// How many requests there are.
    pub(crate) async fn filed(&self) -> usize {
        let filter = store::approvals::ApprovalFilter::default();
        self.world.store.list_approvals(&filter, None, 100).await.expect("lists").len()
    }
}

/// A server that knows the profile, with one enforcement key.
#[derive(Debug, Clone)]
pub(crate) struct Pep {
    http: reqwest::Client,
    address: SocketAddr,
    key: String,
}

impl Pep {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, address, key: key.to_owned() }
    }

    /// A path of this replica, whatever address a link was made with.
    fn url(&self, link: &str) -> String {
        let path =
            link.find("/access/").or_else(|| link.find("/.well-known/")).map_or(link, |at| &link[at..]);
        format!("http://{}{path}", self.address)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Told {
        let request = if self.key.is_empty() { request } else { request.bearer_auth(&self.key) };
        let response = request.send().await.expect("an answer");
        let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let (location, retry_after) = (header("location"), header("retry-after"));
        let decision = header("countersign-decision-id");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a whole answer");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let retry_after = retry_after.and_then(|seconds| seconds.parse().ok());
        Told { status, body, location, decision, retry_after }
    }

    pub(crate) async fn get(&self, link: &str) -> Told {
        self.send(self.http.get(self.url(link))).await
    }

    pub(crate) async fn post(&self, link: &str, body: &Value) -> Told {
        self.post_as(link, body, None).await
    }

    /// The same, with an `Idempotency-Key`.
    pub(crate) async fn post_as(&self, link: &str, body: &Value, idempotency: Option<&str>) -> Told {
        let request = self.http.post(self.url(link)).header("content-type", "application/json");
        let request = match idempotency {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        self.send(request.body(body.to_string())).await
    }

    /// A POST without a body.
    pub(crate) async fn press(&self, link: &str) -> Told {
        self.send(self.http.post(self.url(link))).await
    }

    pub(crate) async fn evaluate(&self, question: &Value) -> Told {
        self.post("/access/v1/evaluation", question).await
    }

    pub(crate) async fn submit(&self, submission: &Value) -> Told {
        self.post("/access/v1/requests", submission).await
    }

    /// Asks, is denied, and submits the denial; the task's id.
    pub(crate) async fn file(&self, question: &Value) -> String {
        let denial = self.evaluate(question).await;
        let told = self.submit(&submission(question, &denial.body)).await;
        assert_eq!((told.status, told.task()), (202, "pending"), "{told:?}");
        told.body["task"]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn poll(&self, task: &str) -> Told {
        self.get(&format!("/access/v1/requests/{task}")).await
    }
}

/// The question once more, with what came of it.
pub(crate) fn submission(question: &Value, denial: &Value) -> Value {
    let mut submission = question.clone();
    submission["denial"] = json!({
        "decision": {"decision": false},
        "evaluation_id": denial["context"]["evaluation_id"],
        "binding_token": denial["context"]["access_request"]["binding_token"],
    });
    submission
}

//! What the stories of tasks have in common.

use policy::TaskId;
use policy::labels::{OpenedBy, TaskState};
use reqwest::Method;
use serde_json::{Value, json};
use std::net::SocketAddr;
use store::administration::Task;
use store::decisions::{DecisionFilter, Page};
pub(crate) use tests::administrator::token;
pub(crate) use tests::pep::refund;
use tests::pep::{Told, call_body};
use tests::world::{TaskTerms, operator};
use tests::{Pep, World};

/// A refund under a task, or under what is given as one.
pub(crate) async fn refund_under(crm: &Pep, token: &str, task: &str) -> Told {
    call_under(crm, token, task, "refund", refund()).await
}

pub(crate) async fn call_under(crm: &Pep, token: &str, task: &str, tool: &str, arguments: Value) -> Told {
    let mut body = call_body(token, tool, arguments);
    body["context"]["task"] = json!(task);
    crm.ask(&body).await
}

/// Opens a task of refund-bot in acme.
pub(crate) async fn open(world: &World, budget: i64, opened_by: OpenedBy) -> String {
    open_of(world, "refund-bot", budget, opened_by, "refund order 17").await
}

pub(crate) async fn open_of(
    world: &World,
    subject: &str,
    budget: i64,
    opened_by: OpenedBy,
    purpose: &str,
) -> String {
    let tools = &["crm/refund", "crm/get_*"];
    world.open_task(subject, TaskTerms { purpose, tools, budget, opened_by, ..TaskTerms::default() }).await
}

pub(crate) async fn set(world: &World, task: &str, state: TaskState) {
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    writer.set_task_state(&TaskId::from(task), state).await.expect("is taken");
    writer.commit().await.expect("commits");
}

pub(crate) async fn read(world: &World, task: &str) -> Task {
    world.store.get_task(&TaskId::from(task)).await.expect("reads").expect("is there")
}

/// How many records of the task's calls say allowed, and how many denied.
pub(crate) async fn recorded(world: &World, task: &str) -> (i64, i64) {
    let filter = DecisionFilter { task: Some(task.to_owned()), ..DecisionFilter::default() };
    let page = Page { limit: 10_000, ..Page::default() };
    let rows = world.store.list_decisions(&filter, &page).await.expect("lists").rows;
    let allowed = rows.iter().filter(|row| row.reason == "allowed").count();
    let denied = rows.len() - allowed;
    (i64::try_from(allowed).expect("few"), i64::try_from(denied).expect("few"))
}

/// Whoever shows this key or token to the API.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    http: reqwest::Client,
    address: SocketAddr,
    token: String,
}

impl Door {
    pub(crate) fn new(address: SocketAddr, token: &str) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, address, token: token.to_owned() }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let text = response.text().await.expect("a whole answer");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }
}

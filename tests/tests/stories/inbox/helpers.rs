//! Approvers and their browsers, and requests for them to answer.

use crate::inbox::html;
use policy::labels::ApprovalState;
use policy::{ApprovalId, SubjectId, Timestamp};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::approvals::{Approval, ApprovalFilter};
use tests::console;
use tests::world::operator;
use tests::{Backend, Replica, World};

pub(crate) const HOUR: i64 = 60 * 60 * 1_000_000;

/// What is waited for comes within a second or two; this only ends a story that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(50);

pub(crate) fn now() -> Timestamp {
    server::clock::system()()
}

pub(crate) async fn demo_with_frank(backend: Backend) -> World {
    let world = World::demo(backend).await;
    world
        .apply(
            "subjects:\n  - id: frank\n    kind: user\n    memberships: [{ tenant: acme, roles: [finance] }]\n",
        )
        .await;
    world
}

/// Signs a new account in, as the console does once the password was checked: what its browser sends from then on.
pub(crate) async fn cookie(world: &World, number: u128, role: AccountRole, person: Option<&str>) -> String {
    cookie_since(world, number, role, person, now()).await
}

/// The same with a sign-in at this moment.
pub(crate) async fn cookie_since(
    world: &World,
    number: u128,
    role: AccountRole,
    person: Option<&str>,
    since: Timestamp,
) -> String {
    let new = NewAccount {
        login: format!("account-{number}"),
        name: format!("Account {number}"),
        password_hash: Some(PasswordHash::new("$argon2id$never")),
        role,
        reach: policy::Reach::Everything,
    };
    let account = world.store.create_account(&new, &operator(), now()).await.expect("made");
    if let Some(person) = person {
        let person = SubjectId::from(person);
        world
            .store
            .set_account_subject(&account.id, Some(&person), &operator(), now())
            .await
            .expect("linked");
    }
    console::session(world, &account, number, since).await
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}

pub(crate) async fn get(replica: &Replica, cookie: &str, path: &str) -> Response {
    let url = format!("http://{}{path}", replica.address());
    client().get(url).header("cookie", cookie).send().await.expect("answers")
}

pub(crate) fn refund(customer: &str) -> Value {
    json!({ "customer_id": customer, "amount": 900, "currency": "EUR" })
}

/// Carol asks once; the request that it filed.
pub(crate) async fn filed(world: &World, replica: &Replica) -> ApprovalId {
    asked(world, replica, "CAROL_KEY", "refund", refund("c-42")).await
}

/// Whoever holds this key asks once; the request that it filed.
pub(crate) async fn asked(
    world: &World,
    replica: &Replica,
    key: &str,
    tool: &str,
    arguments: Value,
) -> ApprovalId {
    let told = world.crm(replica).call(world.secret(key), tool, arguments).await;
    assert_eq!((told.allowed(), told.reason()), (false, "approval_required"));
    newest(world).await.id
}

/// The request that was filed last.
pub(crate) async fn newest(world: &World) -> Approval {
    let newest = world.store.list_approvals(&ApprovalFilter::default(), None, 1).await.expect("reads");
    newest.into_iter().next().expect("was filed")
}

/// Sends the form at the foot of a request's page.
pub(crate) async fn send(replica: &Replica, cookie: &str, id: &str, fields: &[(&str, &str)]) -> Response {
    let address = replica.address();
    client()
        .post(format!("http://{address}/approvals/{id}/answer"))
        .header("cookie", cookie)
        .header("origin", format!("http://{address}"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(console::form(fields))
        .send()
        .await
        .expect("answers")
}

/// The same; where the answer leads.
pub(crate) async fn answer(
    replica: &Replica,
    cookie: &str,
    id: &ApprovalId,
    fields: &[(&str, &str)],
) -> String {
    let sent = send(replica, cookie, id.as_str(), fields).await;
    assert_eq!(sent.status(), 303);
    sent.headers()["location"].to_str().expect("an address").to_owned()
}

/// What the form of the page is bound to. It needs no escaping.
pub(crate) async fn seen(replica: &Replica, cookie: &str, id: &ApprovalId) -> String {
    let page = get(replica, cookie, &format!("/approvals/{id}")).await;
    assert_eq!(page.status(), 200);
    let html = page.text().await.expect("text");
    let (_, rest) = html.split_once("name=\"seen\" value=\"").expect("a form");
    rest.split_once('"').expect("a value").0.to_owned()
}

pub(crate) async fn state(world: &World, id: &ApprovalId) -> ApprovalState {
    world.store.get_approval(id).await.expect("reads").expect("is there").state
}

/// Answers from the page as it is now; it counts.
pub(crate) async fn decide(replica: &Replica, cookie: &str, id: &ApprovalId, verdict: &str) {
    let bound = seen(replica, cookie, id).await;
    let fields = [("answer", verdict), ("reason", "as-agreed"), ("seen", bound.as_str())];
    let leads_to = answer(replica, cookie, id, &fields).await;
    assert!(leads_to.starts_with("/approvals?done="), "{leads_to}");
}

/// The page of a request, as it is seen.
pub(crate) async fn page(replica: &Replica, cookie: &str, id: &ApprovalId) -> String {
    look(replica, cookie, &format!("/approvals/{id}")).await
}

/// A page, as it is seen.
pub(crate) async fn look(replica: &Replica, cookie: &str, path: &str) -> String {
    let page = get(replica, cookie, path).await;
    assert_eq!(page.status(), 200, "{path}");
    html::seen(&page.text().await.expect("text"))
}

//! Approvers and their browsers, and requests for them to answer.

use policy::{ApprovalId, SubjectId, Timestamp};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;
use store::accounts::{AccountRole, NewAccount, PasswordHash};
use store::approvals::ApprovalFilter;
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
    let told = world.crm(replica).call(world.secret("CAROL_KEY"), "refund", refund("c-42")).await;
    assert_eq!((told.allowed(), told.reason()), (false, "approval_required"));
    let newest = world.store.list_approvals(&ApprovalFilter::default(), None, 1).await.expect("reads");
    newest.into_iter().next().expect("was filed").id
}

//! The demo's policy with somebody who may approve, and the ways in which requests come to be and end.

use pdp::Secret;
use pdp::approvals::Approvals;
use pdp::notify;
use pdp::vault::Vault;
use policy::labels::NoticeKind;
use policy::{ApprovalId, SubjectId};
use serde_json::json;
use server::random;
use server::vault_key::{self, VaultKeys};
use std::time::Duration;
use store::accounts::{Account, AccountRole, NewAccount};
use store::administration::{NewWebhook, Webhook};
use store::approvals::ApprovalFilter;
use store::notifications::{DeadLetter, LastDelivery, Receiver};
use tests::world::operator;
use tests::{Backend, Pep, World};

/// Erin approves what finance is asked for; carol is of finance too, and asks.
const PEOPLE: &str = r#"
subjects:
  - { id: erin, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }
"#;

/// How long something is waited for that shows in the database alone.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn world(backend: Backend) -> World {
    let world = World::demo(backend).await;
    world.apply(PEOPLE).await;
    world
}

pub(crate) async fn vault(world: &World) -> Vault {
    let keys = VaultKeys::File(world.database.file("vault.key"));
    vault_key::open_or_create(&keys, &world.store).await.expect("a vault")
}

/// A webhook of every event and tenant, and the secret that signs for it.
pub(crate) async fn webhook(world: &World, url: &str) -> (Webhook, Secret) {
    webhook_of(world, url, NoticeKind::ALL).await
}

pub(crate) async fn webhook_of(world: &World, url: &str, events: &[NoticeKind]) -> (Webhook, Secret) {
    let secret = notify::fresh_secret(&random::bytes());
    let name = format!("hook of {url}");
    let new = NewWebhook { name: &name, url, events, tenant: None };
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let webhook = notify::create(&vault(world).await, &mut writer, &new, &secret).await.expect("is made");
    writer.commit().await.expect("commits");
    (webhook, secret)
}

/// Carol asks for a refund that finance has to approve.
pub(crate) async fn ask(world: &World, pep: &Pep, amount: u32) {
    let arguments =
        json!({"customer_id": "c-42", "amount": amount, "currency": "EUR", "reason": "secret words"});
    let told = pep.call(world.secret("CAROL_KEY"), "refund", arguments).await;
    assert_eq!(told.reason(), "approval_required", "{told:?}");
}

/// The requests there are, the newest first.
pub(crate) async fn requests(world: &World) -> Vec<ApprovalId> {
    let found = world.store.list_approvals(&ApprovalFilter::default(), None, 100).await.expect("lists");
    found.into_iter().map(|approval| approval.id).collect()
}

/// Carol takes it back.
pub(crate) async fn cancel(world: &World, id: &ApprovalId) {
    let approvals = Approvals::new(world.store.clone(), vault(world).await);
    approvals.cancel(&SubjectId::from("carol"), operator(), id).await.expect("is cancelled");
}

/// An account of the console, which belongs to this person.
pub(crate) async fn account(world: &World, login: &str, person: Option<&str>) -> Account {
    let new = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: None,
        role: AccountRole::Approver,
        reach: policy::Reach::Everything,
    };
    let now = server::clock::system()();
    let account = world.store.create_account(&new, &operator(), now).await.expect("made");
    let Some(person) = person.map(SubjectId::from) else { return account };
    world.store.set_account_subject(&account.id, Some(&person), &operator(), now).await.expect("is linked")
}

/// Waits until something shows in the database.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}

/// The last attempt failed, with this error.
pub(crate) async fn failed(world: &World, webhook: &Webhook) -> String {
    until("an attempt that failed", async || last(world, webhook).await?.error).await
}

/// The last attempt did not fail.
pub(crate) async fn delivered(world: &World, webhook: &Webhook) {
    until("it is delivered", async || last(world, webhook).await.filter(|last| last.delivered)).await;
}

pub(crate) async fn last(world: &World, webhook: &Webhook) -> Option<LastDelivery> {
    world.store.last_delivery(&Receiver::Webhook(webhook.id.clone())).await.expect("reads")
}

/// The one message that was given up.
pub(crate) async fn dead(world: &World) -> DeadLetter {
    until("a message that is given up", async || {
        world.store.list_dead_letters(None, 2).await.expect("lists").pop()
    })
    .await
}

/// What waits is tried for the last time, now.
pub(crate) async fn last_attempt(world: &World) {
    let earlier = notify::MAX_ATTEMPTS - 1;
    let sql = format!(
        "UPDATE notification_deliveries SET attempts = {earlier}, next_at = 0 WHERE state = 'waiting'"
    );
    world.database.by_hand(&sql).await;
}

/// What somebody had in hand is due now.
pub(crate) async fn let_go(world: &World) {
    world.database.by_hand("UPDATE notification_deliveries SET next_at = 0 WHERE state = 'waiting'").await;
}

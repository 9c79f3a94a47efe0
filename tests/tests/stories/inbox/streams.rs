//! Open pages are told what waits, and only those of approvers.

use crate::inbox::helpers::{
    PATIENCE, asked, cookie, cookie_within, demo_with_frank, filed, get, now, refund,
};
use reqwest::Response;
use serde_json::json;
use std::time::Duration;
use store::accounts::AccountRole;
use store::sessions::session_digest;
use tests::world::operator;
use tests::{Backend, Replica};

/// Soon, and late enough that what is filed is told before.
const ESCALATING: &str = "
roles: [{ name: head, tenant: acme }]
subjects:
  - { id: hedy, kind: user, memberships: [{ tenant: acme, roles: [head] }] }
rules:
  - name: notes are read
    tenant: acme
    effect: require_approval
    tools: [crm/add_note]
    approval: { approvers: [finance], escalate_to: head, escalate_after: 3s }
";

async fn listen(replica: &Replica, cookie: &str) -> Response {
    get(replica, cookie, "/approvals/live").await
}

/// Reads until this was said; what was said since the last time.
async fn until(stream: &mut Response, said: &str) -> String {
    let mut heard = String::new();
    let reading = async {
        while let Some(chunk) = stream.chunk().await.expect("goes on") {
            heard.push_str(std::str::from_utf8(&chunk).expect("text"));
            if heard.contains(said) {
                return;
            }
        }
        panic!("the stream ended before `{said}`");
    };
    let in_time = tokio::time::timeout(PATIENCE, reading).await;
    assert!(in_time.is_ok(), "`{said}` was not said: {heard}");
    heard
}

pub(crate) async fn a_request_filed_on_one_replica_reaches_the_pages_of_another(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let (one, other) = (world.replica().await, world.replica().await);
    let frank = cookie(&world, 7, AccountRole::Approver, Some("frank")).await;
    let nobody = cookie(&world, 8, AccountRole::Owner, None).await;
    let mut page = listen(&one, &frank).await;
    assert_eq!(page.headers()["content-type"], "text/event-stream");
    let mut same = listen(&one, &frank).await;
    let mut unlinked = listen(&one, &nobody).await;
    for stream in [&mut page, &mut same, &mut unlinked] {
        // First what stands.
        until(stream, "data: 0\n\n").await;
    }

    filed(&world, &other).await;
    for stream in [&mut page, &mut same] {
        let heard = until(stream, "data: 1\n\n").await;
        assert!(heard.contains("id: "), "{heard}");
    }
    // It changed for everybody, and waits for those alone whom the rule asks.
    until(&mut unlinked, "data: 0\n\n").await;

    // A server that stops lets them go: browsers come back, to whoever answers then.
    // A server that cannot end its answers stops only after twenty seconds.
    let stopped = tokio::time::timeout(Duration::from_secs(19), one.stop()).await;
    assert!(stopped.is_ok(), "streams held the server up");
    let rest = tokio::time::timeout(PATIENCE, async { while page.chunk().await.expect("ends").is_some() {} });
    assert!(rest.await.is_ok());
    let mut again = listen(&other, &frank).await;
    until(&mut again, "data: 1\n\n").await;
    drop((again, same, unlinked));
    other.stop().await;
}

pub(crate) async fn an_escalation_reaches_the_pages_of_whom_it_asks_then(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(ESCALATING).await;
    let replica = world.replica().await;
    // One reaches everything, and one the tenant alone: they are told by other marks.
    let everywhere = cookie(&world, 1, AccountRole::Approver, Some("hedy")).await;
    let within = cookie_within(&world, 2, AccountRole::Approver, Some("hedy"), "acme").await;
    let mut pages = [listen(&replica, &everywhere).await, listen(&replica, &within).await];
    for page in &mut pages {
        until(page, "data: 0\n\n").await;
    }
    let note = json!({"customer_id": "c-42", "text": "hello"});
    asked(&world, &replica, "REFUND_BOT_KEY", "add_note", note).await;
    // Nothing happens from here on but that time goes by, and the streams stay open: they end only after a minute.
    for page in &mut pages {
        until(page, "data: 1\n\n").await;
    }
    drop(pages);
    replica.stop().await;
}

pub(crate) async fn streams_are_for_approvers(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    for (number, role) in [(1, AccountRole::PolicyAuthor), (2, AccountRole::Auditor)] {
        let cookie = cookie(&world, number, role, Some("frank")).await;
        assert_eq!(listen(&replica, &cookie).await.status(), 403, "{role}");
    }
    assert_eq!(listen(&replica, "countersign=none").await.status(), 303);

    // An account that was switched off is told nothing more, though its stream is open.
    let frank = cookie(&world, 3, AccountRole::Approver, Some("frank")).await;
    let mut page = listen(&replica, &frank).await;
    until(&mut page, "data: 0\n\n").await;
    let account = world.store.account_by_login("account-3").await.expect("reads").expect("is there");
    world.store.set_account_active(&account.id, false, &operator(), now()).await.expect("off");
    filed(&world, &replica).await;
    let rest = tokio::time::timeout(PATIENCE, async {
        let mut heard = String::new();
        while let Some(chunk) = page.chunk().await.expect("ends") {
            heard.push_str(std::str::from_utf8(&chunk).expect("text"));
        }
        heard
    });
    let rest = rest.await.expect("the stream ends");
    assert!(!rest.contains("data:"), "{rest}");

    // Nor is whoever signed out.
    let frank = cookie(&world, 4, AccountRole::Approver, Some("frank")).await;
    let mut page = listen(&replica, &frank).await;
    until(&mut page, "data: 1\n\n").await;
    assert!(world.store.delete_session(&session_digest(&4_u128.to_le_bytes())).await.expect("ends"));
    let looked = world.crm(&replica).call(world.secret("CAROL_KEY"), "refund", refund("c-43")).await;
    assert_eq!(looked.reason(), "approval_required");
    let rest = tokio::time::timeout(PATIENCE, async { page.text().await.expect("ends") });
    let rest = rest.await.expect("the stream ends");
    assert!(!rest.contains("data:"), "{rest}");
    replica.stop().await;
}

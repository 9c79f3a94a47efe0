//! What stands beside a call on the page of its request: the task and its purpose, what the caller did today,
//! and what differs from the last time.

use crate::inbox::helpers::{HOUR, asked, cookie, decide, demo_with_frank, filed, newest, page, refund};
use crate::inbox::html::{card, rows, text};
use policy::labels::OpenedBy;
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::pep::{Told, call_body};
use tests::world::TaskTerms;
use tests::{Backend, Pep, Replica, World};

async fn under(world: &World, crm: &Pep, task: &str, tool: &str, arguments: Value) -> Told {
    let mut body = call_body(world.secret("CAROL_KEY"), tool, arguments);
    body["context"]["task"] = json!(task);
    crm.ask(&body).await
}

pub(crate) async fn a_request_shows_the_task_and_its_purpose(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let purpose = "Settle <b>every</b> claim\u{202E} of c-42";
    let opened_by = OpenedBy::Agent;
    let terms = TaskTerms { purpose, tools: &["crm/*"], budget: 5, opened_by, ..TaskTerms::default() };
    let task = world.open_task("carol", terms).await;
    let looked = under(&world, &crm, &task, "get_customer", json!({ "customer_id": "c-42" })).await;
    assert!(looked.allowed(), "{}", looked.body);
    let waits = under(&world, &crm, &task, "refund", refund("c-42")).await;
    assert_eq!(waits.reason(), "approval_required");
    let id = newest(&world).await.id;

    let seen = page(&replica, &frank, &id).await;
    let shown = card(&seen, "Task").expect("a card");
    let words = text(shown);
    assert!(words.starts_with("Opened by an agent for itself; 1 of 5 calls used."), "{words}");
    assert!(words.contains("Settle <b>every</b> claim U+202E of c-42"), "{words}");
    assert!(!shown.contains("<b>") && !shown.contains('\u{202E}'), "{shown}");

    // The same call under none is another request, and shows none.
    let without = filed(&world, &replica).await;
    assert_ne!(without, id);
    assert_eq!(card(&page(&replica, &frank, &without).await, "Task"), None);
    replica.stop().await;
}

/// What the caller did today, as the page tells it: the outcome and the tool, the newest first.
fn today(page: &str) -> Vec<String> {
    let card = card(page, "What this caller did today").expect("a card");
    // When it was is another word from one second to the next.
    let what = |line: &str| line.split_once("<time").map_or_else(|| text(line), |(what, _)| text(what));
    card.split("<li>").skip(1).map(what).collect()
}

pub(crate) async fn a_request_shows_what_else_its_caller_did_today(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let carol = world.secret("CAROL_KEY");
    let look = async |customer: &str| {
        let told = crm.call(carol, "get_customer", json!({ "customer_id": customer })).await;
        assert!(told.allowed(), "{}", told.body);
    };
    let id = filed(&world, &replica).await;
    // The call that asks is no other one.
    let page_of = async || page(&replica, &frank, &id).await;
    let before = page_of().await;
    assert_eq!(today(&before), Vec::<String>::new());
    assert!(before.contains("Nothing else in the last 24 hours."), "{before}");

    // Theirs of yesterday, and somebody else's of today, are not among them.
    let found = crm.call(carol, "search_customers", json!({ "query": "ada" })).await;
    assert!(found.allowed(), "{}", found.body);
    let yesterday = format!("UPDATE decisions SET at = at - {} WHERE tool = 'search_customers'", 25 * HOUR);
    world.database.by_hand(&yesterday).await;
    let bob = crm.call(world.secret("BOB_KEY"), "get_customer", json!({ "customer_id": "c-9" })).await;
    assert!(bob.allowed(), "{}", bob.body);
    look("c-1").await;
    let export = crm.call(carol, "export_customers", json!({ "format": "csv" })).await;
    assert!(!export.allowed(), "{}", export.body);
    let other = crm.call(carol, "refund", refund("c-43")).await;
    assert_eq!(other.reason(), "approval_required");
    let expected =
        ["Waiting for approval crm refund", "Denied crm export_customers", "Allowed crm get_customer"];
    let seen = page_of().await;
    assert_eq!(today(&seen), expected);
    assert!(!seen.contains("There were more."), "{seen}");
    // An approver reads no decisions; an owner does.
    assert!(!seen.contains("/decisions/"), "{seen}");
    let owner = cookie(&world, 2, AccountRole::Owner, None).await;
    let export = export.decision_id.expect("an id");
    let owners = page(&replica, &owner, &id).await;
    let card = card(&owners, "What this caller did today").expect("a card");
    assert!(card.contains(&format!("href=\"/decisions/{export}\"")), "{card}");

    for customer in ["c-2", "c-3", "c-4"] {
        look(customer).await;
    }
    let seen = page_of().await;
    let newest = ["Allowed crm get_customer"; 3].into_iter().chain(expected.into_iter().take(2));
    assert_eq!(today(&seen), newest.collect::<Vec<_>>());
    assert!(seen.contains("There were more."), "{seen}");
    replica.stop().await;
}

/// The arguments as the page shows them, and which are marked.
fn arguments(page: &str) -> Vec<(String, bool)> {
    let of = |row: &&str| (text(&format!("<tr{row}")), row.contains("arg-changed"));
    rows(page, "Arguments of the call").iter().map(of).collect()
}

fn lines(expected: &[(&str, bool)]) -> Vec<(String, bool)> {
    expected.iter().map(|(words, marked)| ((*words).to_owned(), *marked)).collect()
}

/// Carol's refund with these arguments waits, is approved, and passes.
async fn passes(world: &World, replica: &Replica, frank: &str, arguments: &Value) {
    let id = asked(world, replica, "CAROL_KEY", "refund", arguments.clone()).await;
    decide(replica, frank, &id, "approve").await;
    let told = world.crm(replica).call(world.secret("CAROL_KEY"), "refund", arguments.clone()).await;
    assert!(told.allowed(), "{}", told.body);
}

pub(crate) async fn what_differs_from_the_last_time_is_marked(backend: Backend) {
    let world = demo_with_frank(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let asks = async |arguments: Value| asked(&world, &replica, "CAROL_KEY", "refund", arguments).await;

    // The first time there is nothing to hold it against.
    let first = filed(&world, &replica).await;
    let seen = page(&replica, &frank, &first).await;
    let unmarked = [
        ("/amount 900 integer", false),
        ("/currency EUR string", false),
        ("/customer_id c-42 string", false),
    ];
    assert_eq!(arguments(&seen), lines(&unmarked));
    assert!(!seen.contains("last call that was allowed"), "{seen}");

    let mut last = refund("c-42");
    last["amount"] = json!(910);
    passes(&world, &replica, &frank, &last).await;
    // What was denied since, and what somebody else was allowed, is not the last time.
    let mut beyond = refund("c-66");
    beyond["amount"] = json!(6000);
    assert!(!crm.call(world.secret("CAROL_KEY"), "refund", beyond).await.allowed());
    let mut others = refund("c-77");
    others["amount"] = json!(50);
    assert!(crm.call(world.secret("ALICE_KEY"), "refund", others).await.allowed());

    let mut now = refund("c-42");
    now["amount"] = json!(950);
    now["reason"] = json!("it broke <b>twice</b>\u{202E}");
    let id = asks(now.clone()).await;
    let seen = page(&replica, &frank, &id).await;
    let expected = [
        ("/amount 950 was 910 integer", true),
        ("/currency EUR string", false),
        ("/customer_id c-42 string", false),
        ("/reason it broke <b>twice</b> U+202E not sent before string", true),
    ];
    assert_eq!(arguments(&seen), lines(&expected));
    let shown = card(&seen, "Arguments").expect("a card");
    assert_eq!(shown.matches("<mark").count(), 2, "{shown}");
    assert!(!shown.contains("<b>twice") && !shown.contains('\u{202E}'), "{shown}");
    let words = text(shown);
    assert!(words.contains("2 values differ from this caller's last call that was allowed,"), "{words}");

    // What was sent the last time and is not any more is marked as well.
    decide(&replica, &frank, &id, "approve").await;
    assert!(crm.call(world.secret("CAROL_KEY"), "refund", now.clone()).await.allowed());
    let id = asks(last.clone()).await;
    let seen = page(&replica, &frank, &id).await;
    let expected = [
        ("/amount 910 was 950 integer", true),
        ("/currency EUR string", false),
        ("/customer_id c-42 string", false),
        ("/reason not sent was it broke <b>twice</b> U+202E", true),
    ];
    assert_eq!(arguments(&seen), lines(&expected));

    // And where nothing differs, nothing is.
    decide(&replica, &frank, &id, "approve").await;
    assert!(crm.call(world.secret("CAROL_KEY"), "refund", last.clone()).await.allowed());
    let id = asks(last).await;
    let seen = page(&replica, &frank, &id).await;
    assert!(arguments(&seen).iter().all(|(_, marked)| !marked), "{seen}");
    let words = text(card(&seen, "Arguments").expect("a card"));
    assert!(words.contains("Nothing differs from this caller's last call that was allowed,"), "{words}");
    replica.stop().await;
}

//! How a call that asked for approval ended, as whoever asked is told, with nothing of the policy; and what those
//! who approved it are told of an answer that may be lost.

use crate::approvals::keeping::delivered;
use crate::inbox::helpers::{asked, cookie, decide, demo_with_frank, get, page, refund};
use crate::inbox::html::{seen, text};
use policy::{ApprovalId, SubjectId};
use serde_json::{Value, json};
use store::accounts::AccountRole;
use tests::world::operator;
use tests::{Backend, Replica, World};

const GIVE_BACK: &str = "Give the use back";
const NOT_ALONE: &str = "You cannot give its use back, since the rules ask for more than your word";

const FAY: &str = "subjects: [{ id: fay, kind: user, memberships: [{ tenant: acme, roles: [finance] }] }]";

/// Looking up a customer asks so many of finance.
async fn ask_for_looks(world: &World, quorum: u32) {
    let rule = format!(
        "rules: [{{ name: look twice, tenant: acme, effect: require_approval, tools: [crm/get_customer],
        approval: {{ approvers: [finance], quorum: {quorum} }} }}]"
    );
    world.apply(&rule).await;
}

/// The terms of the requester's page, and all of its words. Nothing of the policy comes along with it.
async fn told(replica: &Replica, cookie: &str, id: &ApprovalId) -> (Vec<String>, String) {
    let page = get(replica, cookie, &format!("/requests/{id}")).await;
    assert_eq!(page.status(), 200);
    let whole = page.text().await.expect("text");
    for policy in ["refunds by finance", "look twice", "what the rules ask for"] {
        assert!(!whole.contains(policy), "{policy}: {whole}");
    }
    let shown = seen(&whole);
    let (_, main) = shown.split_once("<main").expect("a main part");
    let (main, _) = main.split_once("</main>").expect("the main part ends");
    let words = text(&format!("<main{main}"));
    for policy in ["finance", "quorum", "rule"] {
        assert!(!words.contains(policy), "{policy}: {words}");
    }
    let term = |rest: &str| {
        let (term, _) = rest.split_once("</dt>").expect("the term ends");
        text(&format!("<dt{term}"))
    };
    (main.split("<dt").skip(1).map(term).collect(), words)
}

/// Its time is over.
async fn ends(world: &World, column: &str, id: &ApprovalId) {
    let over = format!("UPDATE approvals SET {column} = 1, look_until = 1 WHERE id = '{id}'");
    world.database.by_hand(&over).await;
}

/// Carol's call passes by its approval; as it would stand had the process ended before the answer left.
async fn passes_and_is_lost(world: &World, replica: &Replica, id: &ApprovalId, tool: &str, arguments: Value) {
    let passed = world.crm(replica).call(world.secret("CAROL_KEY"), tool, arguments).await;
    assert!(passed.allowed(), "{}", passed.body);
    // That it left is noted beside the call: only from then on it can be taken away for good.
    delivered(world, id).await;
    let lost = format!("UPDATE approval_calls SET delivered_at = NULL WHERE approval = '{id}'");
    world.database.by_hand(&lost).await;
}

pub(crate) async fn whoever_asked_is_told_how_it_ended(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(FAY).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let carol = cookie(&world, 2, AccountRole::Approver, Some("carol")).await;
    let asks = async |customer: &str| asked(&world, &replica, "CAROL_KEY", "refund", refund(customer)).await;

    let undecided = asks("c-1").await;
    ends(&world, "expires_at", &undecided).await;
    let approved = asks("c-2").await;
    decide(&replica, &frank, &approved, "approve").await;
    ends(&world, "valid_until", &approved).await;
    // By the clock first, then as it is written down.
    for written in [false, true] {
        if written {
            world.approvals().expire().await.expect("ends");
        }
        let (terms, words) = told(&replica, &carol, &undecided).await;
        assert_eq!(terms, ["Call", "For", "Asked", "Ended"]);
        assert!(words.contains("It was not decided in time. Repeat the call to ask again."), "{words}");
        let (terms, words) = told(&replica, &carol, &approved).await;
        assert_eq!(terms, ["Call", "For", "Asked", "Decided"]);
        assert!(words.contains("It was approved, and the approval is over"), "{words}");
        assert!(words.contains("by frank"), "{words}");
    }

    // So is one whose votes are not enough any more.
    let customer = json!({ "customer_id": "c-9" });
    ask_for_looks(&world, 1).await;
    let replaced = asked(&world, &replica, "CAROL_KEY", "get_customer", customer.clone()).await;
    decide(&replica, &frank, &replaced, "approve").await;
    ask_for_looks(&world, 2).await;
    assert_ne!(asked(&world, &replica, "CAROL_KEY", "get_customer", customer).await, replaced);
    let (terms, words) = told(&replica, &carol, &replaced).await;
    assert_eq!(terms, ["Call", "For", "Asked", "Decided"]);
    assert!(words.contains("It was approved, and the approval is over"), "{words}");

    // Taken back, before and after it was approved.
    for (customer, decided) in [("c-3", false), ("c-4", true)] {
        let id = asks(customer).await;
        if decided {
            decide(&replica, &frank, &id, "approve").await;
        }
        let person = SubjectId::from("carol");
        world.approvals().cancel(&person, operator(), &id).await.expect("is taken back");
        let (terms, words) = told(&replica, &carol, &id).await;
        assert_eq!(terms, ["Call", "For", "Asked", "Cancelled"]);
        assert!(words.contains("It was cancelled. Repeat the call to ask again."), "{words}");
        assert!(words.contains("by carol"), "{words}");
    }
    replica.stop().await;
}

pub(crate) async fn an_answer_that_may_be_lost_is_told_to_both_sides(backend: Backend) {
    let world = demo_with_frank(backend).await;
    world.apply(FAY).await;
    ask_for_looks(&world, 2).await;
    let replica = world.replica().await;
    let frank = cookie(&world, 1, AccountRole::Approver, Some("frank")).await;
    let carol = cookie(&world, 2, AccountRole::Approver, Some("carol")).await;
    let fay = cookie(&world, 3, AccountRole::Approver, Some("fay")).await;

    // One person's word is enough.
    let one = asked(&world, &replica, "CAROL_KEY", "refund", refund("c-1")).await;
    decide(&replica, &frank, &one, "approve").await;
    passes_and_is_lost(&world, &replica, &one, "refund", refund("c-1")).await;
    let shown = page(&replica, &frank, &one).await;
    assert!(shown.contains(GIVE_BACK) && !shown.contains(NOT_ALONE), "{shown}");

    // It takes two.
    let customer = json!({ "customer_id": "c-9" });
    let two = asked(&world, &replica, "CAROL_KEY", "get_customer", customer.clone()).await;
    decide(&replica, &frank, &two, "approve").await;
    decide(&replica, &fay, &two, "approve").await;
    passes_and_is_lost(&world, &replica, &two, "get_customer", customer).await;
    for cookie in [&frank, &fay] {
        let shown = page(&replica, cookie, &two).await;
        assert!(shown.contains(NOT_ALONE) && !shown.contains(GIVE_BACK), "{shown}");
    }

    // Whoever asked learns what to do, and not how many were asked.
    for id in [&one, &two] {
        let (terms, words) = told(&replica, &carol, id).await;
        assert_eq!(terms, ["Call", "For", "Asked", "Decided"]);
        assert!(words.contains("it is not known whether its answer arrived"), "{words}");
        assert!(words.contains("with the same Idempotency-Key, or ask an approver"), "{words}");
    }
    world.database.by_hand("UPDATE approval_calls SET delivered_at = at").await;
    let (_, words) = told(&replica, &carol, &one).await;
    assert!(words.contains("The call has passed. Another one asks anew."), "{words}");
    let shown = page(&replica, &frank, &two).await;
    assert!(!shown.contains(NOT_ALONE) && !shown.contains(GIVE_BACK), "{shown}");
    replica.stop().await;
}

//! `context.approval`: an approval that comes along with a call is for this very call, or the call is denied.

use crate::arap::helpers::{House, Pep};
use policy::labels::Verdict;
use serde_json::{Value, json};
use tests::Backend;

/// The approval of a call that frank approved, as the task gives it out.
async fn approved(house: &House, pep: &Pep, question: &Value) -> Value {
    let id = pep.file(question).await;
    house.decide(&id, Verdict::Approve).await;
    pep.poll(&id).await.body["result"]["approval"].clone()
}

fn showing(question: &Value, approval: &Value) -> Value {
    let mut question = question.clone();
    question["context"]["approval"] = approval.clone();
    question
}

/// What is said of the approval, and what helps.
async fn told(pep: &Pep, question: &Value) -> (String, String) {
    let told = pep.evaluate(question).await;
    assert_eq!(told.body["decision"], json!(false), "{told:?}");
    let next = told.body["context"]["next_action"].as_str().unwrap_or_default();
    (told.reason().to_owned(), next.to_owned())
}

fn says(reason: &str, next_action: &str) -> (String, String) {
    (reason.to_owned(), next_action.to_owned())
}

pub(crate) async fn an_approval_that_is_shown_is_for_its_call_alone(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let approval = approved(&house, &pep, &question).await;

    // Another amount, another tool that needs no approval, another key: denied, and nothing is used or filed.
    let filed = house.filed().await;
    let other_amount = showing(&house.refund(901), &approval);
    let customer = json!({"customer_id": "c-43"});
    let reading = tests::pep::call_body(house.world.secret("CAROL_KEY"), "get_customer", customer);
    assert_eq!(pep.evaluate(&reading).await.body, json!({"decision": true}));
    for question in [&other_amount, &showing(&reading, &approval)] {
        assert_eq!(told(&pep, question).await, says("out_of_scope", "request"));
    }
    let other = house.other(&replica);
    assert_eq!(told(&other, &showing(&question, &approval)).await, says("out_of_scope", "request"));
    // Another caller, whose own call would be allowed.
    let arguments = json!({"customer_id": "c-43", "amount": 80, "currency": "USD"});
    let alice = tests::pep::call_body(house.world.secret("ALICE_KEY"), "refund", arguments);
    assert_eq!(told(&pep, &showing(&alice, &approval)).await, says("out_of_scope", "request"));
    assert_eq!(house.filed().await, filed);

    // The call itself passes once, with it as without it.
    let shown = showing(&question, &approval);
    let allowed = pep.evaluate(&shown).await;
    assert_eq!(allowed.body, json!({"decision": true}), "{allowed:?}");
    let used_up = pep.evaluate(&shown).await;
    assert_eq!(used_up.reason(), "approval_expired", "{used_up:?}");
    let context = &used_up.body["context"];
    assert_eq!(
        (&context["next_action"], &context["cause"]),
        (&json!("request"), &json!("approval_required"))
    );
    assert!(context["access_request"]["binding_token"].is_string(), "{context}");
    replica.stop().await;
}

pub(crate) async fn forged_approvals_deny_and_file_nothing(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let denial = pep.evaluate(&question).await;
    let binding_token = denial.body["context"]["access_request"]["binding_token"].clone();
    let approval = approved(&house, &pep, &question).await;
    let state = approval["state"].as_str().expect("a text");
    let filed = house.filed().await;
    let (signed, signature) = state.rsplit_once('.').expect("three parts");
    let (head, payload) = signed.split_once('.').expect("three parts");
    for forged in [
        json!("a.b.c"),
        json!(format!("{signed}.")),
        json!(format!("{head}.{payload}A.{signature}")),
        json!(format!("eyJhbGciOiJub25lIn0.{payload}.")),
        // Signed by us, and no approval.
        binding_token,
    ] {
        let shown = json!({"id": approval["id"], "state": forged});
        assert_eq!(told(&pep, &showing(&question, &shown)).await, says("approval_unverifiable", "request"));
    }
    // The name of another request.
    let renamed = json!({"id": "019a6f0e-7b9b-7c41-9f5e-1f2e3d4c5b6a", "state": state});
    assert_eq!(told(&pep, &showing(&question, &renamed)).await, says("approval_unverifiable", "request"));
    // Even where no approval is needed; but what is denied before stays so for its own reason.
    let reading = tests::pep::call_body(
        house.world.secret("CAROL_KEY"),
        "get_customer",
        json!({"customer_id": "c-43"}),
    );
    assert_eq!(told(&pep, &showing(&reading, &renamed)).await, says("approval_unverifiable", "request"));
    let nobody = tests::pep::call_body("nobody", "refund", json!({"amount": 1}));
    assert_eq!(told(&pep, &showing(&nobody, &renamed)).await, says("policy_denied", "none"));
    for malformed in
        [json!("x"), json!({"id": "a"}), json!({"state": state}), json!({"id": 7, "state": state})]
    {
        assert_eq!(pep.evaluate(&showing(&question, &malformed)).await.status, 400, "{malformed}");
    }
    assert_eq!(house.filed().await, filed);
    // None of it used the approval up, and nothing of what was shown is in a record.
    assert_eq!(pep.evaluate(&question).await.body, json!({"decision": true}));
    let store = &house.world.store;
    let listed = store.list_decisions(&Default::default(), &Default::default()).await.expect("lists");
    assert!(listed.rows.len() > 5);
    for row in &listed.rows {
        let stored = store.get_decision(&row.id).await.expect("reads").expect("is there");
        assert!(!format!("{stored:?}").contains(signature), "{stored:?}");
    }
    replica.stop().await;
}

pub(crate) async fn a_good_approval_is_no_more_than_policy(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let approval = approved(&house, &pep, &question).await;
    let shown = showing(&question, &approval);
    let stop =
        "rules: [{name: stop refunds, tenant: acme, effect: deny, status: enforced, tools: [crm/refund]}]";
    house.world.apply(stop).await;
    let denied = pep.evaluate(&shown).await;
    let context = &denied.body["context"];
    assert_eq!(denied.reason(), "policy_denied", "{denied:?}");
    assert_eq!((&context["cause"], &context["next_action"]), (&json!("denied_by_rule"), &json!("none")));
    house.world.apply(&stop.replace("enforced", "disabled")).await;
    // Its time is over.
    let ended = server::clock::system()().saturating_add_micros(-1_000_000).micros();
    house.world.database.by_hand(&format!("UPDATE approvals SET valid_until = {ended}")).await;
    assert_eq!(told(&pep, &shown).await, says("approval_expired", "request"));
    replica.stop().await;
}

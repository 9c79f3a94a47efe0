//! Submitting, polling and withdrawing.

use crate::arap::helpers::{House, Pep, submission};
use policy::labels::Verdict;
use serde_json::{Value, json};
use tests::Backend;

pub(crate) async fn a_denial_is_submitted_polled_and_evaluated_again(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let base = format!("http://{}", replica.address());
    let question = house.refund(900);

    let denial = pep.evaluate(&question).await;
    assert_eq!(denial.reason(), "approval_required", "{denial:?}");
    let offered = &denial.body["context"]["access_request"];
    assert_eq!(offered["endpoint"], format!("{base}/access/v1/requests"));
    assert!(denial.body["context"]["evaluation_id"].is_string() && offered["expires_at"].is_string());
    assert!(denial.body["context"]["evaluated_at"].is_string());
    assert_eq!((&offered["requestable"], &offered["template"]), (&json!(true), &json!("exact_call")));
    // What a client may show to whoever called: the same words of every call, and a way on.
    let display = json!({
        "title": "Waiting for approval",
        "description": "A person has been asked to approve this exact call. Make the same call again once it is approved.",
    });
    assert_eq!(offered["display"], display);
    let told = denial.body.to_string();
    for secret in ["finance", "frank", "refunds by"] {
        assert!(!told.contains(secret), "{told}");
    }

    let submitted = pep.submit(&submission(&question, &denial.body)).await;
    assert_eq!((submitted.status, submitted.task()), (202, "pending"), "{submitted:?}");
    let task = &submitted.body["task"];
    assert_eq!(submitted.location.as_deref(), task["status_endpoint"].as_str());
    assert!(submitted.retry_after.is_some());
    assert!(task["links"].get("review").is_none() && task["links"]["cancel"].is_string(), "{task}");
    let id = task["id"].as_str().expect("an id");
    assert_eq!(offered["form_url"], format!("{base}/requests/{id}"));
    let polled = pep.poll(id).await;
    assert_eq!((polled.status, polled.task()), (200, "pending"), "{polled:?}");
    assert!(polled.body.get("result").is_none());
    // Repeated too early, the same is offered again, and nothing new is filed.
    let again = pep.evaluate(&question).await;
    assert_eq!(again.reason(), "approval_pending", "{again:?}");
    let offered_again = &again.body["context"]["access_request"];
    for member in ["endpoint", "form_url", "template", "display"] {
        assert_eq!(offered_again[member], offered[member], "{member}");
    }
    assert_eq!(house.filed().await, 1);

    house.decide(id, Verdict::Approve).await;
    let polled = pep.poll(id).await;
    assert_eq!((polled.task(), polled.retry_after), ("approved", None), "{polled:?}");
    assert_eq!(polled.body["result"]["mode"], "reevaluate");
    let approval = &polled.body["result"]["approval"];
    assert!(approval["state"].is_string() && approval["approved_until"].is_string(), "{approval}");
    assert!(polled.body["task"]["links"].get("cancel").is_none());
    // It passes once; polled later, it was approved all the same, and nothing is left of it.
    assert_eq!(pep.evaluate(&question).await.body, json!({"decision": true}));
    let polled = pep.poll(id).await;
    assert_eq!(polled.task(), "approved");
    assert!(polled.body["result"]["approval"].get("state").is_none(), "{polled:?}");
    assert_eq!(pep.evaluate(&question).await.reason(), "approval_required");
    replica.stop().await;
}

pub(crate) async fn the_same_call_is_the_same_task(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let (question, other) = (house.refund(900), house.refund(901));
    let denial = pep.evaluate(&question).await;
    let filed = submission(&question, &denial.body);
    let first = pep.post_as("/access/v1/requests", &filed, Some("key-1")).await;
    assert_eq!(first.status, 202, "{first:?}");
    for idempotency in [Some("key-1"), Some("key-2"), None] {
        let again = pep.post_as("/access/v1/requests", &filed, idempotency).await;
        assert_eq!((again.status, &again.body["task"]["id"]), (202, &first.body["task"]["id"]), "{again:?}");
    }
    // The arguments stood elsewhere, and the token where the draft had it before.
    let mut elsewhere = question.clone();
    let arguments = elsewhere["resource"]["properties"]["arguments"].take();
    elsewhere["resource"].as_object_mut().expect("an object").remove("properties");
    elsewhere["context"]["arguments"] = arguments;
    elsewhere["context"]["justification"] = json!("a customer waits");
    elsewhere["denial"] = json!({"access_request": denial.body["context"]["access_request"]});
    assert_eq!(pep.submit(&elsewhere).await.body["task"]["id"], first.body["task"]["id"]);

    let other_denial = pep.evaluate(&other).await;
    let other = submission(&other, &other_denial.body);
    let refused = pep.post_as("/access/v1/requests", &other, Some("key-1")).await;
    assert_eq!(refused.problem(), (409, "duplicate_request"));
    let taken = pep.post_as("/access/v1/requests", &other, Some("key-3")).await;
    assert_ne!(taken.body["task"]["id"], first.body["task"]["id"]);
    assert_eq!(house.filed().await, 2);

    // Decided, the same submission finds the answer.
    let id = first.body["task"]["id"].as_str().expect("an id");
    house.decide(id, Verdict::Deny).await;
    let decided = pep.submit(&filed).await;
    assert_eq!((decided.status, decided.task()), (201, "denied"), "{decided:?}");
    assert!(!decided.body.to_string().contains("not this month"), "a reason is for those who may look");
    assert_eq!(pep.evaluate(&question).await.reason(), "approval_denied");
    replica.stop().await;
}

pub(crate) async fn a_task_is_there_for_its_own_key_alone(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let (pep, other) = (house.pep(&replica), house.other(&replica));
    let question = house.refund(900);
    let denial = pep.evaluate(&question).await;
    let filed = submission(&question, &denial.body);
    let id = pep.submit(&filed).await.body["task"]["id"].as_str().expect("an id").to_owned();

    let cancel = format!("/access/v1/requests/{id}/cancel");
    for told in [other.poll(&id).await, other.press(&cancel).await, other.submit(&filed).await] {
        assert_eq!(told.problem(), (404, "unknown_task"), "{told:?}");
    }
    // A request of its own is another one.
    assert_eq!(other.evaluate(&question).await.reason(), "approval_required");
    assert_eq!(house.filed().await, 2);
    let unknown = "019a6f0e-7b9b-7c41-9f5e-1f2e3d4c5b6a";
    for path in [unknown, "nothing", "a%00b", "a%2fb", &"x".repeat(300)] {
        assert_eq!(pep.poll(path).await.problem(), (404, "unknown_task"), "{path}");
    }
    // Whoever has no key learns nothing else.
    for key in ["", "nonsense"] {
        let stranger = Pep::new(replica.address(), key);
        for told in [
            stranger.poll(&id).await,
            stranger.poll("nothing").await,
            stranger.press(&cancel).await,
            stranger.submit(&filed).await,
            stranger.submit(&json!([])).await,
            stranger.get(&format!("/access/v1/requests/{id}?wait=soon")).await,
        ] {
            assert_eq!(told.problem(), (401, "blank"), "{key:?}: {told:?}");
        }
    }
    assert_eq!(pep.poll(&id).await.task(), "pending");
    replica.stop().await;
}

pub(crate) async fn a_request_is_withdrawn_once(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let id = pep.file(&question).await;
    let cancel = format!("/access/v1/requests/{id}/cancel");
    for bad in [json!([]), json!({"reason": 7}), json!({"comment": "x".repeat(1_001)})] {
        assert_eq!(pep.post(&cancel, &bad).await.status, 400, "{bad}");
    }
    assert_eq!(pep.get(&cancel).await.status, 405);
    assert_eq!(pep.poll(&id).await.task(), "pending");
    let told = pep.post(&cancel, &json!({"reason": "no_longer_needed"})).await;
    assert_eq!((told.status, told.task()), (200, "cancelled"), "{told:?}");
    assert_eq!(pep.press(&cancel).await.problem(), (409, "invalid_task_state"));
    assert_eq!(pep.poll(&id).await.task(), "cancelled");
    // The call asks anew; what is decided is not withdrawn either.
    let id = pep.file(&question).await;
    house.decide(&id, Verdict::Deny).await;
    let told = pep.press(&format!("/access/v1/requests/{id}/cancel")).await;
    assert_eq!(told.problem(), (409, "invalid_task_state"));
    replica.stop().await;
}

pub(crate) async fn a_request_whose_time_is_over(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let denial = pep.evaluate(&question).await;
    let filed = submission(&question, &denial.body);
    let id = pep.submit(&filed).await.body["task"]["id"].as_str().expect("an id").to_owned();
    let cancel = format!("/access/v1/requests/{id}/cancel");
    let ended = |minutes: i64| {
        let at = server::clock::system()().saturating_add_micros(-minutes * 60_000_000).micros();
        format!("UPDATE approvals SET expires_at = {at}")
    };
    house.world.database.by_hand(&ended(1)).await;
    assert_eq!(pep.poll(&id).await.task(), "expired");
    assert_eq!(pep.press(&cancel).await.problem(), (410, "task_expired"));
    house.world.database.by_hand(&ended(61)).await;
    assert_eq!(pep.poll(&id).await.problem(), (410, "task_expired"));
    assert_eq!(pep.press(&cancel).await.problem(), (410, "task_expired"));
    assert_eq!(pep.submit(&filed).await.problem(), (410, "expired_denial"));
    replica.stop().await;
}

pub(crate) async fn hostile_submissions_are_refused(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    let denial = pep.evaluate(&question).await;
    let good = submission(&question, &denial.body);
    let token = good["denial"]["binding_token"].as_str().expect("a token").to_owned();
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).expect("there") = value;
        body
    };
    let (head, rest) = token.split_once('.').expect("three parts");
    for forged in [
        String::new(),
        "a.b.c".to_owned(),
        format!("{head}."),
        format!("{token}x"),
        format!("x{rest}"),
        token.replacen('.', "..", 1),
        "x".repeat(100_000),
    ] {
        let told = pep.submit(&with("/denial/binding_token", json!(forged))).await;
        assert_eq!(told.problem(), (400, "invalid_denial_binding"), "{}", forged.len());
    }
    // Good, and of another call.
    for body in [
        with("/resource/properties/arguments/amount", json!(901)),
        with("/resource/id", json!("delete_customer")),
        with("/action/name", json!("tools/list")),
        with("/subject/id", json!("carol")),
    ] {
        assert_eq!(pep.submit(&body).await.problem(), (400, "invalid_denial_binding"), "{body}");
    }
    for (body, problem) in [
        (with("/denial", json!({})), (400, "invalid_denial_binding")),
        (with("/denial", json!("yes")), (400, "blank")),
        (with("/denial/decision", json!({"decision": true})), (400, "not_requestable")),
        (with("/resource/properties", json!([])), (400, "blank")),
        (json!([]), (400, "blank")),
        (json!("x"), (400, "blank")),
    ] {
        assert_eq!(pep.submit(&body).await.problem(), problem, "{body}");
    }
    let mut several = good.clone();
    several["items"] = json!([{"resource": {}, "action": {}}]);
    assert_eq!(pep.submit(&several).await.problem(), (400, "not_requestable"));
    for idempotency in ["", "a b", &"x".repeat(201)] {
        let told = pep.post_as("/access/v1/requests", &good, Some(idempotency)).await;
        assert_eq!(told.problem(), (400, "blank"), "{idempotency:?}");
        let told = pep.post_as("/access/v1/evaluation", &question, Some(idempotency)).await;
        assert_eq!(told.status, 400, "{idempotency:?}");
    }
    assert_eq!(pep.get("/access/v1/requests").await.status, 405);
    assert_eq!(pep.submit(&good).await.status, 202, "it was good all along");
    assert_eq!(house.filed().await, 1);
    replica.stop().await;
}

pub(crate) async fn nothing_is_offered_where_nothing_was_filed(backend: Backend) {
    let house = House::open(backend).await;
    let replica = house.world.replica().await;
    let pep = house.pep(&replica);
    let question = house.refund(900);
    // An item of a batch files nothing.
    let batch = json!({"evaluations": [question, question]});
    let told = pep.post("/access/v1/evaluations", &batch).await;
    for item in told.body["evaluations"].as_array().expect("two items") {
        assert_eq!(item["context"]["reason"], "approval_required", "{item}");
        assert!(item["context"].get("access_request").is_none(), "{item}");
    }
    assert_eq!(house.filed().await, 0);
    // A denial that nobody may lift.
    let denied = call(&house, "delete_customer", json!({"customer_id": "c-43"}));
    let told = pep.evaluate(&denied).await;
    assert_eq!(told.reason(), "denied_by_rule");
    assert!(told.body["context"].get("access_request").is_none());
    // Who is told yes or no is told no more; the request is filed, and the repeat finds the approval.
    let minimal =
        "{name: crm-pep, server: crm, trust: verify_token, responses: minimal, secret_env: CRM_PEP_KEY}";
    house.world.apply(&format!("credentials: [{minimal}]")).await;
    assert_eq!(pep.evaluate(&question).await.body, json!({"decision": false}));
    assert_eq!(house.filed().await, 1);
    replica.stop().await;
}

pub(crate) async fn an_answer_that_was_lost_is_had_again_by_its_key(backend: Backend) {
    let house = House::open(backend).await;
    let one = house.world.replica().await;
    let two = house.world.twin(&one).await;
    let (here, there) = (house.pep(&one), house.pep(&two));
    let question = house.refund(900);
    let id = here.file(&question).await;
    house.decide(&id, Verdict::Approve).await;
    let path = "/access/v1/evaluation";
    let first = here.post_as(path, &question, Some("key-1")).await;
    assert_eq!(first.body, json!({"decision": true}), "{first:?}");
    for pep in [&here, &there] {
        let again = pep.post_as(path, &question, Some("key-1")).await;
        assert_eq!((again.body, again.decision), (json!({"decision": true}), first.decision.clone()));
    }
    // Only to this key, for this call, and to whoever asked.
    let other = house.other(&one).post_as(path, &question, Some("key-1")).await;
    assert_eq!(other.reason(), "approval_required", "{other:?}");
    let other = here.post_as(path, &house.refund(901), Some("key-1")).await;
    assert_eq!(other.reason(), "approval_required", "{other:?}");
    for idempotency in [Some("key-2"), None] {
        let other = here.post_as(path, &question, idempotency).await;
        assert_ne!(other.body["decision"], json!(true), "{idempotency:?}");
    }
    one.stop().await;
    two.stop().await;
}

fn call(house: &House, tool: &str, arguments: Value) -> Value {
    tests::pep::call_body(house.world.secret("CAROL_KEY"), tool, arguments)
}

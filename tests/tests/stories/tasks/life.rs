//! What becomes of a task, and what it covers.

use crate::tasks::helpers::{call_under, open, open_of, refund, refund_under, set};
use policy::labels::{OpenedBy, TaskState};
use serde_json::json;
use store::WriteError;
use store::administration::TaskError;
use tests::pep::call_body;
use tests::world::operator;
use tests::{Backend, World};

pub(crate) async fn the_next_call_reads_what_became_of_a_task(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    let bot = world.secret("REFUND_BOT_KEY");
    let reasons = async |task: &str, expected: &str| {
        for crm in &crms {
            assert_eq!(refund_under(crm, bot, task).await.reason(), expected, "{task}");
        }
    };
    let task = open(&world, 100, OpenedBy::Person).await;
    reasons(&task, "allowed").await;
    for (state, reason) in [
        (TaskState::Paused, "task_inactive"),
        (TaskState::Active, "allowed"),
        (TaskState::Completed, "task_inactive"),
    ] {
        set(&world, &task, state).await;
        reasons(&task, reason).await;
    }
    // What is over stays so.
    let mut writer = world.store.write(operator()).await.expect("a unit of work");
    let again = writer.set_task_state(&task.as_str().into(), TaskState::Active).await;
    assert!(matches!(again, Err(WriteError::Task(TaskError::Over(TaskState::Completed)))), "{again:?}");
    writer.rollback().await.expect("rolls back");

    let task = open(&world, 100, OpenedBy::Person).await;
    set(&world, &task, TaskState::Revoked).await;
    reasons(&task, "task_inactive").await;

    let task = open(&world, 100, OpenedBy::Person).await;
    reasons(&task, "allowed").await;
    world.database.by_hand("UPDATE tasks SET expires_at = 1 WHERE state = 'active'").await;
    reasons(&task, "task_inactive").await;
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn a_task_covers_what_it_is_for_and_nobody_else(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let (bot, alice) = (world.secret("REFUND_BOT_KEY"), world.secret("ALICE_KEY"));
    let task = open(&world, 100, OpenedBy::Platform).await;
    assert!(refund_under(&crm, bot, &task).await.allowed());
    assert!(call_under(&crm, bot, &task, "get_customer", json!({"customer_id": "c-42"})).await.allowed());
    let note = json!({"customer_id": "c-42", "text": "hello"});
    assert_eq!(call_under(&crm, bot, &task, "add_note", note.clone()).await.reason(), "task_out_of_scope");
    assert!(crm.call(bot, "add_note", note).await.allowed(), "without the task it is");
    // Another's task, and none at all, cannot be told apart.
    let others = refund_under(&crm, alice, &task).await;
    let none = refund_under(&crm, alice, "01900000-0000-7000-8000-000000000000").await;
    assert_eq!(others.reason(), "task_out_of_scope");
    assert_eq!(others.body, none.body);
    for odd in ["", "x", "'; DROP TABLE tasks; --", "\u{202e}", &"9".repeat(2_000)] {
        assert_eq!(refund_under(&crm, bot, odd).await.reason(), "task_out_of_scope", "{odd}");
    }
    for (odd, status) in [(json!(17), 400), (json!({"id": task}), 400), (json!(null), 200)] {
        let mut body = call_body(bot, "refund", refund());
        body["context"]["task"] = odd.clone();
        assert_eq!(crm.ask(&body).await.status, status, "{odd}");
    }
    // Methods of the server: the task must be active.
    let list = |token: &str| {
        json!({
            "subject": {"type": "agent", "id": "self"},
            "action": {"name": "tools/list"},
            "resource": {"type": "mcp_server", "id": "crm"},
            "context": {"access_token": token, "task": task},
        })
    };
    assert!(crm.ask(&list(bot)).await.allowed());
    set(&world, &task, TaskState::Paused).await;
    assert_eq!(crm.ask(&list(bot)).await.reason(), "task_inactive");
    replica.stop().await;
}

pub(crate) async fn a_tool_asks_for_a_task_and_rules_speak_about_it(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let bot = world.secret("REFUND_BOT_KEY");
    assert!(crm.call(bot, "refund", refund()).await.allowed());
    world
        .apply("servers: [{slug: crm, tools: [{name: refund, task: required}, {name: get_customer}]}]")
        .await;
    assert_eq!(crm.call(bot, "refund", refund()).await.reason(), "task_required");
    let task = open(&world, 100, OpenedBy::Agent).await;
    assert!(refund_under(&crm, bot, &task).await.allowed());
    world.database.by_hand("UPDATE tools SET task = 'optional' WHERE name = 'refund'").await;
    assert!(crm.call(bot, "refund", refund()).await.allowed(), "a change by hand is live as well");

    world
        .apply(
            "rules: [{name: only orders, tenant: acme, effect: deny, tools: [crm/refund], \
             when: \"!task.purpose.contains('order')\"}]",
        )
        .await;
    assert_eq!(crm.call(bot, "refund", refund()).await.reason(), "denied_by_rule", "without a task it bites");
    assert!(refund_under(&crm, bot, &task).await.allowed());
    let other = open_of(&world, "refund-bot", 5, OpenedBy::Person, "spring cleaning").await;
    assert_eq!(refund_under(&crm, bot, &other).await.reason(), "denied_by_rule");

    // What an agent wrote about itself allows nothing.
    world
        .apply(
            "rules: [{name: notes for orders, tenant: acme, effect: allow, tools: [crm/get_customer], \
             when: \"task.purpose.contains('order')\"}, {name: reading for every member, tenant: acme, \
             effect: allow, status: disabled, tools: [crm/get_customer]}]",
        )
        .await;
    let customer = json!({"customer_id": "c-42"});
    let platform = open(&world, 5, OpenedBy::Platform).await;
    assert!(call_under(&crm, bot, &platform, "get_customer", customer.clone()).await.allowed());
    let own = call_under(&crm, bot, &task, "get_customer", customer).await;
    assert_eq!(own.reason(), "condition_error");
    replica.stop().await;
}

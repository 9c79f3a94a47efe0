//! How requests came out, rule by rule: what the chart of the history and its advice are drawn from.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, decide, pending, read, waiting, world,
};
use policy::labels::{ApprovalState, Verdict};
use policy::{SubjectId, Timestamp};
use serde_json::json;
use store::approvals::{ApprovalFilter, MOST_RATED};
use tests::world::operator;
use tests::{Backend, World};

/// Of a rule its name, how many were approved, denied and neither, and how long that took.
type Rate = (String, i64, i64, i64, Option<i64>);

/// Whether there were more, and the rules by name.
async fn rates(world: &World, since: Timestamp) -> (bool, Vec<Rate>) {
    let found = world.store.approval_rates(&ApprovalFilter::default(), since).await.expect("reads");
    let mut rules: Vec<Rate> = found
        .rules
        .into_iter()
        .map(|rate| (rate.name, rate.approved, rate.denied, rate.other, rate.mean_seconds))
        .collect();
    rules.sort();
    (found.cut, rules)
}

pub(crate) async fn rates_are_of_what_is_over_rule_by_rule(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let bot = SubjectId::from("refund-bot");
    let started = server::clock::system()();
    for text in ["one", "two", "three"] {
        add_note(&world, &crm, text).await;
        approve(&world, &fay, &waiting(&world).await.id).await;
    }
    // A use is an approval still.
    assert!(add_note(&world, &crm, "one").await.allowed());
    add_note(&world, &crm, "four").await;
    decide(&world, &fay, &waiting(&world).await.id, Verdict::Deny).await.expect("is denied");
    add_note(&world, &crm, "five").await;
    approvals(&world).cancel(&bot, operator(), &waiting(&world).await.id).await.expect("is taken back");
    // What was approved counts as that, though no call passed by it.
    add_note(&world, &crm, "approved, and over").await;
    let lapsed = waiting(&world).await.id;
    approve(&world, &fay, &lapsed).await;
    add_note(&world, &crm, "approved, and taken back").await;
    let taken_back = waiting(&world).await.id;
    approve(&world, &fay, &taken_back).await;
    approvals(&world).cancel(&bot, operator(), &taken_back).await.expect("is taken back");
    add_note(&world, &crm, "never decided").await;
    let unanswered = waiting(&world).await.id;
    for (column, id) in [("valid_until", &lapsed), ("expires_at", &unanswered)] {
        let over = format!("UPDATE approvals SET {column} = 1, look_until = 1 WHERE id = '{id}'");
        world.database.by_hand(&over).await;
    }
    approvals(&world).expire().await.expect("ends");
    for id in [&lapsed, &unanswered] {
        assert_eq!(read(&world, id).await.state, ApprovalState::Expired);
    }
    let refund = json!({ "customer_id": "c-42", "amount": 900, "currency": "EUR" });
    let told = crm.call(world.secret("CAROL_KEY"), "refund", refund).await;
    assert_eq!(told.reason(), "approval_required");
    decide(&world, &fay, &waiting(&world).await.id, Verdict::Deny).await.expect("is denied");
    add_note(&world, &crm, "six").await;
    let waits = waiting(&world).await;
    replica.stop().await;
    let minute = "UPDATE approvals SET decided_at = filed_at + 60000000 WHERE decided_at IS NOT NULL";
    world.database.by_hand(minute).await;
    // When it was taken back is no time to decision.
    let late = format!("UPDATE approvals SET decided_at = filed_at + 3600000000 WHERE id = '{taken_back}'");
    world.database.by_hand(&late).await;
    let since = started.saturating_add_micros(-60_000_000);
    let notes = ("ask for notes".to_owned(), 5, 1, 2, Some(60));
    let refunds = ("refunds by finance".to_owned(), 0, 1, 0, Some(60));
    let expected: (bool, Vec<Rate>) = (false, vec![notes, refunds]);
    assert_eq!(rates(&world, since).await, expected);
    let later = server::clock::system()().saturating_add_micros(60_000_000);
    assert!(rates(&world, later).await.1.is_empty());

    // As many newer ones as are looked at wait, and push nothing out.
    let crowd = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MOST_RATED})
         INSERT INTO approvals (id, tenant, subject, credential, action, resource_type, resource_id, arguments_digest,
            call, binding, context, arguments, sealed, requirements, uses, used, hold_for, state, filed_at, filed_by,
            expires_at, attempts, last_attempt_at, look_until)
         SELECT 'f0000000-0000-7000-8000-000000' || CAST(100000 + n.i AS TEXT), a.tenant, a.subject, a.credential,
            a.action, a.resource_type, a.resource_id, a.arguments_digest, a.call,
            substr(a.binding, 1, 58) || CAST(100000 + n.i AS TEXT), a.context, a.arguments, a.sealed, a.requirements,
            a.uses, a.used, a.hold_for, a.state, a.filed_at, a.filed_by, a.expires_at, a.attempts, a.last_attempt_at,
            a.look_until
         FROM approvals AS a, n WHERE a.id = '{}'",
        waits.id
    );
    world.database.by_hand(&crowd).await;
    // So many as are listed at once.
    assert_eq!(pending(&world).await.len(), 100);
    assert_eq!(rates(&world, since).await, expected);

    // Once they are over they are the newest, and it says that there were more.
    world
        .database
        .by_hand("UPDATE approvals SET state = 'denied', decided_at = filed_at WHERE id LIKE 'f0000000-%'")
        .await;
    let denied = i64::try_from(MOST_RATED).expect("few");
    let expected: (bool, Vec<Rate>) = (true, vec![("ask for notes".to_owned(), 0, denied, 0, Some(0))]);
    assert_eq!(rates(&world, since).await, expected);
}

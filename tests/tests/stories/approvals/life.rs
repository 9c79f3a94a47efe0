//! From the first denial to the end of a request.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, decide, note, pending, read, waiting, world,
};
use pdp::RecordBody;
use pdp::approvals::ApprovalError;
use policy::decision::ApprovalPart;
use policy::labels::{ApprovalState, Verdict};
use policy::{DecisionId, SubjectId, TenantSlug};
use serde_json::json;
use std::collections::BTreeSet;
use store::Via;
use store::approvals::{ApprovalEventKind, FollowedApprovals};
use store::changes::{ChangeFilter, ChangePosition};
use tests::pep::{Told, call_body};
use tests::world::operator;
use tests::{Backend, World};

async fn part(world: &World, told: &Told) -> Option<ApprovalPart> {
    let id = DecisionId::new(told.decision_id.clone().expect("an id"));
    let recorded = world.store.get_decision(&id).await.expect("reads").expect("is there");
    let body: RecordBody = serde_json::from_str(&recorded.body).expect("a body");
    body.decision.approval.map(|approval| approval.part)
}

pub(crate) async fn a_call_waits_passes_once_and_asks_anew(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;

    let first = add_note(&world, &crm, "hello").await;
    assert_eq!(first.reason(), "approval_required", "{first:?}");
    assert_eq!(part(&world, &first).await, Some(ApprovalPart::Filed));
    let request = waiting(&world).await;
    assert_eq!(request.filed_by.as_str(), first.decision_id.as_deref().expect("an id"));
    assert_eq!((request.subject.as_str(), request.actor.as_ref()), ("refund-bot", None));
    assert_eq!(request.tool.as_deref(), Some("add_note"));
    for _ in 0..2 {
        let again = add_note(&world, &crm, "hello").await;
        assert_eq!(again.reason(), "approval_pending");
        assert_eq!(part(&world, &again).await, Some(ApprovalPart::Pending));
    }
    assert_eq!(waiting(&world).await.attempts, 3);
    assert_eq!(approvals(&world).inbox(&fay, 10).await.expect("lists").len(), 1);
    assert_eq!(approvals(&world).inbox_count(&fay).await.expect("counts"), 1);

    let approved = approve(&world, &fay, &request.id).await;
    assert_eq!((approved.state, approved.uses), (ApprovalState::Approved, 1));
    assert_eq!(approvals(&world).inbox_count(&fay).await.expect("counts"), 0);
    assert!(matches!(
        decide(&world, &fay, &request.id, Verdict::Deny).await,
        Err(ApprovalError::Over(ApprovalState::Approved))
    ));
    let used = add_note(&world, &crm, "hello").await;
    assert!(used.allowed(), "{used:?}");
    assert_eq!(part(&world, &used).await, Some(ApprovalPart::Used));
    let calls = world.store.list_approval_calls(&request.id).await.expect("lists");
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].decision.as_str(), used.decision_id.as_deref().expect("an id"));
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Used);

    let anew = add_note(&world, &crm, "hello").await;
    assert_eq!(anew.reason(), "approval_required");
    assert_ne!(waiting(&world).await.id, request.id);
    let events = world.store.list_events_of_approval(&request.id).await.expect("lists");
    let kinds: Vec<ApprovalEventKind> = events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [ApprovalEventKind::Requested, ApprovalEventKind::Approved, ApprovalEventKind::Used]);
    // What becomes visible late is seen, though it is not the newest.
    let marker = async || world.store.last_approval_event().await.expect("reads").expect("is there");
    let before = marker().await;
    assert_eq!(marker().await, before);
    let late = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT substr(id, 1, 35) || '!', at, approval, tenant, 'voted' FROM approval_events WHERE kind = 'approved'";
    // The first look tells of nothing, and each further one of what came since.
    let mut followed = FollowedApprovals::default();
    let mut moved = async || world.store.follow_approvals(&mut followed).await.expect("reads");
    for _ in 0..2 {
        assert_eq!(moved().await, BTreeSet::new());
    }
    world.database.by_hand(late).await;
    assert_ne!(marker().await, before);
    assert_eq!(moved().await, BTreeSet::from([TenantSlug::from("acme")]));
    assert_eq!(moved().await, BTreeSet::new());
    // Long after, and elsewhere: what lies further back than a minute by then, did not move.
    let elsewhere = "INSERT INTO approval_events (id, at, approval, tenant, kind)
        SELECT 'ffffffff-0000-7000-8000-000000000000', at, approval, 'globex', 'voted' FROM approval_events WHERE kind = 'approved'";
    world.database.by_hand(elsewhere).await;
    assert_eq!(moved().await, BTreeSet::from([TenantSlug::from("globex")]));
    assert_eq!(moved().await, BTreeSet::new());
    // What escalates is no event, and is seen when its time has come, once.
    let asks_since = async |micros: i64| {
        world.database.by_hand(&format!("UPDATE approval_asks SET since = {micros}")).await;
    };
    let now = || server::clock::system()().micros();
    let asked = waiting(&world).await.filed_at.micros();
    let before = marker().await;
    asks_since(now() + 3_600_000_000).await;
    assert_eq!(moved().await, BTreeSet::new());
    asks_since(asked + 1).await;
    assert_ne!(marker().await, before);
    assert_eq!(moved().await, BTreeSet::from([TenantSlug::from("acme")]));
    assert_eq!(moved().await, BTreeSet::new());
    // Decided, it asks nobody, and the look does not go back.
    asks_since(asked).await;
    assert_eq!(moved().await, BTreeSet::new());
    replica.stop().await;
}

pub(crate) async fn a_denial_stays_and_a_request_that_was_taken_back_does_not(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    add_note(&world, &crm, "one").await;
    let request = waiting(&world).await;
    let mut silent = crate::approvals::helpers::ballot(&world, &request.id, Verdict::Deny).await;
    silent.reason = Some("  ".to_owned());
    let told = approvals(&world).vote(&crate::approvals::helpers::by(&fay), &request.id, &silent).await;
    assert!(matches!(told, Err(ApprovalError::Reason)), "{told:?}");
    let denied = decide(&world, &fay, &request.id, Verdict::Deny).await.expect("is denied");
    assert_eq!(denied.reason.as_deref(), Some("not without a ticket"));
    for _ in 0..2 {
        assert_eq!(add_note(&world, &crm, "one").await.reason(), "approval_denied");
    }
    assert!(pending(&world).await.is_empty());
    world.database.by_hand("UPDATE approvals SET expires_at = 1, look_until = 1").await;
    assert_eq!(add_note(&world, &crm, "one").await.reason(), "approval_required");
    assert_eq!(read(&world, &request.id).await.state, ApprovalState::Denied);

    let second = waiting(&world).await;
    let (bot, other) = (SubjectId::from("refund-bot"), SubjectId::from("alice"));
    let told = approvals(&world).cancel(&other, operator(), &second.id).await;
    assert!(matches!(told, Err(ApprovalError::NotTheRequester)), "{told:?}");
    let taken_back = approvals(&world).cancel(&bot, operator(), &second.id).await.expect("is taken back");
    assert_eq!(taken_back.state, ApprovalState::Cancelled);
    assert!(matches!(
        approvals(&world).cancel(&bot, operator(), &second.id).await,
        Err(ApprovalError::Over(ApprovalState::Cancelled))
    ));
    assert_eq!(add_note(&world, &crm, "one").await.reason(), "approval_required");
    assert_ne!(waiting(&world).await.id, second.id);
    replica.stop().await;
}

pub(crate) async fn time_ends_requests_and_approvals(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    add_note(&world, &crm, "slow").await;
    let first = waiting(&world).await;
    let vote = crate::approvals::helpers::ballot(&world, &first.id, Verdict::Approve).await;
    world.database.by_hand("UPDATE approvals SET expires_at = 1, look_until = 1").await;
    let told = approvals(&world).vote(&crate::approvals::helpers::by(&fay), &first.id, &vote).await;
    assert!(matches!(told, Err(ApprovalError::Over(ApprovalState::Expired))), "{told:?}");
    // The next call does not wait for anybody to write it down.
    assert_eq!(add_note(&world, &crm, "slow").await.reason(), "approval_required");
    assert_eq!(read(&world, &first.id).await.state, ApprovalState::Expired);
    let second = waiting(&world).await;
    approve(&world, &fay, &second.id).await;
    world
        .database
        .by_hand("UPDATE approvals SET valid_until = 1, look_until = 1 WHERE state = 'approved'")
        .await;
    assert_eq!(add_note(&world, &crm, "slow").await.reason(), "approval_required");
    assert_eq!(read(&world, &second.id).await.state, ApprovalState::Expired);
    // And of what nobody calls again, the sweep does.
    world.database.by_hand("UPDATE approvals SET expires_at = 1 WHERE state = 'pending'").await;
    let third = world.store.list_approvals(&Default::default(), None, 1).await.expect("lists").remove(0);
    approvals(&world).expire().await.expect("ends");
    assert_eq!(read(&world, &third.id).await.state, ApprovalState::Expired);
    assert_eq!(approvals(&world).expire().await.expect("ends"), 0);
    replica.stop().await;
}

pub(crate) async fn a_request_that_cannot_be_read_holds_no_other_up(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    add_note(&world, &crm, "one").await;
    let broken = waiting(&world).await;
    add_note(&world, &crm, "two").await;
    let whole = pending(&world).await.into_iter().find(|one| one.id != broken.id).expect("another waits");
    let spoil = format!("UPDATE approvals SET requirements = 'no list' WHERE id = '{}'", broken.id);
    world.database.by_hand(&spoil).await;
    world.database.by_hand("UPDATE approvals SET expires_at = 1 WHERE state = 'pending'").await;
    approvals(&world).expire().await.expect("ends those that can be read");
    assert_eq!(read(&world, &whole.id).await.state, ApprovalState::Expired);
    // It stayed as it was, and ends once it can be read.
    let mend = format!("UPDATE approvals SET requirements = '[]' WHERE id = '{}'", broken.id);
    world.database.by_hand(&mend).await;
    approvals(&world).expire().await.expect("ends");
    assert_eq!(read(&world, &broken.id).await.state, ApprovalState::Expired);
    // It was nobody's doing but the server's.
    let filter = ChangeFilter { via: Some(Via::System), ..ChangeFilter::default() };
    let changes = world.store.list_changes(&filter, ChangePosition::Newest, 10).await.expect("lists");
    for id in [&whole.id, &broken.id] {
        let ended: Vec<_> = changes.iter().filter(|change| change.object == id.as_str()).collect();
        assert_eq!(ended.len(), 1, "{changes:?}");
        assert_eq!(ended[0].actor, "countersign");
    }
    replica.stop().await;
}

pub(crate) async fn twenty_requests_wait_and_no_more(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    for number in 0..22 {
        let told = add_note(&world, &crm, &format!("note {number}")).await;
        assert_eq!(told.reason(), "approval_required");
        let filed = part(&world, &told).await == Some(ApprovalPart::Filed);
        assert_eq!(filed, number < 20, "{number}");
    }
    assert_eq!(pending(&world).await.len(), 20);
    // Somebody else still may, and so may this one once there is room.
    let told = crm.call(world.secret("ALICE_KEY"), "add_note", note("note 20")).await;
    assert_eq!(part(&world, &told).await, Some(ApprovalPart::Filed));
    let oldest = pending(&world).await.pop().expect("one");
    approve(&world, &fay, &oldest.id).await;
    let told = add_note(&world, &crm, "note 20").await;
    assert_eq!(part(&world, &told).await, Some(ApprovalPart::Filed));
    replica.stop().await;
}

pub(crate) async fn what_may_not_file_files_nothing(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let item = call_body(world.secret("REFUND_BOT_KEY"), "add_note", note("in a batch"));
    let batch = json!({"evaluations": [item, item]});
    let told = crm.send("/access/v1/evaluations", "application/json", batch.to_string().into_bytes()).await;
    for answer in told.body["evaluations"].as_array().expect("answers") {
        assert_eq!(answer["context"]["reason"], "approval_required", "{answer}");
    }
    world.database.by_hand("UPDATE credentials SET arguments = 'by_name'").await;
    let mut unsent = call_body(world.secret("REFUND_BOT_KEY"), "add_note", json!({}));
    unsent["resource"]["properties"] = json!({});
    assert_eq!(crm.ask(&unsent).await.reason(), "approval_required");
    // What is denied for another reason asks for nothing.
    let told = crm.call(world.secret("BOB_KEY"), "add_note", note("not bob's")).await;
    assert_eq!(told.reason(), "no_matching_rule");
    assert!(pending(&world).await.is_empty());
    replica.stop().await;
}

/// Approvals are no longer read along where none was needed for long. One that is needed all the same is found, and used once.
pub(crate) async fn an_approval_is_found_however_long_none_was_needed(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let long = "rules: [{ name: ask for notes, tenant: acme, effect: require_approval, tools: [crm/add_note],
        when: 'size(args.text) > 20', approval: { approvers: [finance] } }]";
    world.apply(long).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    let text = "hello to whoever may read this";
    assert_eq!(add_note(&world, &crm, text).await.reason(), "approval_required");
    let request = waiting(&world).await.id;
    approve(&world, &fay, &request).await;
    for _ in 0..70 {
        assert!(add_note(&world, &crm, "hello").await.allowed());
    }
    assert_eq!(read(&world, &request).await.used, 0);
    assert!(add_note(&world, &crm, text).await.allowed());
    assert_eq!(read(&world, &request).await.used, 1);
    assert_eq!(add_note(&world, &crm, text).await.reason(), "approval_required");
    replica.stop().await;
}

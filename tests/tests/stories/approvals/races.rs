//! Many at once, on two replicas over one database.

use crate::approvals::helpers::{
    BY_FINANCE, account, add_note, approvals, approve, ballot, by, note, pending, read, waiting, world,
};
use policy::SubjectId;
use policy::labels::{ApprovalState, Verdict};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::process::Process;
use tests::world::operator;
use tests::{Backend, Pep};
use tokio::sync::{Barrier, Notify};
use tokio::task::JoinSet;

pub(crate) async fn exactly_the_approved_uses_pass_on_two_replicas(backend: Backend) {
    const CALLERS: usize = 24;
    let world = world(backend, "{ approvers: [finance], uses: 3 }").await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    let fay = account(&world, "fay", Some("fay")).await;
    for round in 0..20 {
        let text = format!("round {round}");
        add_note(&world, &crms[0], &text).await;
        let request = waiting(&world).await;
        approve(&world, &fay, &request.id).await;
        let start = Arc::new(Barrier::new(CALLERS));
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let (crm, start) = (crms[caller % 2].clone(), Arc::clone(&start));
            let (token, arguments) = (world.secret("REFUND_BOT_KEY").to_owned(), note(&text));
            callers.spawn(async move {
                start.wait().await;
                crm.call(&token, "add_note", arguments).await
            });
        }
        let mut allowed = 0;
        while let Some(told) = callers.join_next().await {
            let told = told.expect("no panic");
            allowed += usize::from(told.allowed());
            let fits = ["allowed", "approval_used", "approval_required", "approval_pending"];
            assert!(fits.contains(&told.reason()), "{told:?}");
        }
        assert_eq!(allowed, 3, "round {round}");
        let after = read(&world, &request.id).await;
        assert_eq!((after.state, after.used), (ApprovalState::Used, 3));
        assert_eq!(world.store.list_approval_calls(&request.id).await.expect("lists").len(), 3);
        // What asked anew is taken back, so that the next round starts from nothing.
        for left in pending(&world).await {
            let bot = SubjectId::from("refund-bot");
            approvals(&world).cancel(&bot, operator(), &left.id).await.expect("is taken back");
        }
    }
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn one_of_approving_and_taking_back_wins(backend: Backend) {
    let world = world(backend, BY_FINANCE).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let fay = account(&world, "fay", Some("fay")).await;
    for round in 0..20 {
        let text = format!("round {round}");
        add_note(&world, &crm, &text).await;
        let request = waiting(&world).await;
        let vote = ballot(&world, &request.id, Verdict::Approve).await;
        let door = approvals(&world);
        let bot = SubjectId::from("refund-bot");
        let decider = by(&fay);
        let (approved, taken_back) =
            tokio::join!(door.vote(&decider, &request.id, &vote), door.cancel(&bot, operator(), &request.id));
        // What was approved may be taken back a moment later; what was taken back is never approved.
        taken_back.expect("is taken back");
        drop(approved);
        assert_eq!(read(&world, &request.id).await.state, ApprovalState::Cancelled, "round {round}");
        assert_eq!(add_note(&world, &crm, &text).await.reason(), "approval_required");
        let anew = waiting(&world).await;
        approvals(&world).cancel(&bot, operator(), &anew.id).await.expect("is taken back");
    }
    replica.stop().await;
}

pub(crate) async fn a_quorum_that_is_reached_twice_at_once_decides_once(backend: Backend) {
    let world = world(backend, "{ approvers: [finance], approver_subjects: [nat], quorum: 2 }").await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let mut accounts = Vec::new();
    for person in ["fay", "finn", "nat"] {
        accounts.push(account(&world, person, Some(person)).await);
    }
    for round in 0..10 {
        let text = format!("round {round}");
        add_note(&world, &crm, &text).await;
        let request = waiting(&world).await;
        let vote = ballot(&world, &request.id, Verdict::Approve).await;
        let door = approvals(&world);
        let [a, b, c] = [by(&accounts[0]), by(&accounts[1]), by(&accounts[2])];
        let (a, b, c) = tokio::join!(
            door.vote(&a, &request.id, &vote),
            door.vote(&b, &request.id, &vote),
            door.vote(&c, &request.id, &vote)
        );
        let states: Vec<ApprovalState> = [a, b, c].into_iter().flatten().map(|after| after.state).collect();
        let approved = states.iter().filter(|state| **state == ApprovalState::Approved).count();
        assert_eq!((states.len(), approved), (2, 1), "{states:?}");
        assert!(add_note(&world, &crm, &text).await.allowed());
        assert_eq!(add_note(&world, &crm, &text).await.reason(), "approval_required");
        let anew = waiting(&world).await;
        let bot = SubjectId::from("refund-bot");
        approvals(&world).cancel(&bot, operator(), &anew.id).await.expect("is taken back");
    }
    replica.stop().await;
}

pub(crate) async fn one_call_files_one_request_on_two_replicas(backend: Backend) {
    const CALLERS: usize = 16;
    let world = world(backend, BY_FINANCE).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    for round in 0..10 {
        let start = Arc::new(Barrier::new(CALLERS));
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let (crm, start) = (crms[caller % 2].clone(), Arc::clone(&start));
            let token = world.secret("REFUND_BOT_KEY").to_owned();
            let arguments = note(&format!("round {round}"));
            callers.spawn(async move {
                start.wait().await;
                crm.call(&token, "add_note", arguments).await
            });
        }
        let (mut required, mut waits) = (0, 0);
        while let Some(told) = callers.join_next().await {
            match told.expect("no panic").reason() {
                "approval_required" => required += 1,
                "approval_pending" => waits += 1,
                other => panic!("{other}"),
            }
        }
        assert_eq!((required, waits), (1, CALLERS - 1), "round {round}");
        let newest = pending(&world).await.remove(0);
        assert_eq!(newest.attempts, i64::try_from(CALLERS).expect("few"));
        assert_eq!(pending(&world).await.len(), round + 1);
    }
    one.stop().await;
    two.stop().await;
}

pub(crate) async fn kill_nine_never_lets_a_use_pass_twice(backend: Backend) {
    const USES: i64 = 200;
    let world = world(backend, "{ approvers: [finance], uses: 200 }").await;
    let fay = account(&world, "fay", Some("fay")).await;
    let process = Process::serve(&world.database, &world.database.url);
    let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    let request = waiting(&world).await;
    approve(&world, &fay, &request.id).await;
    let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (crm, count, enough) = (crm.clone(), count.clone(), enough.clone());
        let token = world.secret("REFUND_BOT_KEY").to_owned();
        callers.spawn(async move {
            let mut ids = Vec::new();
            while let Some(told) = crm.try_call(&token, "add_note", note("hello")).await {
                assert!(told.allowed(), "{told:?}");
                ids.push(told.decision_id.expect("an id"));
                if count.fetch_add(1, Ordering::Relaxed) == 60 {
                    enough.notify_one();
                }
                if count.load(Ordering::Relaxed) > 150 {
                    break;
                }
            }
            ids
        });
    }
    enough.notified().await;
    process.kill();
    // What Postgres was about to commit then, it has committed after this.
    world.database.settled().await;
    let mut answered = Vec::new();
    while let Some(done) = callers.join_next().await {
        answered.extend(done.expect("no panic"));
    }
    let used = read(&world, &request.id).await.used;
    let calls = world.store.list_approval_calls(&request.id).await.expect("lists");
    assert_eq!(i64::try_from(calls.len()).expect("few"), used);
    for call in &calls {
        assert!(world.store.get_decision(&call.decision).await.expect("reads").is_some(), "{call:?}");
    }
    for id in &answered {
        assert!(calls.iter().any(|call| call.decision.as_str() == id), "{id} passed and used nothing");
    }
    // What is left passes, and no more.
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    for _ in used..USES {
        assert!(add_note(&world, &crm, "hello").await.allowed());
    }
    assert_eq!(add_note(&world, &crm, "hello").await.reason(), "approval_required");
    assert_eq!(read(&world, &request.id).await.used, USES);
    replica.stop().await;
}

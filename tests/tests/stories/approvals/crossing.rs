//! All that locks requests for approval, tasks and the policy, at once and on two replicas. On Postgres transactions wait
//! for each other then; the one order in which they lock keeps any from waiting in a circle.

use crate::approvals::helpers::{
    account, add_note, approvals, ask_for_notes, by, is_sound, note, pending, world_on,
};
use pdp::approvals::{ApprovalError, Vote};
use policy::labels::Verdict;
use policy::{ApprovalId, SubjectId};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use store::approvals::ApprovalFilter;
use tests::cluster::Cluster;
use tests::pep::{Told, call_body};
use tests::world::{TaskTerms, operator};
use tests::{Database, Pep, World};
use tokio::sync::watch;
use tokio::task::JoinSet;

const CALLERS: usize = 8;
const CALLS: usize = 40;
/// So many are made at most until one was let through by an approval.
const LONGER: usize = 10 * CALLS;
/// So many calls are made by all of them.
const SHARED: usize = 6;

/// What the rule asks for, in turn: what was approved by the one is not enough for the other.
const TERMS: [&str; 2] =
    ["{ approvers: [finance], uses: 20 }", "{ approvers: [finance], exclude_subjects: [fay], uses: 20 }"];

/// One of the calls of one of the callers: what all of them share, under a task or not, and what is this one's own.
async fn call(crm: &Pep, token: &str, tasks: &[String], caller: usize, nth: usize) -> Told {
    let shared = note(&format!("shared {}", (nth * 5 + caller) % SHARED));
    let mut body = match (caller + nth) % 4 {
        0 | 1 => call_body(token, "add_note", shared),
        2 => call_body(token, "add_note", note(&format!("own {caller} {}", nth % 5))),
        _ => call_body(token, "refund", json!({"customer_id": "c-42", "amount": 80, "currency": "EUR"})),
    };
    if nth.is_multiple_of(2) {
        body["context"]["task"] = json!(tasks[(nth + caller) % tasks.len()]);
    }
    crm.ask(&body).await
}

/// What people are told is fine, as long as the database took it.
fn told<T>(answer: Result<T, ApprovalError>) {
    if let Err(error @ (ApprovalError::Store(_) | ApprovalError::Write(_) | ApprovalError::Vault(_))) = answer
    {
        panic!("{error}: {:?}", std::error::Error::source(&error))
    }
}

async fn approve_if_there(world: &World, fay: &str, id: &ApprovalId) {
    let Some(shown) = approvals(world).show(id).await.expect("shows") else { return };
    let vote =
        Vote { verdict: Verdict::Approve, reason: None, seen: shown.seen, valid_until: None, uses: None };
    told(approvals(world).vote(&by(fay), id, &vote).await);
}

/// Approves what waits, and takes each fourth back, approved or not.
async fn people(world: &World, fay: &str, done: &AtomicBool) {
    let bot = SubjectId::from("refund-bot");
    while !done.load(Ordering::SeqCst) {
        for request in pending(world).await {
            approve_if_there(world, fay, &request.id).await;
        }
        let all = world.store.list_approvals(&ApprovalFilter::default(), None, 100).await.expect("lists");
        for request in all.iter().step_by(4) {
            told(approvals(world).cancel(&bot, operator(), &request.id).await);
        }
    }
}

/// Waits for so many more answers; whether there are as many.
async fn further(answered: &mut watch::Receiver<usize>, many: usize) -> bool {
    let target = *answered.borrow_and_update() + many;
    answered.wait_for(|count| *count >= target).await.is_ok()
}

/// Ends what is over, and removes it. What is over, this decides: times pass quickly for a few at a time, and for none that
/// somebody holds. It holds them for long enough that others are seen to wait.
async fn ageing(world: &World, mut answered: watch::Receiver<usize>) {
    const DAY: &str = "86400000000";
    let age = format!(
        "BEGIN;
         UPDATE approvals SET expires_at = expires_at - {DAY}, look_until = look_until - {DAY},
         decided_at = decided_at - {DAY}, valid_until = valid_until - {DAY}
         WHERE id IN (SELECT id FROM approvals ORDER BY random() LIMIT 3 FOR UPDATE SKIP LOCKED);
         SELECT pg_sleep(0.02);
         COMMIT"
    );
    // Not all the time: else nothing would last until it is approved and used.
    while further(&mut answered, 20).await {
        world.database.by_hand(&age).await;
        approvals(world).expire().await.expect("ends");
        let now = world.store.now().await.expect("a clock");
        world.store.prune_approvals(now, &operator()).await.expect("removes");
    }
}

/// Changes the rule that asks.
async fn changing(world: &World, mut answered: watch::Receiver<usize>) {
    for terms in TERMS.iter().cycle() {
        ask_for_notes(world, terms).await;
        // Else no call would see the policy stand still.
        if !further(&mut answered, 60).await {
            return;
        }
    }
}

pub(crate) async fn no_transactions_wait_in_a_circle() {
    // Whoever waits for more than a millisecond is looked at, and told of in the log.
    let cluster = Cluster::with_settings(&["deadlock_timeout=1ms", "log_lock_waits=on"]).await;
    let world = world_on(Database::fresh_on(cluster.url()).await, TERMS[0]).await;
    let fay = account(&world, "fay", Some("fay")).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    assert_eq!(add_note(&world, &crms[0], "shared 0").await.reason(), "approval_required");
    // With calls for all.
    let open =
        async || world.open_task("refund-bot", TaskTerms { tools: &["crm/*"], ..TaskTerms::default() }).await;
    let tasks = [open().await, open().await, open().await];
    let (count, answered) = watch::channel(0);
    let (count, used) = (Arc::new(count), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (count, used) = (Arc::clone(&count), Arc::clone(&used));
        let (crm, token) = (crms[caller % 2].clone(), world.secret("REFUND_BOT_KEY").to_owned());
        let tasks = tasks.clone();
        callers.spawn(async move {
            let mut passed = [0_usize; 4];
            for nth in 0..LONGER {
                if nth >= CALLS && used.load(Ordering::SeqCst) > 0 {
                    break;
                }
                let told = call(&crm, &token, &tasks, caller, nth).await;
                count.send_modify(|count| *count += 1);
                let kind = (caller + nth) % 4;
                passed[kind] += usize::from(told.allowed());
                if kind < 2 && told.allowed() {
                    used.fetch_add(1, Ordering::SeqCst);
                }
                // No 5xx, and each is in the record: one that came in a circle would not be.
                assert_ne!(told.reason(), "audit_unavailable");
                assert!(told.decision_id.is_some(), "{told:?}");
            }
            passed
        });
    }
    // Whoever counts answers hears of their end once the callers are gone.
    drop(count);
    let done = AtomicBool::new(false);
    let calling = async {
        let mut passed = [0; 4];
        while let Some(caller) = callers.join_next().await {
            for (sum, one) in passed.iter_mut().zip(caller.expect("no panic")) {
                *sum += one;
            }
        }
        done.store(true, Ordering::SeqCst);
        passed
    };
    let (passed, (), (), ()) = tokio::join!(
        calling,
        people(&world, &fay, &done),
        ageing(&world, answered.clone()),
        changing(&world, answered)
    );
    // Some by uses of what all share, most by calls of tasks.
    assert!(passed[0] + passed[1] > 0 && passed[3] > CALLERS * CALLS / 8, "{passed:?}");
    one.stop().await;
    two.stop().await;
    let log = cluster.log();
    assert!(!log.contains("deadlock detected"), "{log}");
    // Else the story would say nothing.
    assert!(log.contains("still waiting for ShareLock on transaction"), "nobody waited for a row");
    for request in world.store.list_approvals(&ApprovalFilter::default(), None, 1_000).await.expect("lists") {
        let calls = world.store.list_approval_calls(&request.id).await.expect("lists").len();
        assert_eq!(usize::try_from(request.used), Ok(calls), "{request:?}");
    }
    is_sound(&world).await;
}

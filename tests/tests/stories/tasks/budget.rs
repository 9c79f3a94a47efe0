//! Budgets are counted exactly: a call is taken in the transaction of its record, or not at all.

use crate::tasks::helpers::{call_under, open, read, recorded, refund, refund_under};
use policy::labels::OpenedBy;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::pep::call_body;
use tests::process::Process;
use tests::record::is_sound;
use tests::{Backend, Pep, World};
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub(crate) async fn exactly_the_budget_passes_on_two_replicas(backend: Backend) {
    let world = World::demo(backend).await;
    let (one, two) = (world.replica().await, world.replica().await);
    let crms = [world.crm(&one), world.crm(&two)];
    // Two tasks, so that calls wait for more than one row; and calls without any, which nothing holds up.
    let tasks = [open(&world, 37, OpenedBy::Platform).await, open(&world, 5, OpenedBy::Agent).await];
    let mut callers = JoinSet::new();
    for caller in 0..24_usize {
        let crm = crms[caller % 2].clone();
        let tasks = tasks.clone();
        let token = world.secret("REFUND_BOT_KEY").to_owned();
        callers.spawn(async move {
            let mut counts = [(0_i64, 0_i64), (0, 0)];
            for turn in 0..6_usize {
                let which = (caller + turn) % 3;
                let Some(task) = tasks.get(which) else {
                    assert!(crm.call(&token, "refund", refund()).await.allowed());
                    continue;
                };
                let told = refund_under(&crm, &token, task).await;
                if told.allowed() {
                    counts[which].0 += 1;
                } else {
                    assert_eq!(told.reason(), "task_budget_spent", "{told:?}");
                    counts[which].1 += 1;
                }
            }
            counts
        });
    }
    let mut total = [(0, 0), (0, 0)];
    while let Some(counts) = callers.join_next().await {
        for (total, (allowed, denied)) in total.iter_mut().zip(counts.expect("no panic")) {
            total.0 += allowed;
            total.1 += denied;
        }
    }
    for (which, budget) in [37, 5].into_iter().enumerate() {
        assert_eq!(total[which].0, budget, "{total:?}");
        assert_eq!(read(&world, &tasks[which]).await.used, budget);
        assert_eq!(recorded(&world, &tasks[which]).await, total[which]);
    }
    assert!(total[0].1 > 0 && total[1].1 > 0, "{total:?}");
    one.stop().await;
    two.stop().await;
    is_sound(&world).await;
}

pub(crate) async fn kill_nine_counts_every_call_that_was_allowed(backend: Backend) {
    let world = World::demo(backend).await;
    let task = open(&world, 1_000_000, OpenedBy::Platform).await;
    let mut answered = 0_i64;
    for round in 0..2 {
        let process = Process::serve(&world.database, &world.database.url);
        let crm = Pep::new(process.address(), world.secret("CRM_PEP_KEY"));
        let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let mut callers = JoinSet::new();
        for _ in 0..16 {
            let (crm, count, enough) = (crm.clone(), count.clone(), enough.clone());
            let mut body = call_body(world.secret("REFUND_BOT_KEY"), "refund", refund());
            body["context"]["task"] = json!(task);
            callers.spawn(async move {
                let mut ids = Vec::new();
                while let Some(told) = crm.try_ask(&body).await {
                    assert!(told.allowed(), "{told:?}");
                    ids.push(told.decision_id.expect("an id"));
                    if count.fetch_add(1, Ordering::Relaxed) == 200 {
                        enough.notify_one();
                    }
                }
                ids
            });
        }
        enough.notified().await;
        process.kill();
        // What Postgres was about to commit then, it has committed after this.
        world.database.settled().await;
        let mut ids = Vec::new();
        while let Some(done) = callers.join_next().await {
            ids.extend(done.expect("no panic"));
        }
        for id in &ids {
            let found = world.store.get_decision(&id.as_str().into()).await.expect("reads");
            assert!(found.is_some(), "round {round}: {id} was answered and is not in the record");
        }
        answered += i64::try_from(ids.len()).expect("few");
        // What was taken is what is recorded; a call that was cut off may be both.
        let used = read(&world, &task).await.used;
        assert_eq!((used, 0), recorded(&world, &task).await, "round {round}");
        assert!((answered..=answered + 32).contains(&used), "round {round}: {used} of {answered}");
        is_sound(&world).await;
    }
}

pub(crate) async fn a_call_that_is_denied_takes_nothing(backend: Backend) {
    let world = World::demo(backend).await;
    let replica = world.replica().await;
    let crm = world.crm(&replica);
    let task = open(&world, 2, OpenedBy::Platform).await;
    let bot = world.secret("REFUND_BOT_KEY");
    let amount = |amount: serde_json::Value| {
        let mut arguments = refund();
        arguments["amount"] = amount;
        arguments
    };
    let denied = [
        ("refund", amount(json!("80")), "arguments_invalid"),
        ("refund", amount(json!(700)), "parameters_out_of_scope"),
        ("delete_customer", json!({"customer_id": "c-42"}), "task_out_of_scope"),
        ("nothing", json!({}), "unknown_tool"),
    ];
    for (tool, arguments, reason) in denied {
        assert_eq!(call_under(&crm, bot, &task, tool, arguments).await.reason(), reason, "{tool}");
    }
    assert_eq!(read(&world, &task).await.used, 0);
    for used in 1..=2 {
        assert!(refund_under(&crm, bot, &task).await.allowed());
        assert_eq!(read(&world, &task).await.used, used);
    }
    assert_eq!(refund_under(&crm, bot, &task).await.reason(), "task_budget_spent");
    // The timeline has them all.
    assert_eq!(recorded(&world, &task).await, (2, 5));
    replica.stop().await;
}

//! The whole way of a call, through two real processes on one database: over a thousand of them, on a few approvals.

use crate::approvals::crowd::used;
use crate::approvals::helpers::{account, approve, is_sound, note, waiting, world};
use policy::labels::ApprovalState;
use std::sync::Arc;
use tests::process::Process;
use tests::{Backend, Pep};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

pub(crate) async fn exactly_the_approved_uses_pass_on_two_processes(backend: Backend) {
    const USES: usize = 50;
    const CALLERS: usize = 12;
    /// Each caller's, on each approval; 1,080 calls in all.
    const ROUNDS: usize = 15;
    const NOTES: [&str; 6] = ["one", "two", "three", "four", "five", "six"];
    let world = world(backend, "{ approvers: [finance], uses: 50 }").await;
    let fay = account(&world, "fay", Some("fay")).await;
    let processes = [0, 1].map(|_| Process::serve(&world.database, &world.database.url));
    let crms = [0, 1].map(|i: usize| Pep::new(processes[i].address(), world.secret("CRM_PEP_KEY")));
    let mut approved = Vec::new();
    for text in NOTES {
        let told = crms[0].call(world.secret("REFUND_BOT_KEY"), "add_note", note(text)).await;
        assert_eq!(told.reason(), "approval_required");
        let request = waiting(&world).await;
        approve(&world, &fay, &request.id).await;
        approved.push(request.id);
    }
    let start = Arc::new(Barrier::new(CALLERS));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (crm, start) = (crms[caller % 2].clone(), Arc::clone(&start));
        let token = world.secret("REFUND_BOT_KEY").to_owned();
        callers.spawn(async move {
            start.wait().await;
            let mut passed = [0_usize; NOTES.len()];
            for _ in 0..ROUNDS {
                for (count, text) in passed.iter_mut().zip(NOTES) {
                    let told = crm.call(&token, "add_note", note(text)).await;
                    let fits = ["allowed", "approval_used", "approval_required", "approval_pending"];
                    assert!(fits.contains(&told.reason()), "{text}: {told:?}");
                    *count += usize::from(told.allowed());
                }
            }
            passed
        });
    }
    let mut passed = [0_usize; NOTES.len()];
    for one in callers.join_all().await {
        for (sum, one) in passed.iter_mut().zip(one) {
            *sum += one;
        }
    }
    assert_eq!(passed, [USES; NOTES.len()]);
    for id in &approved {
        assert_eq!(used(&world, id).await, (ApprovalState::Used, USES), "{id}");
    }
    for process in processes {
        process.kill();
    }
    is_sound(&world).await;
}

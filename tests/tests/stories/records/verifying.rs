//! A verification that the console starts.

use crate::records::helpers::{audit_key, decided};
use policy::Timestamp;
use server::clock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use store::audit::{Finding, LocalHeads, Report, VerificationState, Verifier};
use tests::{Backend, World};

fn heads(world: &World) -> LocalHeads {
    LocalHeads::beside(&world.database.file("audit.key"), &world.database.url)
}

async fn ended(verifier: &Verifier) -> (Report, usize) {
    let mut states = verifier.follow();
    let last = states
        .wait_for(|last| last.as_ref().is_some_and(|last| !last.state.is_running()))
        .await
        .expect("the verifier is there")
        .clone();
    match last.expect("one was started").state {
        VerificationState::Ended { report, anchors, .. } => (report, anchors),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn one_verification_runs_at_a_time_and_says_what_it_found(backend: Backend) {
    let world = World::demo(backend).await;
    decided(&world, 3).await;
    // The clock is asked at the start and at the end; the first end waits until the story has looked.
    let (open, gate) = mpsc::channel::<()>();
    let (gate, asked) = (Mutex::new(gate), AtomicUsize::new(0));
    let clock: clock::Clock = Arc::new(move || {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            gate.lock().expect("one at a time").recv().expect("opened");
        }
        Timestamp::from_micros(1)
    });
    let verifier = Verifier::new(world.store.clone(), audit_key(&world), heads(&world), clock);
    assert_eq!(verifier.last(), None);
    assert!(verifier.start("ada"));
    assert!(!verifier.start("bob"), "one at a time");
    let running = verifier.last().expect("it runs");
    assert!(running.state.is_running() && running.by == "ada", "{running:?}");
    open.send(()).expect("the end waits");
    let (report, anchors) = ended(&verifier).await;
    assert!(report.is_sound() && report.records == 3 && anchors == 1, "{report:?}");

    world.database.by_hand("UPDATE decisions SET outcome = 'deny' WHERE seq = 2").await;
    assert!(verifier.start("bob"));
    let (report, _) = ended(&verifier).await;
    assert!(matches!(report.findings[..], [Finding::Altered { seq: 2, .. }]), "{report:?}");
    assert_eq!(verifier.last().expect("there was one").by, "bob");
}

//! Isolation, as a property: two worlds that differ in nothing but what other tenants have and do are one and the same
//! world to the members, the enforcement points and the administrators of a tenant. Whatever they ask, in whatever order,
//! each answer is the same to the last byte but for ids and times, and nothing in it is the others'.
//!
//! What tenants do share is one space of names: an id of a resource, and a name that is taken, are so for everybody. So ids
//! of others that are asked about here are there in both worlds, with something else behind them.

mod api;
mod console;
mod moves;
mod plain;
mod side;
mod sketch;

use moves::MOVES;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use side::Side;
use sketch::{MARKER, Sketch, sketch};
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::Backend;

/// Each makes two worlds, and some hundred answers of each.
const CASES: u32 = 16;
const SHRINKS: u32 = 80;

mod nothing_of_other_tenants_shows_or_matters {
    #[test]
    fn sqlite() {
        super::nothing_of_other_tenants_shows_or_matters(tests::Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        super::nothing_of_other_tenants_shows_or_matters(tests::Backend::Postgres);
    }
}

fn nothing_of_other_tenants_shows_or_matters(backend: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (one, other) = runtime.block_on(async { (Side::new(backend).await, Side::new(backend).await) });
    let config =
        Config { cases: CASES, max_shrink_iters: SHRINKS, failure_persistence: None, ..Config::default() };
    let (allowed, denied, found) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    TestRunner::new(config)
        .run(&sketch(MOVES), |sketch| {
            let answers = runtime.block_on(both(&one, &other, &sketch));
            for (asked, here, there) in &answers {
                compare(asked, here, there)?;
                allowed.fetch_add(usize::from(here.contains("\"decision\":true")), Ordering::Relaxed);
                denied.fetch_add(usize::from(here.contains("\"decision\":false")), Ordering::Relaxed);
                found.fetch_add(usize::from(here.contains("\"results\":[{")), Ordering::Relaxed);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // There was something to be told apart.
    for count in [allowed, denied, found] {
        assert!(count.into_inner() > 10, "hardly anything was asked that could differ");
    }
    runtime.block_on(async {
        one.stop().await;
        other.stop().await;
    });
}

fn compare(asked: &str, here: &str, there: &str) -> Result<(), TestCaseError> {
    for answer in [here, there] {
        prop_assert!(!answer.contains(MARKER), "{asked} tells what another tenant has:\n{answer}");
    }
    prop_assert!(here == there, "{asked} depends on what another tenant has:\n{here}\n---\n{there}");
    Ok(())
}

/// Brings both worlds to what the sketch says, and asks the same of both.
async fn both(one: &Side, other: &Side, sketch: &Sketch) -> Vec<(String, String, String)> {
    let (here, there) = tokio::join!(told(one, sketch, 0), told(other, sketch, 1));
    assert_eq!(here.len(), there.len());
    here.into_iter().zip(there).map(|((asked, here), (_, there))| (asked, here, there)).collect()
}

/// Every answer, with what was asked.
async fn told(side: &Side, sketch: &Sketch, which: usize) -> Vec<(String, String)> {
    let known = side.become_so(sketch, which).await;
    let moves = moves::all(side, &known);
    assert_eq!(moves.len(), MOVES);
    let mut answers = Vec::new();
    for place in &sketch.moves {
        let asked = &moves[*place];
        answers.push((asked.name.clone(), side.ask(asked).await));
    }
    for asked in &api::readings(side, &known) {
        answers.push((asked.name.clone(), side.ask(asked).await));
    }
    answers.extend(api::console(side).await);
    answers.extend(console::shown(side).await);
    // Who may see everything does see what the others have: it is there to be found.
    let everything = side.everything().await;
    assert!(everything.contains(MARKER), "{everything}");
    answers
}

//! Isolation, as a property: two worlds that differ in nothing but what other tenants have and do are one and the same
//! world to the members, the enforcement points and the administrators of a tenant. Whatever they ask, in whatever order,
//! each answer is the same to the last byte but for ids and times, and nothing in it is the others'.
//!
//! What tenants do share is one space of names: an id of a resource, and a name that is taken, are so for everybody. So ids
//! of others that are asked about here are there in both worlds, with something else behind them.
//!
//! More worlds are tried by hand with `PROPTEST_CASES=200`, for an hour at the most: then sessions and tokens end. The very
//! same ones again with `PROPTEST_RNG_SEED`, which a failure names.

mod api;
mod bundle;
mod console;
mod difference;
mod moves;
mod plain;
mod side;
mod sketch;
mod tokens;

use crate::cases::{config, in_short};
use difference::{difference, found};
use moves::MOVES;
use proptest::test_runner::{TestCaseError, TestRunner};
use side::Side;
use sketch::{MARKER, Sketch, sketch};
use tests::Backend;

/// Each makes two worlds, and some hundred answers of each.
const CASES: u32 = 14;
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

/// One question, and how it was answered in the one world and in the other.
struct Told {
    asked: String,
    here: String,
    there: String,
}

fn nothing_of_other_tenants_shows_or_matters(backend: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (one, other) = runtime.block_on(async { (Side::new(backend).await, Side::new(backend).await) });
    // First everything once: what there is to be told apart is not left to chance.
    let whole = Sketch::whole(MOVES);
    let answers = runtime.block_on(both(&one, &other, &whole));
    same(&answers).unwrap_or_else(|why| panic!("{whole:?}\n\n{why}"));
    for told in ["\"decision\":true", "\"decision\":false", "\"access_request\":", "\"results\":[{"] {
        let count = answers.iter().filter(|answer| answer.here.contains(told)).count();
        assert!(count >= 5, "hardly anything was asked that could differ: {told} was told {count} times");
    }
    let config = config(CASES, SHRINKS);
    let seed = config.rng_seed;
    TestRunner::new(config)
        .run(&sketch(MOVES), |sketch| {
            same(&runtime.block_on(both(&one, &other, &sketch))).map_err(TestCaseError::fail)
        })
        .unwrap_or_else(|error| panic!("{}", in_short(&error, seed)));
    runtime.block_on(async {
        one.stop().await;
        other.stop().await;
    });
}

/// The first answer that is not the same in both worlds, or tells what others have.
fn same(answers: &[Told]) -> Result<(), String> {
    for Told { asked, here, there } in answers {
        if let Some(around) = [here, there].into_iter().find_map(|answer| found(answer, MARKER)) {
            return Err(format!("{asked}\ntells what another tenant has:\n{around}"));
        }
        if let Some(difference) = difference(here, there) {
            return Err(format!("{asked}\ndepends on what another tenant has:\n{difference}"));
        }
    }
    Ok(())
}

/// Brings both worlds to what the sketch says, and asks the same of both.
async fn both(one: &Side, other: &Side, sketch: &Sketch) -> Vec<Told> {
    let (here, there) = tokio::join!(told(one, sketch, 0), told(other, sketch, 1));
    assert_eq!(here.len(), there.len());
    let pairs = here.into_iter().zip(there);
    pairs.map(|((asked, here), (_, there))| Told { asked, here, there }).collect()
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
    for asked in &api::readings(side, &known, sketch.whole) {
        answers.push((asked.name.clone(), side.ask(asked).await));
    }
    answers.extend(api::console(side).await);
    answers.extend(console::shown(side, &known, sketch).await);
    // Who may see everything does see what the others have: it is there to be found.
    let everything = side.everything().await;
    assert!(everything.contains(MARKER), "who may see everything finds nothing of the others");
    answers
}

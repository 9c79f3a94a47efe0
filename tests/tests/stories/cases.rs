//! The random cases of stories: as many as are asked for by hand, and from a seed that a failure names.

use proptest::test_runner::{Config, RngSeed, TestError};
use std::fmt::Debug;

/// So many cases, unless `PROPTEST_CASES` asks for others; from the seed of `PROPTEST_RNG_SEED`, else from one that is known.
pub(crate) fn config(cases: u32, max_shrink_iters: u32) -> Config {
    let config = Config { max_shrink_iters, failure_persistence: None, ..Config::default() };
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { config.cases } else { cases };
    let rng_seed = match config.rng_seed {
        RngSeed::Random => RngSeed::Fixed(uuid::Uuid::now_v7().as_u64_pair().1),
        given => given,
    };
    Config { cases, rng_seed, ..config }
}

/// What failed, how it is made again, and why: that last, where it is looked for.
pub(crate) fn in_short<T: Debug>(error: &TestError<T>, seed: RngSeed) -> String {
    match error {
        TestError::Fail(why, case) => format!("PROPTEST_RNG_SEED={seed} tells it again\n{case:?}\n\n{why}"),
        TestError::Abort(why) => why.to_string(),
    }
}

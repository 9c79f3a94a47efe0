//! How long a revocation that was made through one process takes to deny on another one: a thousand of them, under load.

use tests::revoke::{at, revoke};

const COUNT: u64 = 1_000;

/// `seed`: which revocations; random unless given.
pub(crate) async fn measure(count: Option<u64>, seed: Option<u64>) {
    let count = usize::try_from(count.unwrap_or(COUNT)).expect("a number");
    let seed = seed.unwrap_or_else(|| {
        let bytes = server::random::bytes();
        bytes.iter().take(8).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
    });
    println!(
        "{count} revocations through one process, each followed by a call on another one (--seed {seed})"
    );
    let seen = revoke(count, seed).await;
    for (kind, of) in &seen.revoked {
        println!("  {kind:<24} {of:>5}");
    }
    let ms = |share: f64, times: &[std::time::Duration]| at(times, share).as_secs_f64() * 1e3;
    for (since, times) in [("acknowledged", &seen.after_acknowledged), ("asked for", &seen.after_asked)] {
        println!(
            "  denied after it was {since:<14} p50 {:>6.1} ms  p99 {:>6.1} ms  worst {:>6.1} ms",
            ms(0.5, times),
            ms(0.99, times),
            ms(1.0, times)
        );
    }
    println!("  calls of others that were allowed meanwhile: {}", seen.load);
    println!("  calls that were allowed, or denied for a wrong reason: {}", seen.wrong.len());
    assert!(seen.wrong.is_empty(), "{:#?}", seen.wrong);
}

//! `cargo xtask bench`: durable decisions against a bare JSON echo, in one run on one machine; what the caller's identity
//! costs; that nothing grows with what is registered or waits for approval, also where all of it is large at once; how fast a
//! file of resources comes in; and how long a revocation takes to deny. It prints ratios; nothing in it fails on a number, but a
//! call that is answered wrongly ends it.
//!
//! A word chooses one part: `throughput`, `identity`, `size`, `full`, `approvals`, `import`, `revoke`.

mod approvals;
mod busy;
mod echo;
mod full;
mod identity;
mod import;
mod revocations;
mod size;
mod throughput;

use std::time::Duration;
use tests::load::Load;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let behind =
        |flag: &str| arguments.iter().position(|word| word == flag).and_then(|at| arguments.get(at + 1));
    if let Some(address) = behind("--echo") {
        return echo::echo(address.parse().expect("an address")).await;
    }
    let number = |flag: &str| behind(flag).map(|text| text.parse::<u64>().expect("a number"));
    let time = Duration::from_secs(number("--seconds").unwrap_or(5));
    let part = arguments.first().map(String::as_str).filter(|word| !word.starts_with("--"));
    match part {
        None => {
            throughput::measure(time).await;
            identity::measure(time).await;
            size::measure(time).await;
            full::measure(time).await;
            approvals::measure().await;
            import::measure(None).await;
            revocations::measure(number("--count"), number("--seed")).await;
        }
        Some("throughput") => throughput::measure(time).await,
        Some("identity") => identity::measure(time).await,
        Some("size") => size::measure(time).await,
        Some("full") => full::measure(time).await,
        Some("approvals") => approvals::measure().await,
        Some("import") => import::measure(number("--count")).await,
        Some("revoke") => revocations::measure(number("--count"), number("--seed")).await,
        Some(other) => {
            panic!("`{other}` is none of throughput, identity, size, full, approvals, import, revoke")
        }
    }
}

/// The median.
pub(crate) fn middle(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

pub(crate) fn report(name: &str, run: &Load, echo: &Load, cpu: f64) {
    println!(
        "{name:<62} {:>9.0}/s  {cpu:>4.0} µs of processor each  {:.2} of echo  p50 {:>7.2} ms  p99 {:>7.2} ms ({:.1} x)  worst {:>7.2} ms",
        run.per_second,
        run.per_second / echo.per_second,
        run.p50.as_secs_f64() * 1e3,
        run.p99.as_secs_f64() * 1e3,
        run.p99.as_secs_f64() / run.p50.as_secs_f64(),
        run.worst.as_secs_f64() * 1e3,
    );
}

//! `cargo xtask bench`: builds what is measured and gives it a Postgres. Must not measure: the binary `bench` of
//! `tests` does, and criterion for `policy`.

use std::process::Command;

use anyhow::Result;

use crate::paths;
use crate::postgres::{self, Postgres};
use crate::process::{cargo, run as run_command, say};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Handed to the benchmark: one part alone (`throughput`, `identity`, `size`, `full`, `approvals`, `import`, `revoke`), and
    /// `--seconds 60`; for `import` `--count 100000`; for `revoke` `--count 1000` and `--seed 7`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    say("bench: release builds of the server and the benchmark, a temporary Postgres, then the measurements");
    // One call, so that what they share has the same features.
    let packages =
        ["build", "--release", "-p", "server", "--bin", "countersign", "-p", "tests", "--bin", "bench"];
    run_command(cargo().args(packages))?;
    let database = Postgres::given_or_started()?;
    run_command(
        Command::new(paths::built("release", "bench"))
            .args(&options.arguments)
            .current_dir(paths::root())
            .env(postgres::URL_VARIABLE, database.url())
            .env("COUNTERSIGN_BIN", paths::built("release", "countersign")),
    )?;
    // Whoever names a part wants that one.
    let part = options.arguments.first().is_some_and(|word| !word.starts_with('-'));
    if !part && paths::root().join("policy").join("benches").is_dir() {
        say("bench: policy::evaluate alone (criterion)");
        run_command(cargo().args(["bench", "-p", "policy", "--all-features", "--benches"]))?;
    }
    Ok(())
}

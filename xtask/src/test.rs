//! `cargo xtask test`: everything that proves the product, in the order in which failures are cheapest to find.
//! Must not hold a test itself.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::binaries::{self, Binaries, HOUSE};
use crate::postgres::{self, Postgres};
use crate::process::{cargo, run as run_command, say};
use crate::{bundle, demo, paths, setup};

/// What the cases of property tests are made from: the same state of the code passes or fails each time. Whoever looks for
/// more sets another.
const SEED_VARIABLE: &str = "PROPTEST_RNG_SEED";
const SEED: &str = "1";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Run only the tests whose name contains this (the Rust tests, or those of `--only browser`)
    filter: Option<String>,
    /// Run one step alone
    #[arg(long, value_enum)]
    only: Option<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Unit tests and stories on both databases, examples included
    Rust,
    /// The demo on both databases
    Demo,
    /// The console in a real browser
    Browser,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let steps: &[Step] = match (options.only, &options.filter) {
        (Some(Step::Demo), Some(_)) => bail!("the demo has no tests to filter"),
        (Some(Step::Rust), _) | (None, Some(_)) => &[Step::Rust],
        (Some(Step::Demo), None) => &[Step::Demo],
        (Some(Step::Browser), _) => &[Step::Browser],
        (None, None) => &[Step::Rust, Step::Demo, Step::Browser],
    };
    let browser = paths::e2e().join("package.json").is_file();
    let filter = options.filter.as_deref();

    say("test: what the tests need");
    let database = Postgres::for_tests()?;
    let chromium =
        if browser && steps.contains(&Step::Browser) { Some(setup::ensure_chromium()?) } else { None };
    if browser && !matches!(steps, [Step::Demo]) {
        // The Rust stories talk to the npm MCP server that is installed here.
        setup::ensure_e2e_packages()?;
    }

    if steps.contains(&Step::Rust) {
        rust(&database, filter)?;
    }
    if steps.contains(&Step::Demo) {
        let programs =
            if steps.contains(&Step::Rust) { binaries::for_tests()? } else { binaries::for_demo()? };
        both_demos(&programs, &database)?;
    }
    if steps.contains(&Step::Browser) {
        match chromium {
            Some(chromium) => in_browser(&database, &chromium, filter, steps.contains(&Step::Rust))?,
            None => say("test: SKIPPED the browser tests, because e2e/ has no package.json"),
        }
    }
    say("test: all passed");
    Ok(())
}

fn rust(database: &Postgres, filter: Option<&str>) -> Result<()> {
    say("test: unit tests and stories on both databases");
    let python = setup::ensure_python_venv()?;
    // Some stories harm a Postgres that they start themselves, whoever runs the other one.
    setup::ensure_postgres()?;
    // The stories start the real programs, so these are built first and in the same selection.
    binaries::for_tests()?;
    let mut command = cargo();
    command.args(["test", "--no-fail-fast"]).args(HOUSE).env(postgres::URL_VARIABLE, database.url());
    if std::env::var_os(SEED_VARIABLE).is_none() {
        command.env(SEED_VARIABLE, SEED);
    }
    if let Some(python) = &python {
        command.env("COUNTERSIGN_PYTHON", python);
    }
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    run_command(&mut command)?;
    let mut command = cargo();
    command.args(["test", "-p", "xtask"]);
    if let Some(filter) = filter {
        command.args(["--", filter]);
    }
    run_command(&mut command)
}

fn both_demos(programs: &Binaries, database: &Postgres) -> Result<()> {
    say("test: the demo on SQLite");
    demo::once(programs, None)?;
    say("test: the demo on Postgres");
    demo::once(programs, Some(database))
}

fn in_browser(database: &Postgres, chromium: &Path, filter: Option<&str>, with_tests: bool) -> Result<()> {
    say("test: the console in a real browser");
    bundle::ensure()?;
    // Specs make accounts of other roles with Python's sqlite3, and on Postgres with psql.
    setup::ensure_python_venv()?;
    setup::ensure_psql()?;
    let server = if with_tests { binaries::for_tests()?.countersign } else { binaries::server()? };
    let mut command = Command::new("npx");
    command.args(["--no-install", "playwright", "test"]);
    if let Some(filter) = filter {
        command.args(["-g", filter]);
    }
    run_command(
        command
            .current_dir(paths::e2e())
            .env("COUNTERSIGN_BIN", server)
            .env("COUNTERSIGN_CHROMIUM", chromium)
            .env(postgres::URL_VARIABLE, database.url()),
    )
}

//! `cargo xtask lint`: what keeps the house standing. Every check runs, so that one run shows everything. Must not
//! change a file, but for `--bless`.

mod duplicates;
mod licences;
mod metadata;
mod rooms;
mod sources;

use anyhow::{Result, bail};

use crate::binaries::HOUSE;
use crate::process::{cargo, one_pass, run as run_command, say};
use crate::{bundle, setup};
use metadata::Metadata;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write the crates that are there in several versions to `xtask/duplicates.txt`, and do nothing else
    #[arg(long)]
    bless: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.bless {
        say("lint: writing xtask/duplicates.txt");
        return duplicates::bless(&Metadata::read()?);
    }
    say(
        "lint: format, rooms, migrations, views, licences, duplicates, then clippy for the host and for wasm",
    );
    let mut failed = Vec::new();
    let mut command = |name: &'static str, arguments: &[&str]| {
        if let Err(error) = run_command(cargo().args(arguments)) {
            eprintln!("xtask: {name}: {error}");
            failed.push(name);
        }
    };
    command("format", &["fmt", "--all", "--check"]);
    setup::ensure_wasm_target()?;
    if one_pass().is_some() {
        // What the tests have built was built by clippy; this says again what it said, and builds what is missing.
        let house = [&["build"], HOUSE, &["--all-targets"]].concat();
        command("clippy on the host", &house);
        command("clippy on xtask", &["build", "-p", "xtask", "--all-targets"]);
        command("clippy on wasm", &bundle::LIBRARY);
    } else {
        let host =
            ["clippy", "--workspace", "--exclude", "frontend", "--all-targets", "--", "-D", "warnings"];
        command("clippy on the host", &host);
        let wasm = ["clippy", "-p", "frontend", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"];
        command("clippy on wasm", &wasm);
    }

    let metadata = Metadata::read()?;
    for warning in sources::long_files()? {
        eprintln!("xtask: warning: {warning}");
    }
    let findings = [
        ("rooms", rooms::direct(&metadata)),
        ("what policy and the browser take in", rooms::trees()?),
        ("migrations", sources::migrations()?),
        ("views", sources::views()?),
        ("licences", licences::check(&metadata)?),
        ("duplicates", duplicates::check(&metadata)?),
    ];
    for (name, found) in findings {
        if show(name, &found) {
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!("lint: {} failed", failed.join(", "));
    }
    say("lint: all passed");
    Ok(())
}

/// The room imports alone, from metadata, as `check` wants them.
pub(crate) fn rooms_only() -> Result<()> {
    say("lint: room imports");
    if show("rooms", &rooms::direct(&Metadata::read()?)) {
        bail!("a room imports what it may not");
    }
    Ok(())
}

/// Prints the findings; whether there were any.
fn show(name: &str, findings: &[String]) -> bool {
    for finding in findings {
        eprintln!("xtask: {name}: {finding}");
    }
    !findings.is_empty()
}

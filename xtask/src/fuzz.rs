//! `cargo xtask fuzz [target] [seconds]`: looks for bytes for which something does not hold that must (`tests/src/fuzz.rs`),
//! with cargo-fuzz on nightly. Must not say what must hold. Ordinary tests replay the seeds; this one is run by hand.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process::{run as run_command, say};
use crate::{paths, setup, tree};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// One target alone: token, proof, evaluation, evaluations, search, rule, bundle
    target: Option<String>,
    /// For how long, each
    #[arg(default_value_t = 60)]
    seconds: u64,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = paths::root().join("fuzz");
    let targets = targets(&folder)?;
    let chosen: Vec<&String> = match &options.target {
        None => targets.iter().collect(),
        Some(wanted) => targets.iter().filter(|target| *target == wanted).collect(),
    };
    if chosen.is_empty() {
        bail!("there is no such target; there are {}", targets.join(", "));
    }
    say("fuzz: nightly and cargo-fuzz, then each target with its seeds");
    setup::ensure_cargo_fuzz()?;
    // The very versions that the house is built of; cargo adds what fuzzing needs besides.
    let lock = folder.join("Cargo.lock");
    if !lock.is_file() {
        fs::copy(paths::root().join("Cargo.lock"), &lock)
            .context("Cargo.lock could not be copied to fuzz")?;
    }
    for target in chosen {
        let found = folder.join("corpus").join(target);
        fs::create_dir_all(&found).with_context(|| format!("`{}` could not be created", found.display()))?;
        run_command(&mut command(&folder, target, options.seconds))?;
    }
    say("fuzz: nothing was found");
    Ok(())
}

/// What is found goes to `corpus`, the first of the folders; the seeds are only read.
fn command(folder: &Path, target: &str, seconds: u64) -> Command {
    let mut command = Command::new("rustup");
    command.current_dir(folder.parent().unwrap_or(folder));
    command.args(["run", "nightly", "cargo", "fuzz", "run", target]);
    command.arg(format!("fuzz/corpus/{target}")).arg(format!("fuzz/seeds/{target}"));
    command.args(["--", &format!("-max_total_time={seconds}"), "-max_len=65536", "-rss_limit_mb=4096"]);
    // cargo-fuzz sets RUSTFLAGS, which hides those of `.cargo/config.toml`; what is set here it keeps.
    command.env("RUSTFLAGS", "--cfg erase_components");
    // Those that `cargo xtask` has are of another toolchain.
    command.env_remove("CARGO").env_remove("RUSTC");
    command
}

/// The names of the files in `fuzz_targets`.
fn targets(folder: &Path) -> Result<Vec<String>> {
    let files = tree::files(&folder.join("fuzz_targets"))?;
    let names =
        files.iter().filter_map(|file| file.file_stem()).map(|name| name.to_string_lossy().into_owned());
    Ok(names.collect())
}

//! `cargo xtask release`: one optimised file with the console embedded. Must not publish it.

use std::fs;

use anyhow::{Context, Result};

use crate::process::{cargo, run as run_command, say};
use crate::{bundle, paths};

pub(crate) fn run() -> Result<()> {
    say("release: the front end, then the server, optimised");
    bundle::ensure()?;
    run_command(cargo().args(["build", "--release", "-p", "server", "--bin", "countersign"]))?;
    let file = paths::built("release", "countersign");
    let size = fs::metadata(&file).with_context(|| format!("cargo built no `{}`", file.display()))?.len();
    println!("{} ({:.1} MB)", file.display(), size as f64 / 1_000_000.0);
    Ok(())
}

//! `cargo xtask check`: what is quick enough to run before every commit. Must not need a database or a browser.

use anyhow::Result;

use crate::lint;
use crate::process::{cargo, run as run_command, say};

pub(crate) fn run() -> Result<()> {
    say("check: format, room imports, types of the host packages, the tests of policy");
    run_command(cargo().args(["fmt", "--all", "--check"]))?;
    lint::rooms_only()?;
    run_command(cargo().args(["check", "--workspace", "--exclude", "frontend"]))?;
    run_command(cargo().args(["test", "-p", "policy", "--all-features"]))
}

//! `cargo xtask serve`: the server as a developer runs it, with the console. Must not choose its settings.

use std::process::Command;

use anyhow::Result;

use crate::process::{run as run_command, say};
use crate::{binaries, bundle, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Handed to `countersign serve`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    say("serve: the front end if it is stale, then the server, then `countersign serve`");
    bundle::ensure()?;
    let server = binaries::server()?;
    run_command(Command::new(server).arg("serve").args(&options.arguments).current_dir(paths::root()))
}

//! `countersign subject`: a subject switched off and on from the host, beside a running server.

use super::{MOST, open_existing, operator};
use crate::config::Config;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use policy::SubjectId;
use policy::text::shown;
use std::process::ExitCode;
use store::Store;
use store::administration::Subject;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Deny every call of a subject from the next one on, whatever key or token it shows.
    Disable {
        /// The subject's id.
        id: String,
    },
    /// Let a subject call again.
    Enable {
        /// The subject's id.
        id: String,
    },
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::Disable { id } => switch(&store, id, false).await?,
        Command::Enable { id } => switch(&store, id, true).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn switch(store: &Store, id: &str, active: bool) -> Result<()> {
    let said = shown(id, MOST);
    let mut writer = store.write(operator()).await?;
    let Some(subject) = writer.get_subject(&SubjectId::new(id)).await? else { bail!("no subject `{said}`") };
    writer.put_subject(&Subject { active, ..subject }).await?;
    let changed = !writer.commit().await?.changes.is_empty();
    match (active, changed) {
        (false, true) => say!("`{said}` disabled; its calls are denied from the next one on")?,
        (true, true) => say!("`{said}` enabled; its calls are decided by the rules from the next one on")?,
        (false, false) => say!("`{said}` is disabled already")?,
        (true, false) => say!("`{said}` is active already")?,
    }
    Ok(())
}

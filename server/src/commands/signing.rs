//! `countersign signing`: the keys that sign what is handed out about requests for approval. Shows public halves alone.

use super::{open, operator};
use crate::config::Config;
use crate::vault_key;
use anyhow::Result;
use clap::{Args, Subcommand};
use pdp::signing::rotate;
use std::process::ExitCode;
use store::Store;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys, the newest first, and until when what each signed is taken.
    Keys,
    /// Sign by a fresh key from now on, on every replica at once. What the old one signed is taken until it expires.
    Rotate,
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match options.command {
        Command::Keys => list(&store).await?,
        Command::Rotate => make(config, &store).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(store: &Store) -> Result<()> {
    let Some(known) = store.signing_keys().await? else {
        say!("no key yet; one is made when it is needed")?;
        return Ok(());
    };
    for key in &known.keys {
        let state = match key.verifies_until {
            None => "signs".to_owned(),
            Some(until) if known.now < until => format!("retired, taken until {until}"),
            Some(_) => "over".to_owned(),
        };
        say!("key {}\tmade {}\t{state}", key.kid, key.created_at)?;
    }
    Ok(())
}

async fn make(config: &Config, store: &Store) -> Result<()> {
    let vault = vault_key::open_or_create(&config.vault, store).await?;
    let mut writer = store.write(operator()).await?;
    let told = rotate(&vault, &mut writer).await?;
    writer.commit().await?;
    say!("{} signs from now on", told.new.kid)?;
    if let Some(old) = told.old {
        let until = old.verifies_until.map(|until| until.to_string()).unwrap_or_default();
        say!("what {} signed is taken until {until}", old.kid)?;
    }
    Ok(())
}

//! `countersign setup-link` and `countersign account`: the ways into the console from the host.

use super::open;
use crate::clock;
use crate::config::Config;
use crate::console::{create_recovery_link, create_setup_link};
use anyhow::Result;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print a one-time link with which the holder of a login sets a new password.
    Recover { login: String },
    /// List the console's accounts.
    List,
}

/// Prints the one-time link with which the first owner is made; earlier ones stop working.
pub(crate) async fn setup_link(config: &Config) -> Result<ExitCode> {
    let store = open(config).await?;
    println!("{}", create_setup_link(&store, &config.public_url, clock::system()()).await?);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match &options.command {
        Command::Recover { login } => {
            println!("{}", create_recovery_link(&store, &config.public_url, login, clock::system()()).await?);
        }
        Command::List => {
            for account in store.accounts().await? {
                let state = if account.active { "active" } else { "off" };
                println!("{}\t{}\t{}\t{state}", account.login, account.name, account.role.as_str());
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

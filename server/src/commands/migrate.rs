//! `countersign migrate`: tables, forward only.

use super::{connect, expect_existing, open};
use crate::config::Config;
use anyhow::Result;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only say which migrations were applied, and when.
    #[arg(long)]
    status: bool,
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = if options.status {
        expect_existing(config)?;
        connect(config).await?
    } else {
        open(config).await?
    };
    for state in store.migration_status().await? {
        let applied = state.applied_at.map_or_else(|| "not applied".to_owned(), |at| at.to_string());
        say!("{:<24} {applied}", state.name)?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

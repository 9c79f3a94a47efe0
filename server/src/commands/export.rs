//! `countersign export`: the live policy as a file, beside a running server too.

use super::{open_existing, output};
use crate::config::Config;
use anyhow::{Context, Result};
use clap::Args;
use pdp::bundle::export;
use policy::TenantSlug;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only what holds in this tenant; such a bundle leaves other tenants alone.
    #[arg(long, value_name = "SLUG")]
    tenant: Option<String>,
    /// Write to this file instead of stdout; `-` is stdout.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    let only = options.tenant.as_deref().map(TenantSlug::from);
    let text = export(&store, only.as_ref(), env!("CARGO_PKG_VERSION")).await?;
    store.close().await;
    match options.output.as_deref().filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            let shown = path.display();
            std::fs::write(path, text).with_context(|| format!("{shown} could not be written"))?;
            say!("written to {shown}")?;
        }
        None => output::text(&text)?,
    }
    Ok(ExitCode::SUCCESS)
}

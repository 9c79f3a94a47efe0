//! `countersign serve`: until a signal comes, then finish what was begun.

use crate::clock;
use crate::config::Config;
use crate::running::Running;
use anyhow::{Context, Result};
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::signal;

pub(crate) async fn run(config: Config) -> Result<ExitCode> {
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} could not be listened on", config.listen))?;
    let store = super::open(&config).await?;
    let running = Running::start(store, listener, &config, clock::system()).await?;
    tracing::info!(address = %running.address(), public_url = %config.public_url, "ready");
    stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() -> Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            ctrl_c = signal::ctrl_c() => ctrl_c?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await?;
    Ok(())
}

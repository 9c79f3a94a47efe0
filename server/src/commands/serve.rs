//! `countersign serve`: until a signal comes, then finish what was begun.

use crate::clock;
use crate::config::Config;
use crate::console::create_setup_link;
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
    if let Some(link) = first_owner_link(&running, &config).await? {
        // To the terminal and never to the log: whoever reads it becomes the owner.
        eprintln!(
            "\nNo account exists yet. Make the first owner within an hour at\n\n    {link}\n\n`countersign setup-link` makes a new link.\n"
        );
    }
    tracing::info!(address = %running.address(), public_url = %config.public_url, "ready");
    stop_signal().await?;
    tracing::info!("stopping");
    running.stop().await?;
    Ok(ExitCode::SUCCESS)
}

/// The set-up link of a server that nobody was ever the owner of.
async fn first_owner_link(running: &Running, config: &Config) -> Result<Option<String>> {
    if !running.store().setup_is_open().await? {
        return Ok(None);
    }
    Ok(Some(create_setup_link(running.store(), &config.public_url, clock::system()()).await?))
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

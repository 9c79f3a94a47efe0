//! A small real MCP server whose every tool call is decided by Countersign.

mod crm;
mod enforcement;
mod server;

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use clap::Parser;
use tokio::{net::TcpListener, signal};

use crate::{crm::Crm, enforcement::Enforcement};

/// A small CRM as an MCP server. Every tool call is decided by Countersign.
#[derive(Parser)]
#[command(name = "crm-server", version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Base URL of Countersign
    #[arg(long, env = "COUNTERSIGN_URL", default_value = "http://127.0.0.1:8787")]
    countersign: String,
    /// Enforcement key of this server; give it in the environment, not on the command line
    #[arg(long, env = "COUNTERSIGN_KEY", hide_env_values = true)]
    countersign_key: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // Fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let enforcement = Enforcement::new(&arguments.countersign, arguments.countersign_key)
        .context("cannot set up the enforcement client")?;
    let router = server::router(Arc::new(Crm::sample()), Arc::new(enforcement));

    let listener = TcpListener::bind(arguments.listen)
        .await
        .with_context(|| format!("cannot listen on {}", arguments.listen))?;
    eprintln!("crm-server: listening on http://{}/mcp", listener.local_addr()?);
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            let _ = signal::ctrl_c().await;
        })
        .await?;
    Ok(())
}

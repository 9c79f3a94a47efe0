//! Log lines on stderr, as text or as JSON. Nothing secret is ever handed to `tracing`.

use anyhow::Context;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// Installs the subscriber. `filter` is `info`, `debug`, or as in `tracing_subscriber::EnvFilter`.
///
/// # Errors
/// When the filter does not parse, or a subscriber is installed already.
pub fn init(format: LogFormat, filter: &str) -> anyhow::Result<()> {
    // sqlx tells at `info` what Postgres merely notices. To rmcp an MCP server that does not answer is a fatal error;
    // here it is an answer to whoever asked, and none of ours.
    let filter = EnvFilter::try_new(format!("sqlx=warn,rmcp=off,{filter}"))
        .with_context(|| format!("--log: `{filter}` is not like `info`, or `pdp=debug,warn`"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    installed.map_err(|error| anyhow::anyhow!("logging could not start: {error}"))
}

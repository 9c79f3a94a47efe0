//! `countersign`: the one binary. Everything it does is a command of `server::cli`.

use clap::Parser;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    server::cli::Cli::parse().run().await
}

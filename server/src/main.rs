//! `countersign`: the one binary. Everything it does is a command of `server::cli`.

use clap::Parser;

/// With the system's allocator a decision takes a tenth longer.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    server::cli::Cli::parse().run().await
}

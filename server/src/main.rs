//! `countersign`: the one binary. Everything it does is a command of `server::cli`.

use clap::Parser;

/// The system's allocator took a twelfth of the processor time of decisions (ADR 0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    server::cli::Cli::parse().run().await
}

//! `countersign`: the one binary. Everything it does is a command of `server::cli`.

/// The system's allocator took a twelfth of the processor time of decisions (ADR 0013).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match server::cli::Cli::read() {
        Ok(cli) => cli.run().await,
        Err(code) => code,
    }
}

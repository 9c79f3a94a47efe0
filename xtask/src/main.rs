//! `cargo xtask <command>`: the one tool of this house. Each command says what it does on stderr before it does
//! it, and installs or builds what it needs. Must not hold any rule of the product: it only runs the others.

#![allow(clippy::print_stdout, reason = "a command line tool: its tables and paths go to stdout")]

mod bench;
mod binaries;
mod bundle;
mod check;
mod child;
mod demo;
mod fuzz;
mod gallery;
mod http;
mod lint;
mod paths;
mod postgres;
mod process;
mod release;
mod scratch;
mod serve;
mod setup;
mod test;
mod tree;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Build, run, test and measure Countersign")]
struct Xtask {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run the main job: Countersign, a real MCP server, and an agent whose calls are allowed and denied
    Demo(demo::Options),
    /// Bundle the console if it is stale, build the server, run `countersign serve`
    Serve(serve::Options),
    /// The fast checks before each commit: format, types, room imports, the tests of `policy`
    Check,
    /// Every test: unit, stories on both databases, examples, the demo, the browser
    Test(test::Options),
    /// Format, clippy (host and wasm), rooms, migrations, views, licences, duplicates
    Lint(lint::Options),
    /// Build the front end into `target/site`
    Bundle(bundle::Options),
    /// Pictures of every page of the console, into `gallery/`
    Gallery,
    /// Measure the server on both databases, and `policy` alone
    Bench(bench::Options),
    /// Look for bytes that break what reads tokens, bodies, rules and policy files (nightly)
    Fuzz(fuzz::Options),
    /// One optimised file with the console embedded: `target/release/countersign`
    Release,
    /// Install everything that the tests need
    Setup,
}

fn main() -> anyhow::Result<()> {
    match Xtask::parse().command {
        Task::Demo(options) => demo::run(&options),
        Task::Serve(options) => serve::run(&options),
        Task::Check => check::run(),
        Task::Test(options) => test::run(&options),
        Task::Lint(options) => lint::run(&options),
        Task::Bundle(options) => bundle::run(&options),
        Task::Gallery => gallery::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Release => release::run(),
        Task::Setup => setup::run(),
    }
}

//! `cargo xtask demo`: the main job, seen. Countersign, a real MCP server that asks it before every call, and an
//! agent that makes the calls of `examples/demo/script.json` through a real MCP client. Must not decide anything:
//! what is expected stands in the script, what came out is the server's word.

mod house;
mod script;
mod table;

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::binaries::{self, Binaries};
use crate::postgres::Postgres;
use crate::process::say;
use crate::{bundle, http};
use house::House;
use script::Row;
use table::Table;

/// The console's usual port, taken when it is free.
const PORT: u16 = 8787;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// End after the table; success only if every row came out as expected
    #[arg(long)]
    once: bool,
    /// On a temporary Postgres instead of an SQLite file
    #[arg(long)]
    postgres: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    say("demo: building the server and the example MCP server (some minutes the first time)");
    let programs = binaries::for_demo()?;
    let database = if options.postgres { Some(Postgres::given_or_started()?) } else { None };
    if options.once {
        return once(&programs, database.as_ref());
    }

    let mut house = House::open(&programs, database.as_ref(), http::free_port_preferring(PORT)?)?;
    let unexpected = play(&house)?;
    if unexpected > 0 {
        eprintln!("xtask: {unexpected} rows did not come out as expected\n{}", house.log());
    }
    say("demo: now the console, while the server stays up");
    bundle::ensure()?;
    binaries::for_demo()?;
    say("demo: starting the server again with the console in it, on the same database and port");
    house.restart()?;
    println!("\nThe console     {}", house.address());
    match house.setup_link() {
        Ok(link) => println!("Sign in with    {link}"),
        Err(error) => println!("No set-up link  {error}"),
    }
    println!("The MCP server  {}", house.mcp_address());
    println!("Ctrl-C stops all of it and removes its data.");
    loop {
        house.still_up()?;
        sleep(Duration::from_millis(500));
    }
}

/// The table alone: an error unless every row came out as expected.
pub(crate) fn once(programs: &Binaries, database: Option<&Postgres>) -> Result<()> {
    let house = House::open(programs, database, http::free_port()?)?;
    let unexpected = play(&house)?;
    if unexpected > 0 {
        bail!("{unexpected} rows of the demo did not come out as expected\n{}", house.log());
    }
    Ok(())
}

/// Makes every call of the script; gives how many came out otherwise than expected.
fn play(house: &House) -> Result<usize> {
    let rows = script::read()?;
    let table = Table::of(&rows);
    println!("\nOn {}", house.database_kind());
    table.head();
    let mut unexpected = 0;
    let mut waiting = None;
    for (at, row) in rows.iter().enumerate() {
        unexpected += usize::from(!step(house, &table, at + 1, row, &mut waiting)?);
    }
    println!("\n{} calls, {unexpected} unexpected", rows.len());
    Ok(unexpected)
}

/// `waiting`: where the call stands that waits for a person since last.
fn step(
    house: &House,
    table: &Table,
    number: usize,
    row: &Row,
    waiting: &mut Option<String>,
) -> Result<bool> {
    if let Some(before) = &row.before {
        if let Some(bundle) = &before.apply {
            println!("\n    $ countersign apply -f {bundle}");
            house.apply(bundle)?;
        }
        if before.approve {
            let request = waiting.as_deref().with_context(|| format!("`{}`: no call waits", row.title))?;
            println!("\n    Frank signs in to the console and approves {request}");
            house.approve(request).with_context(|| house.log())?;
        }
    }
    let answer =
        house.call(row).with_context(|| format!("row {number}, `{}`\n{}", row.title, house.log()))?;
    if answer.status_url.is_some() {
        waiting.clone_from(&answer.status_url);
    }
    let misses = row.expect.misses(&answer);
    table.line(number, row, &answer, &misses);
    Ok(misses.is_empty())
}

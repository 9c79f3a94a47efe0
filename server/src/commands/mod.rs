//! One file per command.

/// Prints a line of what a command answers, as `println!` does, which would panic where nobody reads any more.
macro_rules! say {
    ($($text:tt)*) => { $crate::commands::output::line(format_args!($($text)*)) };
}

pub(crate) mod account;
pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod check;
mod confirm;
pub(crate) mod credential;
pub(crate) mod emergency;
pub(crate) mod export;
mod input;
pub(crate) mod issuer;
pub(crate) mod mail;
pub(crate) mod migrate;
mod output;
pub(crate) mod provider;
pub(crate) mod resource;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod signing;
pub(crate) mod subject;
pub(crate) mod task;
pub(crate) mod token;
pub(crate) mod unmapped;
pub(crate) mod vault;
pub(crate) mod webhook;

use crate::config::Config;
use crate::console::{PublicUrl, check_public_url};
use anyhow::{Context, Result, bail};
use store::{Settings, Store};

/// The longest text of others in a line, in characters.
const MOST: usize = 300;

/// Opens the database and brings its tables to this version.
async fn open(config: &Config) -> Result<Store> {
    let store = connect(config).await?;
    store.migrate().await.context("the database's tables could not be brought to this version")?;
    Ok(store)
}

/// Opens a database that is there, for what only asks or takes something away: of an address that was mistyped it would
/// otherwise say, by a database that it made itself, that all is well or that everything is stopped.
async fn open_existing(config: &Config) -> Result<Store> {
    expect_existing(config)?;
    open(config).await
}

fn expect_existing(config: &Config) -> Result<()> {
    if let Some(path) = settings(config).missing_file() {
        bail!(
            "there is no database at {}; `--database` says where it is, and `countersign migrate` makes one",
            path.display()
        );
    }
    Ok(())
}

/// Opens the database as it is.
async fn connect(config: &Config) -> Result<Store> {
    Store::open(&settings(config)).await.context("the database could not be opened")
}

fn settings(config: &Config) -> Settings {
    Settings { url: config.database.clone(), read_connections: READ_CONNECTIONS }
}

/// Where people reach the server, for what is printed of its addresses.
fn public_url(config: &Config) -> Result<PublicUrl> {
    check_public_url(&config.public_url).context("--public-url")
}

/// Enough to keep the cores busy; a call holds one for a fraction of a millisecond.
const READ_CONNECTIONS: u32 = 8;

/// Who an administrative change from the command line is written down as.
fn operator() -> store::Actor {
    let user =
        std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "operator".to_owned());
    store::Actor { name: user, via: store::Via::Cli, request_id: None }
}

//! `countersign vault`: which secrets are kept, and another key for them, beside a running server too.

use super::confirm::Yes;
use super::{MOST, open, operator};
use crate::config::Config;
use crate::vault_key::{self, VaultKeys};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use pdp::vault::{VaultKey, rewrap};
use policy::text::shown;
use std::path::Path;
use std::process::ExitCode;
use store::Store;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say which keys are at hand, which one the vault has, and whether each secret can be opened. Shows no secret.
    Status,
    /// Wrap every secret by a new key. One that was begun or prepared is finished.
    Rotate {
        /// Only put the new key into the file, so that it can be copied to other hosts before it is used.
        #[arg(long)]
        prepare: bool,
        /// Delete secrets that no key at hand opens: they have to be given again.
        #[arg(long, conflicts_with = "prepare")]
        discard: bool,
        #[command(flatten)]
        yes: Yes,
    },
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    let code = match options.command {
        Command::Status => status(config, &store).await?,
        Command::Rotate { prepare, discard, yes } => {
            if discard {
                yes.ask("deletes secrets that no key at hand opens")?;
            }
            rotate(config, &store, prepare, discard).await?;
            ExitCode::SUCCESS
        }
    };
    store.close().await;
    Ok(code)
}

/// Exit code 2 where a secret cannot be opened, or the vault's key is not at hand.
async fn status(config: &Config, store: &Store) -> Result<ExitCode> {
    let keys = config.vault.read();
    if let Err(why) = &keys {
        say!("no key at hand: {why}")?;
    }
    let current = store.vault_key().await?;
    let mut fine = current.is_none();
    for key in keys.iter().flatten() {
        let is_current = current.as_deref() == Some(key.id());
        fine |= is_current;
        say!("key {}\tat hand{}", key.id(), if is_current { ", the vault's" } else { "" })?;
    }
    match &current {
        None => say!("the vault is empty")?,
        Some(id) if !fine => say!("key {id}\tthe vault's, NOT at hand")?,
        Some(_) => {}
    }
    let vault = vault_key::open(&config.vault);
    for stored in store.list_secrets().await? {
        let place = shown(&stored.secret.place.to_string(), MOST);
        let state = match vault.open(&stored.secret) {
            Ok(_) => "opens".to_owned(),
            Err(error) => {
                fine = false;
                format!("CANNOT be opened: {}", shown(&error.to_string(), MOST))
            }
        };
        say!("secret {place}\tkey {}\tof {}\t{state}", stored.secret.key, stored.changed_at)?;
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

async fn rotate(config: &Config, store: &Store, prepare: bool, discard: bool) -> Result<()> {
    // Begun first: of two who rotate at once, one waits here, and then finds what the other one did.
    let mut writer = store.write(operator()).await?;
    let current = writer.vault_key().await?;
    let (keys, file) = match &config.vault {
        VaultKeys::File(path) => (in_file(path, &config.vault, current.as_deref(), discard)?, Some(path)),
        VaultKeys::Given(_) => (given(&config.vault, current.as_deref(), prepare)?, None),
    };
    if prepare {
        say!("{} is in the key file, in front of the old one; nothing is wrapped by it yet.", named(&keys))?;
        say!("Copy the file to every host, then run `countersign vault rotate` on one of them.")?;
        return Ok(());
    }
    let Some(newest) = keys.first() else { bail!("there is no key to wrap secrets by") };
    let vault = vault_key::open(&config.vault);
    let told = rewrap(&vault, &mut writer, newest, discard).await?;
    writer.commit().await?;
    // Only now does nothing need the old ones. Said afterwards: whoever reads may be gone.
    if let Some(path) = file {
        vault_key::replace(path, std::slice::from_ref(newest))?;
    }
    for place in &told.lost {
        say!("{} deleted: no key at hand opens it", shown(&place.to_string(), MOST))?;
    }
    say!("{} of {} secrets wrapped anew; the vault's key is {}", told.rewrapped, told.total, newest.id())?;
    match file {
        Some(path) => {
            say!("{} holds that key alone; hosts that do not share it need a copy", path.display())?;
        }
        None => say!("the other keys can be taken out of COUNTERSIGN_VAULT_KEY")?,
    }
    Ok(())
}

fn named(keys: &[VaultKey]) -> String {
    keys.first().map(|key| format!("key {}", key.id())).unwrap_or_default()
}

/// The keys of the file, with a new one in front unless a rotation was begun or prepared.
fn in_file(path: &Path, keys: &VaultKeys, current: Option<&str>, discard: bool) -> Result<Vec<VaultKey>> {
    let mut known = match keys.read() {
        Ok(known) => known,
        Err(_) if !path.exists() && (current.is_none() || discard) => Vec::new(),
        Err(why) => bail!("the vault key: {why}"),
    };
    let lost = current.filter(|id| !known.iter().any(|key| key.id() == *id));
    if let Some(id) = lost.filter(|_| !discard) {
        bail!(
            "the vault's key {id} is not in {}; put it back, or give up what it wraps with --discard",
            path.display()
        );
    }
    if known.len() < 2 {
        known.insert(0, vault_key::fresh());
        // On the disk before anything is wrapped by it.
        vault_key::replace(path, &known)?;
    }
    Ok(known)
}

/// The keys of the variable; whoever sets it puts the new one in front.
fn given(keys: &VaultKeys, current: Option<&str>, prepare: bool) -> Result<Vec<VaultKey>> {
    let known = keys.read().map_err(anyhow::Error::msg)?;
    let is_current = known.first().is_some_and(|key| current == Some(key.id()));
    if prepare || (is_current && known.len() == 1) {
        bail!(
            "put a new key in front of the one in COUNTERSIGN_VAULT_KEY, with a comma between, and rotate then"
        );
    }
    Ok(known)
}

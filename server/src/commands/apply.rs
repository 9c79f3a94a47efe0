//! `countersign apply`: policy as a file, beside a running server too.

use super::input::{self, Text};
use super::{open, operator};
use crate::config::Config;
use crate::vault_key;
use anyhow::{Context, Result};
use clap::Args;
use pdp::bundle::{Applied, ApplyOptions, Bundle, Flagged, apply};
use policy::text::shown as harmless;
use std::path::PathBuf;
use std::process::ExitCode;
use store::{Action, Change};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The bundle (YAML or JSON); `-` reads stdin.
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Say what would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove what the bundle does not name, of each list at the top that it gives.
    #[arg(long)]
    prune: bool,
    /// Take rules that deny or ask for approval although they can never match.
    #[arg(long)]
    allow_unmatched: bool,
}

/// The longest name and the longest value that are printed, in characters.
const NAME: usize = 500;
const VALUE: usize = 100;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let Text { from, text } = input::text(&options.file)?;
    let bundle = Bundle::parse(&text).with_context(|| from.clone())?;
    let store = open(config).await?;
    let vault = if bundle.names_kept_secrets() {
        Some(vault_key::open_or_create(&config.vault, &store).await?)
    } else {
        None
    };
    let mut writer = store.write(operator()).await?;
    let how = ApplyOptions {
        allow_unmatched: options.allow_unmatched,
        prune: options.prune,
        vault: vault.as_ref(),
    };
    let applied = apply(&mut writer, &bundle, &|name| std::env::var(name).ok(), how).await;
    match applied {
        Err(error) => {
            writer.rollback().await?;
            Err(error).with_context(|| format!("{from}: nothing was changed"))
        }
        Ok(applied) if options.dry_run => {
            let changes = writer.changes().to_vec();
            // First: nobody else writes until then, no record either, and whoever reads may take their time (`| less`).
            writer.rollback().await?;
            report(&changes)?;
            tell(&applied)?;
            say!("dry run: nothing was changed")?;
            store.close().await;
            Ok(ExitCode::SUCCESS)
        }
        Ok(applied) => {
            let committed = writer.commit().await?;
            report(&committed.changes)?;
            tell(&applied)?;
            match committed.changes.len() {
                0 => say!("nothing to change")?,
                1 => say!("1 change; takes effect on the next call")?,
                n => say!("{n} changes; take effect on the next call")?,
            }
            store.close().await;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn tell(applied: &Applied) -> Result<()> {
    for Flagged { rule, flags, unapproved } in &applied.flagged {
        if !flags.is_empty() {
            let why: Vec<String> = flags.iter().map(ToString::to_string).collect();
            say!("! rule {} can never match: {}", harmless(rule, NAME), why.join("; "))?;
        }
        if let Some(why) = unapproved {
            let why = harmless(&why.to_string(), NAME);
            say!("! too few can approve what rule {} asks about: {why}", harmless(rule, NAME))?;
        }
    }
    for name in &applied.keyless {
        say!(
            "! credential {} has no key, so nobody can ask with it: give it a `secret_env`, or use `countersign credential rotate`",
            harmless(name, NAME)
        )?;
    }
    match &applied.pruned {
        None => {}
        Some(pruned) if pruned.is_empty() => say!("pruned: nothing")?,
        Some(pruned) => {
            let pruned: Vec<String> = pruned.iter().map(ToString::to_string).collect();
            say!("pruned: {}", pruned.join(", "))?;
        }
    }
    Ok(())
}

fn report(changes: &[Change]) -> Result<()> {
    for change in changes {
        let sign = match change.action {
            Action::Create => '+',
            Action::Update => '~',
            Action::Delete => '-',
        };
        let tenant = change.tenant.as_ref().map(|tenant| format!(" ({tenant})")).unwrap_or_default();
        say!("{sign} {} {}{tenant}", change.kind, harmless(&name(change), NAME))?;
        if change.action == Action::Update {
            for (key, before, after) in differences(change) {
                say!("    {key}: {before} -> {after}")?;
            }
        }
    }
    Ok(())
}

/// The thing's own name where it has one; its id says little to a person.
fn name(change: &Change) -> String {
    let of = |value: &Option<serde_json::Value>| {
        let value = value.as_ref()?;
        let text =
            |pointer: &str| value.pointer(pointer).and_then(serde_json::Value::as_str).map(str::to_owned);
        match change.kind.as_str() {
            "rule" => text("/rule/name"),
            "role" | "credential" => text("/name"),
            "tool" => Some(format!("{}/{}", text("/server")?, text("/name")?)),
            "api_key" => Some(format!("{} of {}", text("/name")?, change.object)),
            _ => None,
        }
    };
    of(&change.after).or_else(|| of(&change.before)).unwrap_or_else(|| change.object.clone())
}

/// The members that differ, each with its old and new text, shortened.
fn differences(change: &Change) -> Vec<(String, String, String)> {
    let (Some(before), Some(after)) = (
        change.before.as_ref().and_then(serde_json::Value::as_object),
        change.after.as_ref().and_then(serde_json::Value::as_object),
    ) else {
        return Vec::new();
    };
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| (key.clone(), shown(before.get(key)), shown(after.get(key))))
        .collect()
}

fn shown(value: Option<&serde_json::Value>) -> String {
    harmless(&value.map_or_else(|| "nothing".to_owned(), ToString::to_string), VALUE)
}

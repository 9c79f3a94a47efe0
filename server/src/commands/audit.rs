//! `countersign audit`: is the record whole, and what may be let go of it.

use super::open;
use crate::config::Config;
use crate::{audit_key, clock};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use policy::Timestamp;
use std::path::PathBuf;
use std::process::ExitCode;
use store::audit;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Walk every chain and name the first bad, missing or invented record of each.
    Verify {
        /// Checkpoints exported earlier, which the chains must still agree with.
        #[arg(long)]
        anchor: Option<PathBuf>,
    },
    /// Print each chain's last signed checkpoint, one JSON line each; keep them where the database's
    /// administrator cannot write.
    Checkpoints,
    /// Remove whole leading parts of chains that are older than a moment; the chains must be sound.
    Prune {
        /// Records before this moment go (RFC 3339).
        #[arg(long)]
        before: String,
    },
}

/// Exit code 0: sound; 2: findings; 1: could not be found out.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    let key = audit_key::load(&config.audit_key)?;
    let code = match &options.command {
        Command::Verify { anchor } => {
            let anchors = match anchor {
                Some(path) => {
                    let text =
                        std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
                    audit::read_anchors(&text).with_context(|| format!("{}", path.display()))?
                }
                None => Vec::new(),
            };
            report(&audit::verify(&store, &key, &anchors).await?, anchors.len())
        }
        Command::Checkpoints => {
            print!("{}", audit::export_checkpoints(&store).await?);
            ExitCode::SUCCESS
        }
        Command::Prune { before } => {
            let before = Timestamp::parse(before)?;
            let sound = audit::verify(&store, &key, &[]).await?;
            if !sound.is_sound() {
                report(&sound, 0);
                bail!("the record is not sound, so nothing was removed");
            }
            let by = super::operator().name;
            let pruned = audit::prune(&store, &key, before, &by, clock::system()()).await?;
            println!("{} records removed from {} chains", pruned.records, pruned.chains);
            ExitCode::SUCCESS
        }
    };
    store.close().await;
    Ok(code)
}

fn report(report: &audit::Report, anchors: usize) -> ExitCode {
    println!("{} chains, {} records, {} checkpoints", report.chains, report.records, report.checkpoints);
    for finding in &report.findings {
        println!("bad: {finding}");
    }
    if report.is_sound() {
        match anchors {
            0 => println!(
                "sound by itself; without anchors a removed end cannot be seen (see `audit checkpoints`)"
            ),
            n => println!("sound, held against {n} anchors"),
        }
        ExitCode::SUCCESS
    } else {
        ExitCode::from(2)
    }
}

//! `countersign audit`: is the record whole, and what may be let go of it.

use super::confirm::Yes;
use super::input::Text;
use super::{input, open_existing, operator, output};
use crate::config::Config;
use crate::{audit_key, clock};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use policy::Timestamp;
use policy::text::shown;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::audit::{self, ExportedCheckpoint, Finding, LocalHeads};

/// The longest line about one finding, in characters.
const MOST: usize = 300;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Walk every chain and name the first bad, missing or invented record of each.
    Verify {
        /// Checkpoints exported earlier, which the chains must still agree with; `-` reads stdin [default: those that
        /// servers on this host kept beside the audit key]
        #[arg(long, value_name = "FILE")]
        anchor: Option<PathBuf>,
    },
    /// Print each chain's last signed checkpoint, one JSON line each; keep them where the database's
    /// administrator cannot write.
    Checkpoints,
    /// Remove whole leading parts of chains that are older than a moment; the chains must be sound.
    Prune {
        /// Records before this moment go (RFC 3339).
        #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse)]
        before: Timestamp,
        #[command(flatten)]
        yes: Yes,
    },
    /// Remove requests for approval, and substitutes, that were over before a moment; what waits or still counts stays.
    PruneApprovals {
        /// What was over before this moment goes (RFC 3339).
        #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse)]
        before: Timestamp,
        #[command(flatten)]
        yes: Yes,
    },
}

/// What the chains are held against, beside themselves.
struct Anchors {
    checkpoints: Vec<ExportedCheckpoint>,
    /// Where they come from, for the output.
    from: String,
}

impl Anchors {
    fn of_file(path: &Path) -> Result<Self> {
        let Text { from, text } = input::text(path)?;
        let checkpoints = audit::read_anchors(&text).with_context(|| from.clone())?;
        Ok(Self { checkpoints, from: format!("of {from}") })
    }

    /// What servers on this host kept of this database. It is open, so that a SQLite file is there.
    fn kept_here(config: &Config) -> Result<Self> {
        let heads = LocalHeads::beside(&config.audit_key, &config.database);
        let checkpoints = heads.read().context("the checkpoints kept on this host")?;
        Ok(Self { checkpoints, from: format!("kept in {}", heads.folder().display()) })
    }
}

/// Exit code 0: sound; 2: findings; 1: could not be found out.
pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    let key = audit_key::load(&config.audit_key)?;
    let code = match &options.command {
        Command::Verify { anchor } => {
            // Read before the records: what is kept never runs ahead of them.
            let anchors = match anchor {
                Some(path) => Anchors::of_file(path)?,
                None => Anchors::kept_here(config)?,
            };
            report(&audit::verify(&store, &key, &anchors.checkpoints).await?, &anchors)?
        }
        Command::Checkpoints => {
            output::text(&audit::export_checkpoints(&store).await?)?;
            ExitCode::SUCCESS
        }
        Command::Prune { before, yes } => {
            yes.ask(&format!("removes what was recorded before {before}"))?;
            let anchors = Anchors::kept_here(config)?;
            let sound = audit::verify(&store, &key, &anchors.checkpoints).await?;
            if !sound.is_sound() {
                report(&sound, &anchors)?;
                bail!("the record is not sound, so nothing was removed");
            }
            let by = operator().name;
            let pruned = audit::prune(&store, &key, *before, &by, clock::system()()).await?;
            say!("{} records removed from {} chains", pruned.records, pruned.chains)?;
            ExitCode::SUCCESS
        }
        Command::PruneApprovals { before, yes } => {
            yes.ask(&format!(
                "removes requests for approval and substitutes that were over before {before}"
            ))?;
            let pruned = store.prune_approvals(*before, &operator()).await?;
            say!(
                "{} requests for approval and {} substitutes removed",
                pruned.approvals,
                pruned.substitutes
            )?;
            ExitCode::SUCCESS
        }
    };
    store.close().await;
    Ok(code)
}

fn report(report: &audit::Report, anchors: &Anchors) -> Result<ExitCode> {
    say!("{} chains, {} records, {} checkpoints", report.chains, report.records, report.checkpoints)?;
    match anchors.checkpoints.len() {
        0 => say!(
            "held against nothing outside of the database, so a removed end cannot be seen (see `audit checkpoints`)"
        )?,
        n => say!("held against {n} checkpoints {}", anchors.from)?,
    }
    for finding in &report.findings {
        say!("{}", bad(finding))?;
    }
    if report.is_sound() {
        say!("sound")?;
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::from(2))
    }
}

/// What a finding names stands in the database, which somebody else may have written: it must not hide the line from
/// whoever reads it at a terminal.
fn bad(finding: &Finding) -> String {
    format!("bad: {}", shown(&finding.to_string(), MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_cannot_hide_itself() {
        let id = "\r\u{1b}[2K\u{1b}[8m\u{202e}".to_owned();
        let finding = Finding::Altered { chain: "c-1".to_owned(), seq: 92, id };
        let expected = "bad: chain c-1: record 92 (\u{fffd}\u{fffd}[2K\u{fffd}[8m\u{fffd}) was altered";
        assert_eq!(bad(&finding), expected);
        let long = Finding::MissingChain { chain: "x".repeat(5_000) };
        assert!(bad(&long).ends_with('…'));
    }
}

//! `countersign unmapped`: callers with a valid token whom nobody is known by, to be mapped or blocked.

use super::{MOST, open_existing, operator};
use crate::config::Config;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use policy::SubjectId;
use policy::text::shown;
use std::process::ExitCode;
use store::administration::Page;
use store::{UnmappedCaller, UnmappedState};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Caller {
    /// The issuer's URL, as it is registered.
    #[arg(long, value_name = "URL")]
    issuer: String,
    /// The subject as the issuer names it.
    #[arg(long, allow_hyphen_values = true)]
    sub: String,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List identities that were seen and belong to nobody, the last seen first, with what they tried.
    List {
        /// The blocked ones instead.
        #[arg(long)]
        blocked: bool,
    },
    /// Give an identity to a subject; it is who its tokens stand for from the next call on.
    Map {
        #[command(flatten)]
        caller: Caller,
        /// The subject's id.
        #[arg(long)]
        subject: String,
    },
    /// Block an identity: it is not listed any more, and becomes nobody's until it is unblocked.
    Block(Caller),
    /// Lift a block; the identity still belongs to nobody.
    Unblock(Caller),
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::List { blocked } => {
            let state = if *blocked { UnmappedState::Blocked } else { UnmappedState::Seen };
            for caller in store.list_unmapped(Some(state), &Page::ALL).await? {
                say!("{}", line(&caller))?;
            }
        }
        Command::Map { caller, subject } => {
            let mut writer = store.write(operator()).await?;
            writer.map_identity(&caller.issuer, &caller.sub, &SubjectId::new(subject)).await?;
            let changed = !writer.commit().await?.changes.is_empty();
            let sub = shown(&caller.sub, MOST);
            if changed {
                say!("`{sub}` of `{}` is `{subject}` from the next call on", caller.issuer)?;
            } else {
                say!("`{sub}` of `{}` is `{subject}` already", caller.issuer)?;
            }
        }
        Command::Block(caller) => {
            let mut writer = store.write(operator()).await?;
            let changed = writer.block_identity(&caller.issuer, &caller.sub).await?;
            writer.commit().await?;
            let what = if changed { "blocked" } else { "blocked already" };
            say!("`{}` of `{}` {what}", shown(&caller.sub, MOST), caller.issuer)?;
        }
        Command::Unblock(caller) => {
            let mut writer = store.write(operator()).await?;
            if !writer.unblock_identity(&caller.issuer, &caller.sub).await? {
                bail!("`{}` of `{}` is not blocked", shown(&caller.sub, MOST), caller.issuer);
            }
            writer.commit().await?;
            say!("`{}` of `{}` unblocked", shown(&caller.sub, MOST), caller.issuer)?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn line(caller: &UnmappedCaller) -> String {
    let mut line = format!("{}\t{}", caller.issuer, shown(&caller.sub, MOST));
    match caller.attempts {
        0 => line.push_str("\tnever seen"),
        1 => line.push_str(&format!("\tseen once, {}", caller.last_seen)),
        n => line.push_str(&format!("\tseen {n} times, last {}", caller.last_seen)),
    }
    let tried = [caller.server.as_deref(), caller.tool.as_deref()];
    let tried: Vec<String> = tried.into_iter().flatten().map(|text| shown(text, MOST)).collect();
    if !tried.is_empty() {
        line.push_str(&format!("\ttried {}", tried.join("/")));
    }
    if let Some(tenant) = &caller.tenant {
        line.push_str(&format!("\tin {}", shown(tenant, MOST)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::Timestamp;

    #[test]
    fn a_caller_is_one_line_whatever_it_calls_itself() {
        let caller = UnmappedCaller {
            issuer: "https://idp.example".to_owned(),
            sub: "a\u{1b}[2J\n17".to_owned(),
            first_seen: Timestamp::from_micros(0),
            last_seen: Timestamp::from_micros(60_000_000),
            attempts: 3,
            tenant: Some("acme".to_owned()),
            server: Some("crm".to_owned()),
            tool: Some("re\tfund".to_owned()),
            state: UnmappedState::Seen,
        };
        assert_eq!(
            line(&caller),
            "https://idp.example\ta\u{fffd}[2J\u{fffd}17\tseen 3 times, last 1970-01-01T00:01:00Z\ttried crm/re\u{fffd}fund\tin acme"
        );
        let blocked = UnmappedCaller { attempts: 0, tenant: None, server: None, tool: None, ..caller };
        assert!(line(&blocked).ends_with("\tnever seen"));
    }
}

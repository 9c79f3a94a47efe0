//! `countersign revoke`: an API key taken back, and tokens of issuers, one by one or all that a subject has.

use super::{MOST, open_existing, operator};
use crate::config::Config;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use policy::text::shown;
use policy::{SubjectId, Timestamp};
use std::process::ExitCode;
use store::Store;
use store::administration::Page;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take back one token of an issuer.
    Token {
        /// The issuer's URL, as it is registered.
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// The token's `jti` claim; not the token.
        #[arg(long, allow_hyphen_values = true)]
        jti: String,
        /// When the token expires by itself, its `exp` (RFC 3339).
        #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse)]
        until: Timestamp,
    },
    /// Sign a subject out everywhere: no token that was issued before counts any more.
    Subject {
        /// The subject's id.
        id: String,
    },
    /// Take back one API key of a subject for good.
    Key {
        /// The subject's id.
        subject: String,
        /// The key's name; not the key.
        name: String,
    },
    /// List the tokens that were taken back.
    List,
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::Token { issuer, jti, until } => {
            let mut writer = store.write(operator()).await?;
            let revoked = writer.revoke_token(issuer, jti, *until).await?;
            writer.commit().await?;
            say!(
                "token `{}` of `{}` revoked until {}; takes effect on the next call",
                shown(&revoked.jti, MOST),
                revoked.issuer,
                revoked.until
            )?;
        }
        Command::Subject { id } => {
            let mut writer = store.write(operator()).await?;
            let subject = writer.sign_out_everywhere(&SubjectId::new(id)).await?;
            writer.commit().await?;
            let upto = subject.tokens_after.map(|at| at.to_string()).unwrap_or_default();
            say!(
                "`{}` signed out everywhere; tokens issued up to {upto} are refused from the next call on, API keys stay",
                subject.id
            )?;
        }
        Command::Key { subject, name } => key(&store, subject, name).await?,
        Command::List => {
            for revoked in store.list_revoked_tokens(&Page::ALL).await? {
                say!(
                    "{}\t{}\tuntil {}\tby {}",
                    revoked.issuer,
                    shown(&revoked.jti, MOST),
                    revoked.until,
                    revoked.by
                )?;
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn key(store: &Store, subject: &str, name: &str) -> Result<()> {
    let id = SubjectId::new(subject);
    let subject = shown(subject, MOST);
    let mut writer = store.write(operator()).await?;
    if writer.get_subject(&id).await?.is_none() {
        bail!("no subject `{subject}`")
    }
    if !writer.delete_api_key(&id, name).await? {
        let held = writer.list_api_keys(&id).await?;
        let names: Vec<String> = held.iter().map(|held| format!("`{}`", shown(&held.name, MOST))).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        // What was given is not repeated: it may be the key itself, by mistake.
        bail!("`{subject}` has no API key of that name; it has {names}")
    }
    writer.commit().await?;
    let name = shown(name, MOST);
    say!("API key `{name}` of `{subject}` revoked; takes effect on the next call")?;
    Ok(())
}

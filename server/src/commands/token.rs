//! `countersign token`: tokens for the administration API from the command line.

use super::{MOST, open_existing, operator};
use crate::config::Config;
use crate::random;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::TenantSlug;
use policy::scope::AdminScope;
use policy::text::shown;
use std::process::ExitCode;
use store::administration::{AdministratorToken, NewAdministratorToken, Page};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token and print it, once.
    Create {
        /// What to call it; no other token has that name.
        name: String,
        /// The login of the owner that it acts for; it is dead while that account is off or no owner.
        #[arg(long, value_name = "LOGIN")]
        account: String,
        /// What it may do, such as `read` or `rules:write`. Repeatable; separated by commas.
        #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true)]
        scope: Vec<AdminScope>,
        /// The tenant it is for [default: every tenant].
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// For how many days it works, 366 at the most.
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=366))]
        days: u16,
    },
    /// List tokens, without their secrets.
    List,
    /// Revoke a token; whoever shows it is refused from the next request on.
    Revoke {
        /// The token's name; not the token.
        name: String,
    },
}

const DAY: i64 = 86_400 * 1_000_000;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::Create { name, account, scope, tenant, days } => {
            let secret = Secret::from_random(KeyKind::Administrator, &random::bytes());
            let digest = secret.digest();
            let tenant = tenant.as_deref().map(TenantSlug::from);
            let mut writer = store.write(operator()).await?;
            let new = NewAdministratorToken {
                name,
                account,
                digest: &digest,
                tenant: tenant.as_ref(),
                scopes: scope,
                expires_at: writer.now().saturating_add_micros(i64::from(*days) * DAY),
            };
            let token = writer.add_administrator_token(&new).await?;
            writer.commit().await?;
            eprintln!(
                "The token `{name}`, which works until {}; it is shown once and stored only as a digest:",
                token.expires_at
            );
            say!("{}", secret.expose())?;
        }
        Command::List => {
            for token in store.list_administrator_tokens(&Page::ALL).await? {
                say!("{}", line(&token))?;
            }
        }
        Command::Revoke { name } => {
            let mut writer = store.write(operator()).await?;
            // What can be no name is not looked up: Postgres refuses U+0000 even in a comparison.
            let found = match policy::ids::check_id(name) {
                Ok(()) => writer.get_administrator_token_by_name(name).await?,
                Err(_) => None,
            };
            // What was given is not repeated: it may be the token itself, by mistake.
            let Some(token) = found else {
                bail!("no token of that name; `countersign token list` lists them")
            };
            writer.delete_administrator_token(&token.id).await?;
            writer.commit().await?;
            say!("`{name}` revoked; takes effect on the next request")?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn line(token: &AdministratorToken) -> String {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let used = token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    let account = if token.alive { "" } else { " (off, or no owner)" };
    format!(
        "{}\tof {}{account}\ttenant {}\t{}\tuntil {}\t{used}",
        shown(&token.name, MOST),
        token.account,
        token.tenant.as_ref().map_or("any", TenantSlug::as_str),
        scopes.join(","),
        token.expires_at,
    )
}

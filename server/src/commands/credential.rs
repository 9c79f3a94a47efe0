//! `countersign credential`: enforcement keys from the command line.

use super::{MOST, open, operator};
use crate::config::Config;
use crate::random;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use pdp::Secret;
use pdp::credentials::{self, CredentialError};
use pdp::secret::KeyKind;
use policy::labels::{ArgumentsMode, Responses, Search, Trust};
use policy::text::shown;
use policy::{ServerSlug, TenantSlug, Timestamp};
use std::process::ExitCode;
use store::Writer;
use store::administration::{Credential, Page};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an enforcement key and print its secret, once.
    Create {
        /// What to call it; no other key has that name.
        name: String,
        /// The server it may ask about [default: any].
        #[arg(long, value_name = "SLUG")]
        server: Option<String>,
        /// The tenant it may ask about [default: any].
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
        /// verify_token, assert_subject or assert_attributes.
        #[arg(long, default_value = "verify_token")]
        trust: Trust,
        /// required or by_name.
        #[arg(long, default_value = "required")]
        arguments: ArgumentsMode,
        /// explained or minimal.
        #[arg(long, default_value = "explained")]
        responses: Responses,
        /// none or own: whether it may search, within its own tenant and server.
        #[arg(long, default_value = "none")]
        search: Search,
        /// When the secret stops working (RFC 3339) [default: never].
        #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse)]
        expires_at: Option<Timestamp>,
    },
    /// List enforcement keys, without secrets.
    List,
    /// Add a second secret, print it once; the older one works until it is removed with `--finish`.
    Rotate {
        /// The key's name.
        name: String,
        /// Remove every secret but the newest instead.
        #[arg(long)]
        finish: bool,
        /// When the new secret stops working (RFC 3339) [default: never].
        #[arg(long, value_name = "MOMENT", value_parser = Timestamp::parse, conflicts_with = "finish")]
        expires_at: Option<Timestamp>,
    },
    /// Remove an enforcement key; whoever uses it is refused from the next call on.
    Delete {
        /// The key's name.
        name: String,
    },
}

pub(crate) async fn run(config: &Config, options: Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match options.command {
        Command::Create { name, server, tenant, trust, arguments, responses, search, expires_at } => {
            let mut writer = store.write(operator()).await?;
            let credential = Credential {
                server: server.as_deref().map(ServerSlug::from),
                tenant: tenant.as_deref().map(TenantSlug::from),
                trust,
                arguments,
                responses,
                search,
                ..Credential::new(&name)
            };
            let secret = Secret::from_random(KeyKind::Enforcement, &random::bytes());
            let digest = secret.digest();
            match credentials::create(&mut writer, &credential, &digest, expires_at).await {
                Err(error @ CredentialError::Taken(_)) => {
                    bail!("{error}; `countersign credential rotate` gives it a new secret")
                }
                created => created?,
            };
            writer.commit().await?;
            eprintln!("The secret of `{name}`; it is shown once and stored only as a digest:");
            say!("{}", secret.expose())?;
        }
        Command::Rotate { name, finish, expires_at } => {
            let mut writer = store.write(operator()).await?;
            let stored = find(&mut writer, &name).await?;
            if finish {
                let removed = credentials::finish(&mut writer, &stored.id).await?;
                writer.commit().await?;
                say!("{removed} older secret(s) of `{name}` removed")?;
            } else {
                let secret = Secret::from_random(KeyKind::Enforcement, &random::bytes());
                let digest = secret.digest();
                match credentials::rotate(&mut writer, &stored.id, &digest, expires_at).await {
                    Err(CredentialError::TooManySecrets(held)) => {
                        bail!("`{name}` has {held} secrets already; remove the older one with --finish first")
                    }
                    rotated => rotated?,
                }
                writer.commit().await?;
                eprintln!("The new secret of `{name}`; the older one works until `rotate --finish`:");
                say!("{}", secret.expose())?;
            }
        }
        Command::List => {
            for credential in store.list_credentials(&Page::ALL).await? {
                say!("{}", line(&credential))?;
            }
        }
        Command::Delete { name } => {
            let mut writer = store.write(operator()).await?;
            let stored = find(&mut writer, &name).await?;
            writer.delete_credential(&stored.id).await?;
            writer.commit().await?;
            say!("`{name}` removed; takes effect on the next call")?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn find(writer: &mut Writer, name: &str) -> Result<Credential> {
    let found = writer.get_credential_by_name(name).await?;
    // What was given is not repeated: it may be the key itself, by mistake.
    found.context("no enforcement key of that name; `countersign credential list` lists them")
}

fn line(credential: &Credential) -> String {
    format!(
        "{}\tserver {}\ttenant {}\t{}\t{}",
        shown(&credential.name, MOST),
        credential.server.as_ref().map_or("any", ServerSlug::as_str),
        credential.tenant.as_ref().map_or("any", TenantSlug::as_str),
        credential.trust,
        if credential.active { "active" } else { "off" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_line_whatever_its_name() {
        let bound =
            Credential { server: Some(ServerSlug::from("crm")), ..Credential::new("crm\u{202e}pep\u{ad}") };
        assert_eq!(line(&bound), "crm\u{fffd}pep\u{fffd}\tserver crm\ttenant any\tverify_token\tactive");
        let off = Credential { active: false, ..Credential::new("old") };
        assert_eq!(line(&off), "old\tserver any\ttenant any\tverify_token\toff");
    }
}

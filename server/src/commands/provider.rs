//! `countersign provider`: the providers by which people sign in to the console, from the command line.

use super::{MOST, open, operator, public_url};
use crate::config::{Config, LinkOptions};
use crate::vault_key;
use anyhow::{Context, Result, anyhow};
use app::plain::PROVIDER_CALLBACK;
use clap::{Args, Subcommand};
use pdp::Secret;
use policy::text::shown;
use std::process::ExitCode;
use store::Store;
use store::administration::{GroupRole, ProviderSettings, SignInProvider};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Given {
    /// In addresses, such as `work`.
    id: String,
    /// On the button of the sign-in page [default: the id].
    #[arg(long)]
    name: Option<String>,
    /// As the provider writes itself in `iss`, to the character. It cannot be changed later.
    #[arg(long)]
    issuer: String,
    /// What Countersign is registered as at the provider.
    #[arg(long)]
    client_id: String,
    /// The variable that holds the client's secret [default: the one that is kept, or none].
    #[arg(long, value_name = "VARIABLE")]
    secret_env: Option<String>,
    /// Asked for beside `openid`. Repeatable.
    #[arg(long, value_name = "SCOPE", default_values_t = ["profile".to_owned()])]
    scope: Vec<String>,
    /// The claim of the ID token that lists groups: a name, or a path such as /realm_access/roles.
    #[arg(long, value_name = "CLAIM", default_value = "groups")]
    groups_claim: String,
    /// A group and the role it stands for, such as `finance=approver`; in one tenant alone as `finance=approver@acme`.
    /// Repeatable.
    #[arg(long, value_name = "GROUP=ROLE", value_parser = group)]
    group: Vec<GroupRole>,
    /// Let users whom the policy knows by this issuer sign in as approvers.
    #[arg(long)]
    admit_subjects: bool,
    #[command(flatten)]
    link: LinkOptions,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a provider, or set anew the one of this id. The redirect URI to register there is the public URL,
    /// /sign-in/callback/ and the id.
    Put(Box<Given>),
    /// List providers, without their secrets.
    List,
    /// Let nobody sign in by it any longer, and sign out whom it speaks of.
    Disable {
        /// The provider's id.
        id: String,
    },
    /// Let people sign in by it again.
    Enable {
        /// The provider's id.
        id: String,
    },
    /// Remove a provider, its secret, and whom it speaks of.
    #[command(visible_alias = "delete")]
    Remove {
        /// The provider's id.
        id: String,
    },
}

impl Options {
    /// Of the one that prints an address.
    pub(crate) fn link(&self) -> Option<LinkOptions> {
        match &self.command {
            Command::Put(given) => Some(given.link),
            _ => None,
        }
    }
}

fn group(text: &str) -> Result<GroupRole, String> {
    let (group, role) = text.rsplit_once('=').ok_or("not like finance=approver")?;
    let read = GroupRole::read(group.trim(), role.trim());
    read.ok_or_else(|| "not one of owner, policy_author, approver, auditor, or that and @tenant".to_owned())
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match &options.command {
        Command::Put(given) => put(config, &store, given).await?,
        Command::List => {
            for provider in store.list_sign_in_providers().await? {
                say!("{}", line(&provider))?;
            }
        }
        Command::Disable { id } => turn(&store, id, false).await?,
        Command::Enable { id } => turn(&store, id, true).await?,
        Command::Remove { id } => {
            let mut writer = store.write(operator()).await?;
            if !writer.delete_sign_in_provider(id).await? {
                return Err(unknown(id));
            }
            writer.commit().await?;
            say!("`{id}` removed; whom it speaks of is signed out")?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn unknown(id: &str) -> anyhow::Error {
    anyhow!("no provider `{}`; `countersign provider list` lists them", shown(id, MOST))
}

async fn put(config: &Config, store: &Store, given: &Given) -> Result<()> {
    let url = public_url(config)?;
    let secret = match &given.secret_env {
        Some(variable) => {
            let text = std::env::var(variable).ok().filter(|text| !text.is_empty());
            Some(Secret::new(text.with_context(|| format!("the variable {variable} is not set, or empty"))?))
        }
        None => None,
    };
    let vault = vault_key::open_or_create(&config.vault, store).await?;
    let mut writer = store.write(operator()).await?;
    let known = writer.get_sign_in_provider(&given.id).await?;
    let provider = SignInProvider {
        id: given.id.clone(),
        name: given.name.clone().unwrap_or_else(|| given.id.clone()),
        issuer: given.issuer.clone(),
        client_id: given.client_id.clone(),
        active: known.as_ref().is_none_or(|known| known.active),
        settings: ProviderSettings {
            scopes: given.scope.clone(),
            groups_claim: given.groups_claim.clone(),
            groups: given.group.clone(),
            admit_subjects: given.admit_subjects,
        },
    };
    writer.put_sign_in_provider(&provider).await?;
    if let Some(secret) = &secret {
        vault.keep(&mut writer, provider.secret_place(), secret).await?;
    }
    writer.commit().await?;
    say!("`{}` {}", provider.id, if known.is_some() { "set anew" } else { "added" })?;
    let callback = url.join(&format!("{PROVIDER_CALLBACK}{}", provider.id));
    eprintln!("The redirect URI to register there: {callback}");
    Ok(())
}

async fn turn(store: &Store, id: &str, active: bool) -> Result<()> {
    let mut writer = store.write(operator()).await?;
    let Some(known) = writer.get_sign_in_provider(id).await? else { return Err(unknown(id)) };
    writer.put_sign_in_provider(&SignInProvider { active, ..known }).await?;
    writer.commit().await?;
    say!("`{id}` is {}", if active { "on" } else { "off; whom it speaks of is signed out" })?;
    Ok(())
}

fn line(provider: &SignInProvider) -> String {
    let groups: Vec<String> =
        provider.settings.groups.iter().map(|entry| format!("{}={}", entry.group, entry.told())).collect();
    let groups = if groups.is_empty() { "no group stands for a role".to_owned() } else { groups.join(",") };
    format!(
        "{}\t{}\t{}\tas {}\t{}\t{}",
        provider.id,
        shown(&provider.name, MOST),
        provider.issuer,
        shown(&provider.client_id, MOST),
        shown(&groups, MOST),
        if provider.active { "active" } else { "off" },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::accounts::AccountRole;

    #[test]
    fn a_group_stands_before_the_last_sign() {
        let read = group("cn=ops,dc=acme=owner").unwrap();
        assert_eq!((read.group.as_str(), read.role), ("cn=ops,dc=acme", AccountRole::Owner));
        let bound = group("a=owner@acme").unwrap();
        assert_eq!((bound.told().as_str(), bound.tenant.is_some()), ("owner@acme", true));
        for bad in ["owner", "a=root", "a=", "a=owner@"] {
            assert!(group(bad).is_err(), "{bad}");
        }
    }
}

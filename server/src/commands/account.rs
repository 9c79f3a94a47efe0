//! `countersign setup-link` and `countersign account`: the ways into the console from the host, and who may do what there.

use super::{open, operator, public_url};
use crate::clock;
use crate::config::{Config, LinkOptions};
use crate::console::{self, create_recovery_link, create_setup_link};
use anyhow::{Result, anyhow};
use clap::{Args, Subcommand};
use policy::text::shown;
use policy::{Reach, SubjectId, TenantSlug};
use std::process::ExitCode;
use store::Store;
use store::accounts::{Account, AccountRole, NewAccount, RoleSource};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an account and print the one-time link by which its holder chooses a password.
    Invite {
        /// What they will sign in as, such as their address.
        login: String,
        /// owner, policy_author, approver or auditor.
        #[arg(long)]
        role: AccountRole,
        /// The role counts in this tenant alone [default: in every tenant, and for what is of none]. Repeatable.
        #[arg(long, value_name = "SLUG")]
        tenant: Vec<String>,
        /// What they are called in the console [default: the login].
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Print a one-time link with which the holder of a login sets a new password; it also switches the account on.
    Recover {
        /// The account's login.
        login: String,
        /// Leave it its passkeys, and the demand for one beside the password [default: using the link removes them].
        #[arg(long)]
        keep_passkeys: bool,
        #[command(flatten)]
        link: LinkOptions,
    },
    /// Give an account a role, which stays, whatever a provider says of its groups.
    Role {
        /// The account's login.
        login: String,
        /// owner, policy_author, approver or auditor.
        role: AccountRole,
        /// The role counts in this tenant alone [default: in every tenant, and for what is of none]. Repeatable.
        #[arg(long, value_name = "SLUG")]
        tenant: Vec<String>,
    },
    /// Say which person of the policy an account is.
    Person {
        /// The account's login.
        login: String,
        /// The id of a subject who is a user [default: nobody].
        subject: Option<String>,
    },
    /// Switch an account off; its sessions end at once.
    Disable {
        /// The account's login.
        login: String,
    },
    /// Switch an account on again.
    Enable {
        /// The account's login.
        login: String,
    },
    /// Have whoever signs in at a provider as this subject be this account.
    Link {
        /// The account's login.
        login: String,
        /// The provider's issuer, as it is set there.
        #[arg(long)]
        issuer: String,
        /// The claim `sub`, to the character.
        #[arg(long)]
        sub: String,
    },
    /// Take such an identity off whichever account has it; all sessions of that account end.
    Unlink {
        /// The provider's issuer, as it is set there.
        #[arg(long)]
        issuer: String,
        /// The claim `sub`, to the character.
        #[arg(long)]
        sub: String,
    },
    /// List the console's accounts.
    List,
}

impl Options {
    /// Of those that print a link.
    pub(crate) fn link(&self) -> Option<LinkOptions> {
        match &self.command {
            Command::Invite { link, .. } | Command::Recover { link, .. } => Some(*link),
            _ => None,
        }
    }
}

/// The longest text of others in a line.
const MOST: usize = 200;

/// Prints the one-time link with which the first owner is made; earlier ones stop working.
pub(crate) async fn setup_link(config: &Config) -> Result<ExitCode> {
    let url = public_url(config)?;
    let store = open(config).await?;
    let link = create_setup_link(&store, url.origin(), clock::system()()).await?;
    say!("{link}")?;
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn need(store: &Store, login: &str) -> Result<Account> {
    let found = store.account_by_login(login).await?;
    found.ok_or_else(|| anyhow!("no account `{}`; `countersign account list` lists them", shown(login, MOST)))
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    let (by, now) = (operator(), clock::system()());
    match &options.command {
        Command::Invite { login, role, tenant, name, .. } => {
            let url = public_url(config)?;
            let name = name.clone().unwrap_or_else(|| login.clone());
            let new = NewAccount {
                login: login.clone(),
                name,
                password_hash: None,
                role: *role,
                reach: reach(tenant),
            };
            let (_, link) = console::invite(&store, url.origin(), &new, &by, now).await?;
            eprintln!("Whoever opens this link first chooses the password; it works for three days, once:");
            say!("{link}")?;
        }
        Command::Recover { login, keep_passkeys, .. } => {
            let url = public_url(config)?;
            let account = need(&store, login).await?;
            let link =
                create_recovery_link(&store, url.origin(), &account.login, !keep_passkeys, now).await?;
            eprintln!("Whoever opens this link first sets a new password; it works for an hour, once:");
            say!("{link}")?;
        }
        Command::Role { login, role, tenant } => {
            let account = need(&store, login).await?;
            let reach = reach(tenant);
            store.set_account_grant(&account.id, *role, &reach, &by, now).await?;
            say!("`{}` is {role} of {reach}; takes effect on the next click", account.login)?;
            say_if_withdrawn(&store, &account).await?;
        }
        Command::Person { login, subject } => {
            let account = need(&store, login).await?;
            let person = subject.as_deref().map(SubjectId::from);
            store.set_account_subject(&account.id, person.as_ref(), &by, now).await?;
            say!("`{}` is {}", account.login, person.as_ref().map_or("nobody", SubjectId::as_str))?;
            say_if_withdrawn(&store, &account).await?;
        }
        Command::Disable { login } => turn(&store, login, false).await?,
        Command::Enable { login } => turn(&store, login, true).await?,
        Command::Link { login, issuer, sub } => {
            let account = need(&store, login).await?;
            store.link_account_identity(&account.id, (issuer.as_str(), sub.as_str()), &by, now).await?;
            say!("linked to `{}`", account.login)?;
            say_if_withdrawn(&store, &account).await?;
        }
        Command::Unlink { issuer, sub } => {
            if !store.unlink_account_identity((issuer.as_str(), sub.as_str()), &by, now).await? {
                return Err(anyhow!("no account has this identity; give issuer and `sub` to the character"));
            }
            say!("unlinked; all sessions of its account ended")?;
        }
        Command::List => {
            for account in store.accounts().await? {
                say!("{}", line(&account))?;
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Every tenant, unless some are named.
fn reach(tenants: &[String]) -> Reach {
    if tenants.is_empty() {
        return Reach::Everything;
    }
    Reach::of(tenants.iter().map(TenantSlug::new))
}

/// Says that it takes a new link, where what a token had handed out was taken away.
async fn say_if_withdrawn(store: &Store, before: &Account) -> Result<()> {
    let after = store.account(&before.id).await?;
    if before.handed_out_by.is_some() && after.is_some_and(|after| after.handed_out_by.is_none()) {
        eprintln!(
            "A token had handed out the link to it. Its password and passkeys are gone, and its sessions ended."
        );
        eprintln!("`countersign account recover` makes a link for its holder.");
    }
    Ok(())
}

async fn turn(store: &Store, login: &str, active: bool) -> Result<()> {
    let account = need(store, login).await?;
    store.set_account_active(&account.id, active, &operator(), clock::system()()).await?;
    let state = if active { "on" } else { "off; its sessions have ended" };
    say!("`{}` is {state}", account.login)?;
    Ok(())
}

fn line(account: &Account) -> String {
    let state = if account.active { "active" } else { "off" };
    let told = match account.role_source {
        RoleSource::Given => "",
        RoleSource::Mapped => " (told by a provider)",
        RoleSource::Lapsed => " (no longer told by its provider: none)",
    };
    let person = account.subject.as_ref().map_or("nobody", SubjectId::as_str);
    let link = account
        .handed_out_by
        .as_deref()
        .map_or_else(String::new, |token| format!("\tlink by {}", shown(token, MOST)));
    format!(
        "{}\t{}\t{} of {}{told}\t{state}\tperson {person}{link}",
        shown(&account.login, MOST),
        shown(&account.name, MOST),
        account.role,
        account.reach
    )
}

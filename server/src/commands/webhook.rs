//! `countersign webhook`: who is told of requests for approval, from the command line.

use super::{MOST, open, operator, output};
use crate::config::Config;
use crate::{random, vault_key};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use pdp::notify::{self, fresh_secret};
use policy::TenantSlug;
use policy::labels::NoticeKind;
use policy::text::shown;
use std::process::ExitCode;
use store::administration::{NewWebhook, SecretPlace, Webhook};
use store::notifications::Receiver;
use store::{Store, Writer};

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a webhook and print the secret that its messages are signed with, once.
    Create {
        /// What to call it; no other webhook has that name.
        name: String,
        /// Where each message is posted to.
        #[arg(long)]
        url: String,
        /// What it is told of: requested, decided, expired. Repeatable; separated by commas [default: all]
        #[arg(long = "event", value_name = "EVENT", value_delimiter = ',')]
        events: Vec<NoticeKind>,
        /// The tenant whose requests it is told of [default: every tenant]
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// List webhooks, and how each was served last.
    List,
    /// Let a second secret sign beside the one that does, and print it, once.
    Rotate {
        /// The webhook's name.
        name: String,
    },
    /// Let the older of two secrets sign no longer.
    Finish {
        /// The webhook's name.
        name: String,
    },
    /// Send nothing to a webhook.
    Disable {
        /// The webhook's name.
        name: String,
    },
    /// Send to a webhook again.
    Enable {
        /// The webhook's name.
        name: String,
    },
    /// Delete a webhook, and what waits for it.
    Delete {
        /// The webhook's name.
        name: String,
    },
    /// Send a message that says nothing but that it arrived. A running server delivers it.
    Test {
        /// The webhook's name.
        name: String,
    },
    /// List messages that were given up, to webhooks and by mail.
    Dead,
    /// Deliver a message again that was given up. A running server delivers it.
    Again {
        /// The message's id, as `webhook dead` prints it.
        id: String,
    },
}

/// Messages that were given up and are listed.
const DEAD: u64 = 100;

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match &options.command {
        Command::Create { name, url, events, tenant } => {
            create(config, &store, name, url, events, tenant.as_deref()).await?;
        }
        Command::List => list(&store).await?,
        Command::Rotate { name } => rotate(config, &store, name).await?,
        Command::Finish { name } => {
            let mut writer = store.write(operator()).await?;
            let webhook = find(&mut writer, name).await?;
            notify::finish(&mut writer, &webhook.id).await?;
            writer.commit().await?;
            say!("the older secret of `{name}` signs no longer")?;
        }
        Command::Disable { name } => switch(&store, name, false).await?,
        Command::Enable { name } => switch(&store, name, true).await?,
        Command::Delete { name } => {
            let mut writer = store.write(operator()).await?;
            let webhook = find(&mut writer, name).await?;
            writer.delete_webhook(&webhook.id).await?;
            writer.commit().await?;
            say!("`{name}` deleted")?;
        }
        Command::Test { name } => {
            let mut writer = store.write(operator()).await?;
            let webhook = find(&mut writer, name).await?;
            writer.send_test(&Receiver::Webhook(webhook.id)).await?;
            writer.commit().await?;
            say!("a test for `{name}` is on its way; `countersign webhook list` says what came of it")?;
        }
        Command::Dead => dead(&store).await?,
        Command::Again { id } => {
            let mut writer = store.write(operator()).await?;
            if id.contains('\0') || !writer.deliver_again(id).await? {
                bail!("no message `{}` was given up; `countersign webhook dead` lists them", shown(id, MOST))
            }
            writer.commit().await?;
            say!("`{id}` is delivered again")?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn create(
    config: &Config,
    store: &Store,
    name: &str,
    url: &str,
    events: &[NoticeKind],
    tenant: Option<&str>,
) -> Result<()> {
    let events = if events.is_empty() { NoticeKind::ALL } else { events };
    let tenant = tenant.map(TenantSlug::from);
    let vault = vault_key::open_or_create(&config.vault, store).await?;
    let secret = fresh_secret(&random::bytes());
    let mut writer = store.write(operator()).await?;
    let new = NewWebhook { name, url, events, tenant: tenant.as_ref() };
    notify::create(&vault, &mut writer, &new, &secret).await?;
    writer.commit().await?;
    eprintln!("The webhook `{name}`; its messages are signed with this secret, which is shown once:");
    say!("{}", secret.expose())?;
    Ok(())
}

async fn rotate(config: &Config, store: &Store, name: &str) -> Result<()> {
    let vault = vault_key::open_or_create(&config.vault, store).await?;
    let secret = fresh_secret(&random::bytes());
    let mut writer = store.write(operator()).await?;
    let webhook = find(&mut writer, name).await?;
    notify::rotate(&vault, &mut writer, &webhook.id, &secret)
        .await
        .with_context(|| format!("the secret of `{name}`"))?;
    writer.commit().await?;
    eprintln!("The second secret of `{name}`, which is shown once; the older one signs too until `finish`:");
    say!("{}", secret.expose())?;
    Ok(())
}

async fn find(writer: &mut Writer, name: &str) -> Result<Webhook> {
    // No webhook has it, and Postgres refuses U+0000 even in a comparison.
    let found = if name.contains('\0') { None } else { writer.get_webhook_by_name(name).await? };
    found
        .with_context(|| format!("no webhook `{}`; `countersign webhook list` lists them", shown(name, MOST)))
}

async fn switch(store: &Store, name: &str, active: bool) -> Result<()> {
    let mut writer = store.write(operator()).await?;
    let webhook = find(&mut writer, name).await?;
    writer.put_webhook(&Webhook { active, ..webhook }).await?;
    let changed = !writer.commit().await?.changes.is_empty();
    let state = if active { "on" } else { "off" };
    if changed {
        say!("`{name}` switched {state}")?;
    } else {
        say!("`{name}` is {state} already")?;
    }
    Ok(())
}

async fn list(store: &Store) -> Result<()> {
    for webhook in store.list_webhooks().await? {
        let receiver = Receiver::Webhook(webhook.id.clone());
        let last = match store.last_delivery(&receiver).await? {
            None => "nothing sent yet".to_owned(),
            Some(last) if last.delivered => format!("delivered {}", last.at),
            Some(last) => format!("failed {}: {}", last.at, shown(&last.error.unwrap_or_default(), MOST)),
        };
        let older = store.get_secret(&SecretPlace::older_webhook(&webhook.id)).await?;
        say!("{}\t{last}", line(&webhook, older.is_some()))?;
    }
    Ok(())
}

fn line(webhook: &Webhook, two_secrets: bool) -> String {
    let events: Vec<&str> = webhook.events.iter().map(|event| event.as_str()).collect();
    format!(
        "{}\t{}\t{}\ttenant {}\t{}{}",
        shown(&webhook.name, MOST),
        shown(&webhook.url, MOST),
        events.join(","),
        webhook.tenant.as_ref().map_or("any", TenantSlug::as_str),
        if webhook.active { "active" } else { "off" },
        if two_secrets { ", two secrets sign" } else { "" },
    )
}

async fn dead(store: &Store) -> Result<()> {
    let letters = store.list_dead_letters(None, DEAD).await?;
    output::note_limit(letters.len(), DEAD, "there may be more");
    for letter in letters {
        let how = match letter.receiver {
            Receiver::Webhook(_) => "webhook",
            Receiver::Account(_) => "mail to",
        };
        say!(
            "{}\t{}\t{how} {}\t{} attempts\t{}",
            letter.id,
            letter.kind,
            shown(&letter.to, MOST),
            letter.attempts,
            shown(&letter.error.unwrap_or_default(), MOST),
        )?;
    }
    Ok(())
}

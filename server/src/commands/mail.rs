//! `countersign mail`: how approvers are written to, from the command line.

use super::{MOST, open, operator};
use crate::config::Config;
use crate::vault_key;
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use pdp::Secret;
use pdp::notify;
use policy::labels::MailSecurity;
use policy::text::shown;
use std::process::ExitCode;
use store::Store;
use store::accounts::Account;
use store::administration::MailSettings;
use store::notifications::Receiver;

/// The password. It is no flag: those can be read in the list of processes.
const PASSWORD: &str = "COUNTERSIGN_MAIL_PASSWORD";

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say through which server mail is sent. The password is read from the variable `COUNTERSIGN_MAIL_PASSWORD`.
    Set {
        /// The name or the address of the server.
        host: String,
        /// The port of the server.
        #[arg(long, default_value_t = 587, value_parser = clap::value_parser!(u16).range(1..))]
        port: u16,
        /// tls, starttls, or none (without a login alone).
        #[arg(long, default_value = "starttls")]
        security: MailSecurity,
        /// As whom to sign in [default: nobody signs in]
        #[arg(long)]
        login: Option<String>,
        /// From whom: a bare address.
        #[arg(long)]
        from: String,
    },
    /// Say how mail is sent, without the password.
    Show,
    /// Send no more mail, and delete the password.
    Remove,
    /// Say where mail to an account goes; without an address: to its login, where that is one.
    Address {
        /// The account's login.
        login: String,
        /// Where to, a bare address [default: the login].
        address: Option<String>,
    },
    /// Send a message to an account that says nothing but that it arrived. A running server sends it.
    Test {
        /// The account's login.
        login: String,
    },
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open(config).await?;
    match &options.command {
        Command::Set { host, port, security, login, from } => {
            let settings = MailSettings {
                host: host.clone(),
                port: *port,
                security: *security,
                login: login.clone(),
                sender: from.clone(),
            };
            set(config, &store, &settings).await?;
        }
        Command::Show => match store.mail_settings().await? {
            Some(settings) => say!("{}", line(&settings))?,
            None => say!("no mail is sent")?,
        },
        Command::Remove => {
            let mut writer = store.write(operator()).await?;
            let was = writer.delete_mail_settings().await?;
            writer.commit().await?;
            say!("{}", if was { "no mail is sent any more" } else { "no mail was sent before" })?;
        }
        Command::Address { login, address } => {
            let account = find(&store, login).await?;
            let mut writer = store.write(operator()).await?;
            writer.put_mail_address(&account.id, address.as_deref()).await?;
            writer.commit().await?;
            match address {
                Some(address) => say!("mail to `{}` goes to {address}", account.login)?,
                None => say!("mail to `{}` goes to its login, where that is an address", account.login)?,
            }
        }
        Command::Test { login } => {
            let account = find(&store, login).await?;
            if store.mail_settings().await?.is_none() {
                bail!("no mail server is set; see `countersign mail set`")
            }
            let mut writer = store.write(operator()).await?;
            writer.send_test(&Receiver::Account(account.id)).await?;
            writer.commit().await?;
            say!(
                "a test for `{}` is on its way; if it fails, `countersign webhook dead` lists it",
                account.login
            )?;
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn set(config: &Config, store: &Store, settings: &MailSettings) -> Result<()> {
    let password = Secret::new(std::env::var(PASSWORD).unwrap_or_default());
    let vault = vault_key::open_or_create(&config.vault, store).await?;
    let mut writer = store.write(operator()).await?;
    notify::set_mail(&vault, &mut writer, settings, &password)
        .await
        .with_context(|| format!("mail was not set (the password is read from {PASSWORD})"))?;
    writer.commit().await?;
    say!("{}", line(settings))?;
    Ok(())
}

async fn find(store: &Store, login: &str) -> Result<Account> {
    let found = store.account_by_login(login).await?;
    found.with_context(|| {
        format!("no account `{}`; `countersign account list` lists them", shown(login, MOST))
    })
}

fn line(settings: &MailSettings) -> String {
    let login = settings.login.as_deref().map(|login| format!(", as {}", shown(login, MOST)));
    format!(
        "from {} through {} port {}, {}{}",
        settings.sender,
        settings.host,
        settings.port,
        match settings.security {
            MailSecurity::Tls => "TLS",
            MailSecurity::StartTls => "STARTTLS",
            MailSecurity::Plain => "no TLS",
        },
        login.unwrap_or_default()
    )
}

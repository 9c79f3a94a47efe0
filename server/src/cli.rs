//! The command line: its words, and which command answers to them.

use crate::commands::{
    account, apply, audit, check, credential, emergency, export, issuer, mail, migrate, provider, resource,
    revoke, serve, signing, subject, task, token, unmapped, vault, webhook,
};
use crate::config::{Config, LinkOptions, ServeOptions, StateOptions};
use crate::telemetry;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Decides, at the moment of use, whether an MCP call may happen.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    state: StateOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the console and the enforcement endpoint.
    Serve(ServeOptions),
    /// Bring the database to what a policy file says.
    Apply(apply::Options),
    /// Write the policy down as a file that `apply` reads.
    Export(export::Options),
    /// Decide one call for a subject, without recording it, and say why.
    Check(check::Options),
    /// Make, list, rotate and remove enforcement keys.
    Credential(credential::Options),
    /// List issuers of tokens and switch them off and on.
    Issuer(issuer::Options),
    /// Import, list and remove registered resources, which arguments of calls name.
    Resource(resource::Options),
    /// Stop calls at once, or allow some for minutes against the rules.
    Emergency(emergency::Options),
    /// List what agents are doing, and revoke it.
    Task(task::Options),
    /// Take back an API key, or tokens of issuers: one, or all that a subject has.
    Revoke(revoke::Options),
    /// Disable and enable subjects.
    Subject(subject::Options),
    /// Make, list and revoke tokens for the administration API.
    Token(token::Options),
    /// List, map and block callers whom nobody is known by.
    Unmapped(unmapped::Options),
    /// Print a new one-time link with which the first owner of the console is made.
    SetupLink(LinkOptions),
    /// Invite people to the console, and say who may do what there.
    Account(account::Options),
    /// Add, list and remove the providers by which people sign in to the console.
    Provider(provider::Options),
    /// Verify, anchor and prune the record of decisions.
    Audit(audit::Options),
    /// Say which secrets are kept, and wrap them by a new key.
    Vault(vault::Options),
    /// List and rotate the keys that sign what is handed out about requests for approval.
    Signing(signing::Options),
    /// Say who is told of requests for approval by signed webhooks.
    Webhook(webhook::Options),
    /// Say how approvers are written to.
    Mail(mail::Options),
    /// Bring the database's tables to this version.
    Migrate(migrate::Options),
}

impl Cli {
    /// What was typed. Where that is no command, clap has said why by then, or shown its help, and this is the exit code: as
    /// for whatever else fails. clap's own is 2, which is an answer here (denied, or not sound).
    ///
    /// # Errors
    /// When there is nothing to run.
    pub fn read() -> Result<Self, ExitCode> {
        Self::try_parse().map_err(|error| {
            // Whoever cannot be told is told nothing.
            let _ = error.print();
            if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        })
    }

    /// Runs the command. What a command prints for people or programs goes to stdout, log lines and errors
    /// to stderr.
    pub async fn run(self) -> ExitCode {
        // The one TLS provider, before anything could ask for one. It fails only where one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        match self.dispatch().await {
            Ok(code) => code,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }

    async fn dispatch(self) -> anyhow::Result<ExitCode> {
        let config = self.config()?;
        telemetry::init(config.log_format, &config.log)?;
        match self.command {
            Command::Serve(_) => serve::run(config).await,
            Command::Apply(options) => apply::run(&config, &options).await,
            Command::Export(options) => export::run(&config, &options).await,
            Command::Check(options) => check::run(&config, &options).await,
            Command::Credential(options) => credential::run(&config, options).await,
            Command::Issuer(options) => issuer::run(&config, &options).await,
            Command::Resource(options) => resource::run(&config, &options).await,
            Command::Emergency(options) => emergency::run(&config, &options).await,
            Command::Task(options) => task::run(&config, &options).await,
            Command::Revoke(options) => revoke::run(&config, &options).await,
            Command::Subject(options) => subject::run(&config, &options).await,
            Command::Token(options) => token::run(&config, &options).await,
            Command::Unmapped(options) => unmapped::run(&config, &options).await,
            Command::SetupLink(_) => account::setup_link(&config).await,
            Command::Account(options) => account::run(&config, &options).await,
            Command::Provider(options) => provider::run(&config, &options).await,
            Command::Audit(options) => audit::run(&config, &options).await,
            Command::Vault(options) => vault::run(&config, &options).await,
            Command::Signing(options) => signing::run(&config, &options).await,
            Command::Webhook(options) => webhook::run(&config, &options).await,
            Command::Mail(options) => mail::run(&config, &options).await,
            Command::Migrate(options) => migrate::run(&config, &options).await,
        }
    }

    /// The settings. Beside what a command prints only what is wrong is logged, unless it is asked for here; `serve` says
    /// more.
    fn config(&self) -> anyhow::Result<Config> {
        if let Command::Serve(options) = &self.command {
            return Config::resolve(self.state.clone(), Some(options.clone()));
        }
        let mut state = self.state.clone();
        let asked = state.log.take();
        let mut config = Config::resolve(state, self.link().map(ServeOptions::from))?;
        config.log = asked.unwrap_or_else(|| "warn".to_owned());
        Ok(config)
    }

    /// What a command goes by that prints addresses of the server.
    fn link(&self) -> Option<LinkOptions> {
        match &self.command {
            Command::SetupLink(link) => Some(*link),
            Command::Account(options) => options.link(),
            Command::Provider(options) => options.link(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Every command, by the words that lead to it.
    fn commands() -> Vec<(String, clap::Command)> {
        let mut found = Vec::new();
        let mut left = vec![("countersign".to_owned(), Cli::command())];
        while let Some((path, command)) = left.pop() {
            let below = command.get_subcommands();
            left.extend(below.map(|sub| (format!("{path} {}", sub.get_name()), sub.clone())));
            found.push((path, command));
        }
        found
    }

    #[test]
    fn every_command_and_every_argument_is_explained() {
        Cli::command().debug_assert();
        let about = Cli::command().get_about().map(ToString::to_string);
        assert_eq!(about.as_deref(), Some("Decides, at the moment of use, whether an MCP call may happen"));
        for (path, command) in commands() {
            assert!(command.get_about().is_some(), "`{path}` is not explained");
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(!help.trim().is_empty(), "`{path}`: `{id}` is not explained");
                // One word for one thing.
                if id == "tenant" {
                    let names = argument.get_value_names().unwrap_or_default();
                    let names: Vec<&str> = names.iter().map(clap::builder::Str::as_str).collect();
                    assert_eq!(names, ["SLUG"], "`{path}`: --tenant");
                }
            }
        }
    }

    #[test]
    fn what_others_own_is_not_shown_from_the_environment() {
        let cli = Cli::command();
        let database = cli.get_arguments().find(|argument| argument.get_id().as_str() == "database");
        assert!(database.is_some_and(clap::Arg::is_hide_env_values_set), "it may hold a password");
    }

    fn public_url(words: &[&str]) -> String {
        let cli = Cli::try_parse_from([&["countersign"][..], words].concat()).expect("known words");
        cli.config().expect("resolves").public_url
    }

    #[test]
    fn what_prints_a_link_knows_where_the_server_listens() {
        let listen = ["--listen", "127.0.0.1:9001"];
        let url = ["--public-url", "https://countersign.example"];
        for words in [
            &["setup-link"][..],
            &["account", "invite", "ada", "--role", "owner"],
            &["account", "recover", "ada"],
            &["provider", "put", "work", "--issuer", "https://idp.example", "--client-id", "countersign"],
        ] {
            assert_eq!(public_url(&[words, &listen].concat()), "http://127.0.0.1:9001", "{words:?}");
            let both = [words, &listen, &url].concat();
            assert_eq!(public_url(&both), "https://countersign.example", "{words:?}");
        }
        // What prints none does not ask for it.
        assert!(
            Cli::try_parse_from(["countersign", "account", "list", "--listen", "127.0.0.1:9001"]).is_err()
        );
    }
}

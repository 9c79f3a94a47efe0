//! `countersign issuer`: the issuers whose tokens count, from the command line.

use super::{open_existing, operator};
use crate::config::Config;
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use policy::TenantSlug;
use policy::issuer::{Issuer, KeySource};
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
    /// List issuers of tokens. A policy file registers them (`countersign apply`).
    List,
    /// Refuse an issuer's tokens from the next call on.
    Disable {
        /// The issuer's URL, as it is registered.
        url: String,
    },
    /// Let an issuer's tokens count again.
    Enable {
        /// The issuer's URL, as it is registered.
        url: String,
    },
}

pub(crate) async fn run(config: &Config, options: &Options) -> Result<ExitCode> {
    let store = open_existing(config).await?;
    match &options.command {
        Command::List => {
            for stored in store.list_issuers(&Page::ALL).await? {
                say!("{}", line(&stored.issuer))?;
            }
        }
        Command::Disable { url } => switch(&store, url, false).await?,
        Command::Enable { url } => switch(&store, url, true).await?,
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

fn line(issuer: &Issuer) -> String {
    let tenants: Vec<&str> = issuer.tenants.iter().map(TenantSlug::as_str).collect();
    let tenants = if tenants.is_empty() { "none".to_owned() } else { tenants.join(", ") };
    let keys = match &issuer.keys {
        KeySource::Discovery => "by discovery",
        KeySource::JwksUrl(url) => url.as_str(),
        KeySource::Jwks(_) => "given",
    };
    let state = if issuer.active { "active" } else { "off" };
    let mut line = format!("{}\ttenants {tenants}\tkeys {keys}\t{state}", issuer.url);
    if let Some(how) = &issuer.introspection {
        line.push_str(&format!("\tasked about tokens as {}", how.client_id));
    }
    for weaker in issuer.weaker() {
        line.push_str("\tweaker: ");
        line.push_str(weaker);
    }
    line
}

async fn switch(store: &Store, url: &str, active: bool) -> Result<()> {
    let mut writer = store.write(operator()).await?;
    let Some(stored) = writer.get_issuer(url).await? else {
        bail!("no issuer `{url}`; `countersign issuer list` lists them")
    };
    writer.put_issuer(&Issuer { active, ..stored.issuer }).await?;
    let changed = !writer.commit().await?.changes.is_empty();
    match (active, changed) {
        (false, true) => say!("`{url}` switched off; its tokens are refused from the next call on")?,
        (true, true) => say!("`{url}` switched on; its tokens count from the next call on")?,
        (false, false) => say!("`{url}` is off already")?,
        (true, false) => say!("`{url}` is active already")?,
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::issuer::Introspection;

    #[test]
    fn an_issuer_is_one_line_that_says_where_it_counts_and_what_is_weaker() {
        let issuer = Issuer::new("https://idp.example");
        assert_eq!(line(&issuer), "https://idp.example\ttenants none\tkeys by discovery\tactive");
        let issuer = Issuer {
            tenants: vec!["acme".into(), "globex".into()],
            keys: KeySource::JwksUrl("https://idp.example/keys".to_owned()),
            active: false,
            require_jti: false,
            introspection: Some(Introspection::new("countersign")),
            ..issuer
        };
        let line = line(&issuer);
        assert!(
            line.contains("\ttenants acme, globex\tkeys https://idp.example/keys\toff\tasked about tokens as countersign\tweaker: `jti`"),
            "{line}"
        );
    }
}

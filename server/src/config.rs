//! Settings: a flag wins over its variable, that over the file, that over the default.

use crate::connections::Limits;
use crate::telemetry::LogFormat;
use crate::vault_key::VaultKeys;
use anyhow::{Context, Result, bail};
use clap::Args;
use pdp::Secret;
use pdp::address_guard::AllowedAddress;
use serde::Deserialize;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

const DEFAULT_DATABASE: &str = "sqlite://data/countersign.db";
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8787);
/// Where keys are that are not beside a SQLite file.
const DEFAULT_FOLDER: &str = "data";
/// The vault's key itself. It is no flag: those can be read in the list of processes.
const VAULT_KEY: &str = "COUNTERSIGN_VAULT_KEY";

/// What goes with every command: the database, the keys beside it, the log, and where people reach the server.
#[derive(Debug, Clone, Args)]
pub struct StateOptions {
    /// Settings as YAML (see docs/operations.md).
    #[arg(long, env = "COUNTERSIGN_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// `sqlite://path/countersign.db` or `postgres://user@host/name` [default: sqlite://data/countersign.db]
    #[arg(long, env = "COUNTERSIGN_DATABASE", hide_env_values = true, global = true)]
    pub database: Option<String>,
    /// The file with the audit chain's secret; made on first use [default: beside the SQLite file, or data/audit.key]
    #[arg(long, env = "COUNTERSIGN_AUDIT_KEY", global = true)]
    pub audit_key: Option<PathBuf>,
    /// The file with the key of the vault, which keeps secrets; made on first use. Or give the key itself in the
    /// variable COUNTERSIGN_VAULT_KEY [default: vault.key beside the SQLite file, or data/vault.key]
    #[arg(long, env = "COUNTERSIGN_VAULT_KEY_FILE", global = true)]
    pub vault_key_file: Option<PathBuf>,
    /// How log lines look on stderr [default: text]
    #[arg(long, env = "COUNTERSIGN_LOG_FORMAT", value_enum, global = true)]
    pub log_format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug [default: info for `serve`, warn for all other commands]
    #[arg(long, env = "COUNTERSIGN_LOG", global = true)]
    pub log: Option<String>,
    /// The address people and PEPs reach this server at [default: http:// and the listen address]
    #[arg(long, env = "COUNTERSIGN_PUBLIC_URL", global = true)]
    pub public_url: Option<String>,
}

/// What `serve` needs beside it.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeOptions {
    /// Address and port to listen on [default: 127.0.0.1:8787]
    #[arg(long, env = "COUNTERSIGN_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// An address that is not public and that Countersign may connect to, be it an MCP server that is asked for its tools,
    /// an issuer, a provider, a webhook or a mail server: `10.1.2.3`, `10.1.2.0/24`, `fd00:1::/64` or `loopback`.
    /// Repeatable; separated by commas in the variable
    /// [default: public addresses only]
    #[arg(
        long = "allow-address",
        env = "COUNTERSIGN_ALLOW_ADDRESS",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub allow_addresses: Vec<AllowedAddress>,
    /// A proxy in front of this server, whose `X-Forwarded-For` says who asks. Written as for `--allow-address`
    /// [default: none; the address of the connection counts]
    #[arg(
        long = "trusted-proxy",
        env = "COUNTERSIGN_TRUSTED_PROXY",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<AllowedAddress>,
    /// The most connections that are open at once; further ones wait [default: 4096]
    #[arg(long, env = "COUNTERSIGN_MAX_CONNECTIONS", value_name = "NUMBER")]
    pub max_connections: Option<NonZeroU32>,
}

/// For commands that print addresses of the server and do not serve: they come to the same ones as `serve`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LinkOptions {
    /// Where the server listens, as given to `serve`: links begin there where no public URL is set
    /// [default: 127.0.0.1:8787]
    #[arg(long, env = "COUNTERSIGN_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

impl From<LinkOptions> for ServeOptions {
    fn from(LinkOptions { listen }: LinkOptions) -> Self {
        Self { listen, ..Self::default() }
    }
}

/// The file: the same names as the flags, with underscores.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    audit_key: Option<PathBuf>,
    vault_key_file: Option<PathBuf>,
    log_format: Option<LogFormat>,
    log: Option<String>,
    public_url: Option<String>,
    listen: Option<SocketAddr>,
    #[serde(default)]
    allow_addresses: Vec<String>,
    #[serde(default)]
    trusted_proxies: Vec<String>,
    max_connections: Option<NonZeroU32>,
}

/// Settings, resolved.
#[derive(Clone)]
pub struct Config {
    pub database: String,
    pub audit_key: PathBuf,
    pub vault: VaultKeys,
    pub log_format: LogFormat,
    pub log: String,
    pub listen: SocketAddr,
    pub public_url: String,
    /// Beside public ones.
    pub allow_addresses: Vec<AllowedAddress>,
    /// The operator's own proxies in front of this server.
    pub trusted_proxies: Vec<AllowedAddress>,
    /// Of connections; only their number can be set.
    pub limits: Limits,
}

impl Config {
    /// # Errors
    /// When the file cannot be read, has an unknown key (named with its line), or allows what is no address.
    pub fn resolve(state: StateOptions, serve: Option<ServeOptions>) -> Result<Self> {
        let file = match &state.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let database = state.database.or(file.database).unwrap_or_else(|| DEFAULT_DATABASE.to_owned());
        let serve = serve.unwrap_or_default();
        let listen = serve.listen.or(file.listen).unwrap_or(DEFAULT_LISTEN);
        let allow_addresses = addresses(serve.allow_addresses, &file.allow_addresses, "allow_addresses")?;
        let trusted_proxies = addresses(serve.trusted_proxies, &file.trusted_proxies, "trusted_proxies")?;
        let limits = match serve.max_connections.or(file.max_connections) {
            Some(most) => Limits { connections: most, ..Limits::default() },
            None => Limits::default(),
        };
        Ok(Self {
            audit_key: state
                .audit_key
                .or(file.audit_key)
                .unwrap_or_else(|| beside_database(&database, "audit.key")),
            vault: vault_keys(state.vault_key_file.or(file.vault_key_file), &database)?,
            database,
            log_format: state.log_format.or(file.log_format).unwrap_or_default(),
            log: state.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            listen,
            public_url: state.public_url.or(file.public_url).unwrap_or_else(|| format!("http://{listen}")),
            allow_addresses,
            trusted_proxies,
            limits,
        })
    }
}

fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path).with_context(|| format!("settings {}", path.display()))?;
    serde_saphyr::from_str(&text).with_context(|| format!("settings {}", path.display()))
}

/// Those of the flag; where it is not given, those of the file, under this name.
fn addresses(flag: Vec<AllowedAddress>, file: &[String], name: &'static str) -> Result<Vec<AllowedAddress>> {
    if !flag.is_empty() {
        return Ok(flag);
    }
    file.iter().map(|text| text.parse::<AllowedAddress>().context(name)).collect()
}

fn vault_keys(file: Option<PathBuf>, database: &str) -> Result<VaultKeys> {
    let given = std::env::var(VAULT_KEY).ok().filter(|text| !text.is_empty());
    match (given, file) {
        (Some(_), Some(_)) => bail!("give {VAULT_KEY} or the file with the vault's key, not both"),
        (Some(text), None) => Ok(VaultKeys::Given(Secret::new(text))),
        (None, file) => Ok(VaultKeys::File(file.unwrap_or_else(|| beside_database(database, "vault.key")))),
    }
}

fn beside_database(database: &str, name: &str) -> PathBuf {
    match store::sqlite_path(database).map(Path::new).and_then(Path::parent) {
        Some(folder) => folder.join(name),
        None => Path::new(DEFAULT_FOLDER).join(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none() -> StateOptions {
        StateOptions {
            config: None,
            database: None,
            audit_key: None,
            vault_key_file: None,
            log_format: None,
            log: None,
            public_url: None,
        }
    }

    #[test]
    fn with_nothing_said_it_is_loopback_and_a_file_beside() {
        let config = Config::resolve(none(), None).expect("resolves");
        assert_eq!(config.database, "sqlite://data/countersign.db");
        assert_eq!(config.audit_key, PathBuf::from("data/audit.key"));
        assert!(matches!(&config.vault, VaultKeys::File(path) if path == Path::new("data/vault.key")));
        assert_eq!(config.public_url, "http://127.0.0.1:8787");
        assert!(config.listen.ip().is_loopback());
        assert!(config.allow_addresses.is_empty());
    }

    #[test]
    fn links_lead_where_serve_listens() {
        let path = std::env::temp_dir().join(format!("countersign-{}.yaml", uuid::Uuid::now_v7()));
        std::fs::write(&path, "listen: 127.0.0.1:9001\n").expect("written");
        let file = StateOptions { config: Some(path.clone()), ..none() };
        let public = |options: &StateOptions, listen: Option<&str>| {
            let listen = listen.map(|text| text.parse().expect("an address"));
            let of = |serve| Config::resolve(options.clone(), Some(serve)).expect("resolves").public_url;
            let link = of(LinkOptions { listen }.into());
            assert_eq!(link, of(ServeOptions { listen, ..ServeOptions::default() }));
            link
        };
        assert_eq!(public(&none(), None), "http://127.0.0.1:8787");
        assert_eq!(public(&none(), Some("127.0.0.1:9002")), "http://127.0.0.1:9002");
        assert_eq!(public(&file, None), "http://127.0.0.1:9001");
        assert_eq!(public(&file, Some("127.0.0.1:9002")), "http://127.0.0.1:9002");
        // A public URL wins, wherever it is said.
        let said = StateOptions { public_url: Some("https://flag.example".to_owned()), ..file.clone() };
        assert_eq!(public(&said, Some("127.0.0.1:9002")), "https://flag.example");
        std::fs::write(&path, "listen: 127.0.0.1:9001\npublic_url: https://file.example\n").expect("written");
        assert_eq!(public(&file, Some("127.0.0.1:9002")), "https://file.example");
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn keys_are_beside_the_file_however_it_is_addressed() {
        for (database, key) in [
            ("sqlite://var/x.db", "var/audit.key"),
            ("sqlite:var/x.db", "var/audit.key"),
            ("sqlite:x.db", "audit.key"),
            ("postgres://me@db.example/x", "data/audit.key"),
        ] {
            let options = StateOptions { database: Some(database.to_owned()), ..none() };
            let config = Config::resolve(options, None).expect("resolves");
            assert_eq!(config.audit_key, PathBuf::from(key), "{database}");
        }
    }

    #[test]
    fn lists_of_addresses_come_from_the_flag_else_from_the_file() {
        let path = std::env::temp_dir().join(format!("countersign-{}.yaml", uuid::Uuid::now_v7()));
        let text = "allow_addresses: [loopback, 10.1.0.0/16]\ntrusted_proxies: [10.3.0.1]\n";
        std::fs::write(&path, text).expect("written");
        let options = StateOptions { config: Some(path.clone()), ..none() };
        let shown = |serve| {
            let config = Config::resolve(options.clone(), serve).expect("resolves");
            let words = |list: Vec<AllowedAddress>| list.iter().map(ToString::to_string).collect::<Vec<_>>();
            (words(config.allow_addresses), words(config.trusted_proxies).join(" "))
        };
        assert_eq!(
            shown(None),
            (vec!["loopback".to_owned(), "10.1.0.0/16".to_owned()], "10.3.0.1".to_owned())
        );
        let flag = ServeOptions {
            allow_addresses: vec!["10.2.0.1".parse().expect("an address")],
            trusted_proxies: vec!["fd00:1::/64".parse().expect("a range")],
            ..ServeOptions::default()
        };
        assert_eq!(shown(Some(flag)), (vec!["10.2.0.1".to_owned()], "fd00:1::/64".to_owned()));
        for (name, bad) in [("allow_addresses", "169.254.0.0/16"), ("trusted_proxies", "fe80::/10")] {
            std::fs::write(&path, format!("{name}: ['{bad}']\n")).expect("written");
            let error = format!("{:#}", Config::resolve(options.clone(), None).err().expect("refused"));
            assert!(error.contains("link-local") && error.contains(name), "{error}");
        }
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn at_least_one_connection_is_open() {
        let path = std::env::temp_dir().join(format!("countersign-{}.yaml", uuid::Uuid::now_v7()));
        std::fs::write(&path, "max_connections: 7\n").expect("written");
        let options = StateOptions { config: Some(path.clone()), ..none() };
        let most = |serve| {
            let config = Config::resolve(options.clone(), serve).expect("resolves");
            config.limits.connections.get()
        };
        assert_eq!(most(None), 7);
        let flag = ServeOptions { max_connections: NonZeroU32::new(9), ..ServeOptions::default() };
        assert_eq!(most(Some(flag)), 9);
        assert_eq!(Config::resolve(none(), None).expect("resolves").limits.connections.get(), 4_096);
        std::fs::write(&path, "max_connections: 0\n").expect("written");
        assert!(Config::resolve(options.clone(), None).is_err());
        std::fs::remove_file(path).expect("removed");
    }

    #[test]
    fn flags_win_over_the_file_and_unknown_keys_are_named() {
        let path = std::env::temp_dir().join(format!("countersign-{}.yaml", uuid::Uuid::now_v7()));
        std::fs::write(&path, "database: sqlite:///from/file.db\nlisten: 127.0.0.1:9999\n").expect("written");
        let options = StateOptions { config: Some(path.clone()), ..none() };
        let config = Config::resolve(options.clone(), None).expect("resolves");
        assert_eq!((config.database.as_str(), config.listen.port()), ("sqlite:///from/file.db", 9999));
        assert_eq!(config.audit_key, PathBuf::from("/from/audit.key"));
        let flag = StateOptions { database: Some("sqlite://x.db".into()), ..options.clone() };
        assert_eq!(Config::resolve(flag, None).expect("resolves").database, "sqlite://x.db");
        std::fs::write(&path, "databse: x\n").expect("written");
        let error = format!("{:#}", Config::resolve(options, None).err().expect("refused"));
        assert!(error.contains("databse"), "{error}");
        std::fs::remove_file(path).expect("removed");
    }
}

//! A Postgres for the tests: the one that `COUNTERSIGN_TEST_POSTGRES_URL` names, or a temporary cluster of our own
//! on a loopback port, gone afterwards. Must not touch any other cluster of the machine, nor know our tables.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::child::ChildGuard;
use crate::process::{capture, say};
use crate::scratch::Scratch;
use crate::{http, setup};

/// What the tests are told through.
pub(crate) const URL_VARIABLE: &str = "COUNTERSIGN_TEST_POSTGRES_URL";
const READY: Duration = Duration::from_secs(120);
/// Another process may take the port between our look and the start.
const ATTEMPTS: usize = 3;
/// Stories run in parallel, each with its own pools.
const CONNECTIONS: &str = "max_connections=300";
/// Nothing of a test is to outlive the machine, and a busy disk may keep a commit for longer than the product waits.
const HASTY: &[&str] = &["-c", "fsync=off"];

pub(crate) struct Postgres {
    url: String,
    psql: PathBuf,
    _own: Option<Cluster>,
}

/// Dropped in this order: first the server stops, then its folder goes.
struct Cluster {
    _server: ChildGuard,
    _scratch: Scratch,
}

impl Postgres {
    /// One that writes as it would for its owner.
    pub(crate) fn given_or_started() -> Result<Self> {
        Self::given_or_started_with(&[])
    }

    /// One that does not wait for the disk, if it is ours.
    pub(crate) fn for_tests() -> Result<Self> {
        Self::given_or_started_with(HASTY)
    }

    fn given_or_started_with(settings: &[&str]) -> Result<Self> {
        match std::env::var(URL_VARIABLE) {
            Ok(url) if !url.is_empty() => {
                say(&format!("using the Postgres of {URL_VARIABLE}"));
                Ok(Self { url, psql: setup::ensure_psql()?, _own: None })
            }
            _ => Self::started(settings),
        }
    }

    fn started(settings: &[&str]) -> Result<Self> {
        let bin = setup::ensure_postgres()?;
        say("starting a temporary Postgres cluster");
        let scratch = Scratch::new("postgres")?;
        let owner = if setup::is_root()? { Some(Owner::postgres()?) } else { None };
        let data = scratch.path().join("data");
        let sockets = scratch.path().join("sockets");
        if owner.is_some() {
            // The cluster's owner must be able to walk to its two folders.
            fs::set_permissions(scratch.path(), Permissions::from_mode(0o755))
                .context("the permissions of the temporary folder could not be set")?;
        }
        for folder in [&data, &sockets] {
            fs::create_dir(folder).with_context(|| format!("`{}` could not be created", folder.display()))?;
            if let Some(owner) = &owner {
                chown(folder, Some(owner.user), Some(owner.group))
                    .with_context(|| format!("`{}` could not be given away", folder.display()))?;
            }
        }
        let locale = initialise(&bin, &data, owner.as_ref())?;
        let (server, port) = start(&bin, &data, &sockets, owner.as_ref(), &scratch, settings)?;
        say(&format!("Postgres is up on 127.0.0.1:{port}, sorting as {locale}"));
        Ok(Self {
            url: format!("postgres://postgres@127.0.0.1:{port}/postgres"),
            psql: bin.join("psql"),
            _own: Some(Cluster { _server: server, _scratch: scratch }),
        })
    }

    /// An URL with the right to create databases.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// An empty database of its own, dropped with the guard.
    pub(crate) fn database(&self, purpose: &str, unique: &str) -> Result<Database> {
        let name = format!("countersign_{purpose}_{unique}");
        let url = with_database(&self.url, &name)?;
        psql(&self.psql, &self.url, &format!("create database \"{name}\""))?;
        Ok(Database { url, name, admin: self.url.clone(), psql: self.psql.clone() })
    }
}

pub(crate) struct Database {
    url: String,
    name: String,
    admin: String,
    psql: PathBuf,
}

impl Database {
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let statement = format!("drop database if exists \"{}\" with (force)", self.name);
        if let Err(error) = psql(&self.psql, &self.admin, &statement) {
            eprintln!("xtask: the database {} could not be dropped: {error}", self.name);
        }
    }
}

/// Postgres refuses to run as root: then it runs as the user that its package made.
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn postgres() -> Result<Self> {
        let users = fs::read_to_string("/etc/passwd").context("/etc/passwd could not be read")?;
        Self::parse(&users).context("there is no user `postgres`, and Postgres refuses to run as root")
    }

    fn parse(users: &str) -> Option<Self> {
        let line = users.lines().find(|line| line.starts_with("postgres:"))?;
        let mut fields = line.split(':').skip(2);
        let user = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { user, group })
    }
}

/// A program of the cluster, run as its owner. `setpriv` becomes the program (no parent in between), so a signal
/// to our child reaches it. The folder is one that every user may read.
fn program(bin: &Path, name: &str, owner: Option<&Owner>) -> Command {
    let file = bin.join(name);
    let mut command = match owner {
        Some(owner) => {
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={}", owner.user))
                .arg(format!("--regid={}", owner.group))
                .arg("--clear-groups")
                .arg("--")
                .arg(file);
            command
        }
        None => Command::new(file),
    };
    command.current_dir("/");
    command
}

/// Makes the cluster with an order of text that is not that of its bytes, where the machine has one: a column that
/// lacks `COLLATE "C"` then fails a test. Gives the name of that order.
fn initialise(bin: &Path, data: &Path, owner: Option<&Owner>) -> Result<String> {
    let mut candidates: Vec<(String, Vec<String>)> = Vec::new();
    let installed = capture(Command::new("locale").arg("-a")).unwrap_or_default();
    if let Some(locale) = spoken_locale(&installed) {
        candidates.push((locale.clone(), vec![format!("--locale={locale}")]));
    }
    let icu = ["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"];
    candidates.push(("en-US (ICU)".to_owned(), icu.into_iter().map(str::to_owned).collect()));
    candidates.push(("C.UTF-8".to_owned(), vec!["--locale=C.UTF-8".to_owned()]));
    candidates.push(("C".to_owned(), vec!["--no-locale".to_owned()]));

    let mut last = None;
    for (name, arguments) in candidates {
        let mut command = program(bin, "initdb", owner);
        command.arg("-D").arg(data);
        command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]).args(arguments);
        // A failed initdb empties the folder that it was given.
        match capture(&mut command) {
            Ok(_) => return Ok(name),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.context("a temporary Postgres cluster could not be made")),
        None => bail!("a temporary Postgres cluster could not be made"),
    }
}

/// A UTF-8 locale of some language, American English first; not C and not POSIX.
fn spoken_locale(installed: &str) -> Option<String> {
    let spoken = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        line.contains('_') && (lower.ends_with(".utf8") || lower.ends_with(".utf-8"))
    };
    let mut lines: Vec<&str> = installed.lines().map(str::trim).filter(spoken).collect();
    lines.sort_by_key(|line| !line.starts_with("en_US"));
    lines.first().map(|line| (*line).to_owned())
}

fn start(
    bin: &Path,
    data: &Path,
    sockets: &Path,
    owner: Option<&Owner>,
    scratch: &Scratch,
    settings: &[&str],
) -> Result<(ChildGuard, u16)> {
    let log = scratch.path().join("postgres.log");
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let port = http::free_port()?;
        let mut command = program(bin, "postgres", owner);
        command.arg("-D").arg(data);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", CONNECTIONS, "-c"]);
        command.arg(format!("port={port}"));
        command.arg("-c").arg(format!("unix_socket_directories={}", sockets.display()));
        command.args(settings);
        let mut server = ChildGuard::spawn("postgres", &mut command, scratch, &log)?;
        let answers = || {
            let port = port.to_string();
            let mut probe = Command::new(bin.join("pg_isready"));
            capture(probe.args(["-q", "-h", "127.0.0.1", "-p", &port]).current_dir("/")).is_ok()
        };
        match server.wait_until("it accepted connections", READY, answers) {
            Ok(()) => return Ok((server, port)),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.context("the temporary Postgres cluster did not start")),
        None => bail!("the temporary Postgres cluster did not start"),
    }
}

fn psql(program: &Path, url: &str, statement: &str) -> Result<()> {
    let mut command = Command::new(program);
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement]).current_dir("/");
    capture(&mut command).map(|_| ())
}

/// The same server, another database.
fn with_database(url: &str, name: &str) -> Result<String> {
    let Some((scheme, rest)) = url.split_once("://") else {
        bail!("{URL_VARIABLE} must look like postgres://user@host:port/database");
    };
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, format!("?{query}")),
        None => (rest, String::new()),
    };
    let authority = place.split('/').next().unwrap_or(place);
    Ok(format!("{scheme}://{authority}/{name}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        let cases = [
            ("postgres://postgres@127.0.0.1:5432/postgres", "postgres://postgres@127.0.0.1:5432/x"),
            ("postgres://a:b@h", "postgres://a:b@h/x"),
            ("postgresql://h/db?sslmode=disable", "postgresql://h/x?sslmode=disable"),
        ];
        for (given, expected) in cases {
            assert_eq!(with_database(given, "x").unwrap(), expected);
        }
        assert!(with_database("127.0.0.1", "x").is_err());
    }

    #[test]
    fn a_spoken_locale_is_preferred() {
        assert_eq!(spoken_locale("C\nC.utf8\nPOSIX\n"), None);
        assert_eq!(spoken_locale("C\nde_DE.utf8\nen_US.utf8\n").as_deref(), Some("en_US.utf8"));
        assert_eq!(spoken_locale("de_DE\nde_DE.UTF-8\n").as_deref(), Some("de_DE.UTF-8"));
    }

    #[test]
    fn the_owner_is_read() {
        let owner =
            Owner::parse("root:x:0:0::/root:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\n");
        let owner = owner.unwrap();
        assert_eq!((owner.user, owner.group), (101, 104));
    }
}

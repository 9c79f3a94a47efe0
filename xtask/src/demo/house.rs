//! The running demo: a server on a fresh database, the policy of `examples/demo`, the example MCP server in front
//! of its tools. All of it stops and goes with the guard. Must not know the script's rows.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::script::{Answer, Row};
use crate::binaries::Binaries;
use crate::child::ChildGuard;
use crate::postgres::{Database, Postgres};
use crate::process::{capture, output, say};
use crate::scratch::Scratch;
use crate::{http, paths};

/// The secrets that the bundle names as `secret_env` and `api_keys`.
const KEYS: &[&str] = &["CRM_PEP_KEY", "ALICE_KEY", "BOB_KEY", "CAROL_KEY", "DAVE_KEY", "REFUND_BOT_KEY"];
/// Where the bundle says the MCP server is; the demo puts the chosen port in its place.
const PLACE_IN_BUNDLE: &str = "127.0.0.1:9000";
const BUNDLE: &str = "examples/demo/bundle.yaml";
/// Who approves.
const APPROVER: &str = "frank@example.org";
const READY: Duration = Duration::from_secs(60);

/// Dropped in this order: first what calls the server, then the server, then what it lives on.
pub(super) struct House {
    mcp: ChildGuard,
    server: ChildGuard,
    setting: Setting,
}

/// Everything that is chosen once and stays over a restart.
struct Setting {
    countersign: PathBuf,
    crm_server: PathBuf,
    crm_agent: PathBuf,
    crm_approver: PathBuf,
    port: u16,
    mcp_port: u16,
    keys: BTreeMap<&'static str, String>,
    url: String,
    logs: PathBuf,
    database: Option<Database>,
    scratch: Scratch,
}

impl House {
    /// On Postgres when there is one, else on a new SQLite file.
    pub(super) fn open(programs: &Binaries, postgres: Option<&Postgres>, port: u16) -> Result<Self> {
        let scratch = Scratch::new("demo")?;
        let database = match postgres {
            Some(postgres) => {
                let unique: String = secret()?.chars().take(12).collect();
                Some(postgres.database("demo", &unique)?)
            }
            None => None,
        };
        let url = match &database {
            Some(database) => database.url().to_owned(),
            None => format!("sqlite://{}", scratch.path().join("countersign.db").display()),
        };
        let mut keys = BTreeMap::new();
        for name in KEYS {
            keys.insert(*name, secret()?);
        }
        // Beside what cargo builds, so that a log outlives the demo that failed.
        let logs = paths::target().join("demo");
        fs::create_dir_all(&logs).with_context(|| format!("`{}` could not be created", logs.display()))?;
        let setting = Setting {
            countersign: programs.countersign.clone(),
            crm_server: programs.crm_server.clone(),
            crm_agent: programs.crm_agent.clone(),
            crm_approver: programs.crm_approver.clone(),
            port,
            mcp_port: http::free_port()?,
            keys,
            url,
            logs,
            database,
            scratch,
        };
        for log in [setting.log_of("countersign"), setting.log_of("crm-server")] {
            if log.exists() {
                fs::remove_file(&log).with_context(|| format!("`{}` could not be removed", log.display()))?;
            }
        }

        say(&format!("demo: starting Countersign on {} ({})", setting.address(), setting.kind()));
        let server = setting.start_server()?;
        say(&format!("demo: applying {BUNDLE}"));
        setting.apply(BUNDLE).with_context(|| server.tail())?;
        say(&format!("demo: starting the MCP server on {}", setting.mcp_address()));
        let mcp = setting.start_mcp()?;
        Ok(Self { mcp, server, setting })
    }

    /// Makes one call as an agent does: over MCP, with its own key.
    pub(super) fn call(&self, row: &Row) -> Result<Answer> {
        let setting = &self.setting;
        let Some(key) = setting.keys.get(row.caller.as_str()) else {
            bail!("the caller `{}` is none of {}", row.caller, KEYS.join(", "));
        };
        let arguments = serde_json::to_string(&row.arguments).context("the arguments are no JSON")?;
        let mut agent = Command::new(&setting.crm_agent);
        agent
            .args(["--server", &setting.mcp_address(), "--tool", &row.tool, "--arguments", &arguments])
            .current_dir(setting.scratch.path())
            .env("COUNTERSIGN_API_KEY", key);
        let said = output(&mut agent)?;
        let stdout = String::from_utf8_lossy(&said.stdout);
        Answer::parse(&stdout).with_context(|| {
            let stderr = String::from_utf8_lossy(&said.stderr).trim().to_owned();
            format!("crm-agent ({}): {stderr}\n{}", said.status, self.mcp.tail())
        })
    }

    /// Applies a bundle, named from the root of the workspace, beside the running server.
    pub(super) fn apply(&self, bundle: &str) -> Result<()> {
        self.setting.apply(bundle).with_context(|| self.server.tail())
    }

    /// Has a person approve a request, through the console as people do: an account that is linked to a member of the
    /// policy, a password set by a one-time link, the form of the request's page.
    pub(super) fn approve(&self, request: &str) -> Result<()> {
        let setting = &self.setting;
        let account = |words: &[&str]| {
            capture(setting.command().arg("account").args(words).args(["--database", &setting.url]))
        };
        if !account(&["list"])?.contains(APPROVER) {
            account(&["invite", APPROVER, "--role", "approver", "--name", "Frank"])?;
            account(&["person", APPROVER, "frank"])?;
        }
        let link = account(&["recover", APPROVER])?;
        let mut approver = Command::new(&setting.crm_approver);
        approver
            .args(["--request", request])
            .current_dir(setting.scratch.path())
            .env("COUNTERSIGN_LINK", link.trim())
            .env("COUNTERSIGN_PASSWORD", secret()?);
        capture(&mut approver).map(|_| ()).context("the scripted approver")
    }

    /// The server once more: a new build, the same database and port.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.server.stop();
        self.server = self.setting.start_server()?;
        Ok(())
    }

    /// A one-time link that makes the first account.
    pub(super) fn setup_link(&self) -> Result<String> {
        let setting = &self.setting;
        let printed = capture(setting.command().args(["setup-link", "--database", &setting.url]))?;
        Ok(printed.trim().to_owned())
    }

    /// An error when one of the two servers has ended.
    pub(super) fn still_up(&mut self) -> Result<()> {
        for guard in [&mut self.server, &mut self.mcp] {
            if let Some(status) = guard.ended()? {
                bail!("the demo is over ({status})\n{}", guard.tail());
            }
        }
        Ok(())
    }

    pub(super) fn log(&self) -> String {
        self.server.tail()
    }

    pub(super) fn address(&self) -> String {
        self.setting.address()
    }

    pub(super) fn mcp_address(&self) -> String {
        self.setting.mcp_address()
    }

    pub(super) fn database_kind(&self) -> &'static str {
        self.setting.kind()
    }
}

impl Setting {
    fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn mcp_address(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.mcp_port)
    }

    fn kind(&self) -> &'static str {
        if self.database.is_some() { "Postgres" } else { "SQLite" }
    }

    fn log_of(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}-{}.log", self.kind().to_lowercase()))
    }

    /// `countersign …` as every part of the demo runs it: the same folder (so the same keys beside the database),
    /// the same address in links.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.countersign);
        command.current_dir(self.scratch.path()).env("COUNTERSIGN_PUBLIC_URL", self.address());
        command
    }

    fn start_server(&self) -> Result<ChildGuard> {
        let mut command = self.command();
        command.arg("serve").arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        command.args(["--database", &self.url]);
        // The example server listens on loopback, and the console is to find its tools.
        command.env("COUNTERSIGN_ALLOW_ADDRESS", "loopback");
        let mut server =
            ChildGuard::spawn("countersign", &mut command, &self.scratch, &self.log_of("countersign"))?;
        let ready = || http::status(self.port, "/readyz").is_ok_and(|code| code == 200);
        server.wait_until("/readyz answered 200", READY, ready)?;
        Ok(server)
    }

    fn start_mcp(&self) -> Result<ChildGuard> {
        let key = self.keys.get("CRM_PEP_KEY").context("the demo made no key for the MCP server")?;
        let mut command = Command::new(&self.crm_server);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.mcp_port));
        command.args(["--countersign", &self.address()]);
        command.current_dir(self.scratch.path()).env("COUNTERSIGN_KEY", key);
        let mut mcp =
            ChildGuard::spawn("crm-server", &mut command, &self.scratch, &self.log_of("crm-server"))?;
        mcp.wait_until("it accepted connections", READY, || http::is_open(self.mcp_port))?;
        Ok(mcp)
    }

    fn apply(&self, bundle: &str) -> Result<()> {
        let source = paths::root().join(bundle);
        let text = fs::read_to_string(&source)
            .with_context(|| format!("`{}` could not be read", source.display()))?;
        let name = source.file_name().map_or_else(|| Path::new("bundle.yaml"), Path::new);
        let copy = self.scratch.path().join(name);
        let text = text.replace(PLACE_IN_BUNDLE, &format!("127.0.0.1:{}", self.mcp_port));
        fs::write(&copy, text).with_context(|| format!("`{}` could not be written", copy.display()))?;
        let mut command = self.command();
        command.arg("apply").arg("-f").arg(&copy).args(["--database", &self.url]).envs(&self.keys);
        capture(&mut command).map(|_| ()).with_context(|| format!("`{bundle}` was not applied"))
    }
}

/// 256 bits as hexadecimal digits.
fn secret() -> Result<String> {
    let mut bytes = [0_u8; 32];
    let mut source = File::open("/dev/urandom").context("/dev/urandom could not be opened")?;
    source.read_exact(&mut bytes).context("/dev/urandom could not be read")?;
    Ok(hex::encode(bytes))
}

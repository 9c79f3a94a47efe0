//! What the other commands need on a machine: Postgres, Chromium, Node, Python packages, the wasm target. Each
//! `ensure_…` finds it, or installs it, or says exactly what is missing. Must not download anything but through
//! apt, npm, pip, rustup and cargo, and must not touch what is already there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::paths;
use crate::process::{capture, cargo, run as run_command, say, which};

/// The oldest Node that the browser tests run on.
const NODE: u32 = 18;

static APT_UPDATED: AtomicBool = AtomicBool::new(false);

/// `cargo xtask setup`.
pub(crate) fn run() -> Result<()> {
    say("setup: Postgres, Chromium, Node, the packages of e2e and of Python, the wasm target");
    ensure_postgres()?;
    ensure_wasm_target()?;
    ensure_python_venv()?;
    if paths::e2e().join("package.json").is_file() {
        ensure_chromium()?;
        ensure_e2e_packages()?;
    }
    say("setup: all there");
    Ok(())
}

/// The folder with `initdb`, `postgres` and `psql`.
pub(crate) fn ensure_postgres() -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    apt_install(&["postgresql"], "PostgreSQL (initdb, postgres, psql)")?;
    find_postgres().context(
        "PostgreSQL was installed, yet there is no initdb in /usr/lib/postgresql/*/bin or on the path",
    )
}

fn find_postgres() -> Option<PathBuf> {
    // Debian keeps initdb off the path, one folder per major version.
    let mut versions: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(entries) = fs::read_dir("/usr/lib/postgresql") {
        for entry in entries.flatten() {
            let bin = entry.path().join("bin");
            let version = entry.file_name().to_str().and_then(|name| name.parse().ok());
            if let Some(version) = version
                && bin.join("initdb").is_file()
            {
                versions.push((version, bin));
            }
        }
    }
    versions.sort();
    if let Some((_, bin)) = versions.pop() {
        return Some(bin);
    }
    let initdb = fs::canonicalize(which("initdb")?).ok()?;
    let bin = initdb.parent()?;
    bin.join("postgres").is_file().then(|| bin.to_path_buf())
}

/// `psql` alone, for a server that somebody else runs.
pub(crate) fn ensure_psql() -> Result<PathBuf> {
    if let Some(program) = which("psql") {
        return Ok(program);
    }
    apt_install(&["postgresql-client"], "psql")?;
    which("psql").context("postgresql-client was installed, yet there is no psql on the path")
}

/// Debian's Chromium; browser builds of npm packages cannot be had everywhere.
pub(crate) fn ensure_chromium() -> Result<PathBuf> {
    let find = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(which);
    if let Some(program) = find() {
        return Ok(program);
    }
    apt_install(&["chromium"], "Chromium")?;
    find().context("chromium was installed, yet it is not on the path")
}

pub(crate) fn ensure_node() -> Result<()> {
    if node_is_enough() {
        return Ok(());
    }
    apt_install(&["nodejs", "npm"], &format!("Node {NODE} or newer with npm"))?;
    if !node_is_enough() {
        bail!("Node {NODE} or newer with npm is needed, and this system's packages have an older one");
    }
    Ok(())
}

fn node_is_enough() -> bool {
    if which("npm").is_none() || which("node").is_none() {
        return false;
    }
    let version = capture(Command::new("node").arg("--version")).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|text| text.parse().ok());
    major.is_some_and(|major: u32| major >= NODE)
}

/// The npm packages of `e2e/`, installed again only when its lock or manifest changed.
pub(crate) fn ensure_e2e_packages() -> Result<()> {
    ensure_node()?;
    let folder = paths::e2e();
    let locked = folder.join("package-lock.json").is_file();
    let mark = folder.join("node_modules").join(".countersign");
    let wanted = digest_of(&[folder.join("package.json"), folder.join("package-lock.json")]);
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    say("installing the npm packages of e2e");
    let install = if locked { "ci" } else { "install" };
    run_command(
        Command::new("npm")
            .args([install, "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
    )?;
    // `npm install` writes the lock, so the mark is made of what lies there now.
    let now = digest_of(&[folder.join("package.json"), folder.join("package-lock.json")]);
    fs::write(&mark, now).with_context(|| format!("`{}` could not be written", mark.display()))
}

/// A virtual environment with what `examples/fastmcp` and the stories need: its Python. `None` when there is no such
/// example.
pub(crate) fn ensure_python_venv() -> Result<Option<PathBuf>> {
    let requirements = [
        paths::root().join("examples").join("fastmcp").join("requirements.txt"),
        paths::root().join("tests").join("requirements.txt"),
    ];
    if !requirements.iter().all(|file| file.is_file()) {
        return Ok(None);
    }
    let folder = paths::root().join("target").join("venv");
    let python = folder.join("bin").join("python");
    let mark = folder.join(".countersign");
    let wanted = digest_of(&requirements);
    if python.exists() && fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(Some(python));
    }
    say("installing the Python packages of examples/fastmcp and of the stories into target/venv");
    if which("python3").is_none() {
        apt_install(&["python3", "python3-venv"], "Python 3 with venv")?;
    }
    if !python.exists() && make_venv(&folder).is_err() {
        // Debian's python3 comes without venv; what the first try left must not stay.
        apt_install(&["python3-venv"], "Python's venv module")?;
        make_venv(&folder)?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    for file in &requirements {
        install.arg("-r").arg(file);
    }
    run_command(&mut install)?;
    fs::write(&mark, wanted).with_context(|| format!("`{}` could not be written", mark.display()))?;
    Ok(Some(python))
}

fn make_venv(folder: &Path) -> Result<()> {
    run_command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))
}

/// The standard library for the browser.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let find = || -> Result<bool> {
        let sysroot = capture(Command::new(&rustc).args(["--print", "sysroot"]))?;
        Ok(Path::new(sysroot.trim()).join("lib/rustlib/wasm32-unknown-unknown/lib").is_dir())
    };
    if find()? {
        return Ok(());
    }
    if which("rustup").is_some() {
        say("adding the target wasm32-unknown-unknown");
        let added = run_command(Command::new("rustup").args(["target", "add", "wasm32-unknown-unknown"]));
        if added.is_ok() && find()? {
            return Ok(());
        }
    }
    bail!(
        "the standard library for wasm32-unknown-unknown is missing and rustup could not add it.\n\
         With rustup: `rustup target add wasm32-unknown-unknown`.\n\
         On Debian without it: `apt-get install rustc-web cargo-web rust-web-src`, then build the front end with\n\
         RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 /usr/bin/cargo build -Zbuild-std=std,panic_abort -p frontend --lib \
         --target wasm32-unknown-unknown --profile wasm-release\n\
         and CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=<sysroot>/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld, \
         and bundle it with `cargo xtask bundle --built`"
    )
}

/// A nightly toolchain, and cargo-fuzz.
pub(crate) fn ensure_cargo_fuzz() -> Result<()> {
    if which("rustup").is_none() {
        bail!("fuzzing needs a nightly toolchain, and there is no rustup here to install it");
    }
    let nightly = || capture(Command::new("rustup").args(["run", "nightly", "rustc", "--version"])).is_ok();
    if !nightly() {
        say("installing the nightly toolchain");
        run_command(Command::new("rustup").args(["toolchain", "install", "nightly", "--profile", "minimal"]))
            .context("fuzzing needs nightly: `rustup toolchain install nightly`")?;
    }
    if which("cargo-fuzz").is_none() {
        say("installing cargo-fuzz");
        run_command(cargo().args(["install", "--locked", "cargo-fuzz"]))
            .context("cargo-fuzz is missing: `cargo install cargo-fuzz`")?;
    }
    Ok(())
}

pub(crate) fn is_root() -> Result<bool> {
    Ok(capture(Command::new("id").arg("-u"))?.trim() == "0")
}

fn apt_install(packages: &[&str], what: &str) -> Result<()> {
    let names = packages.join(" ");
    let by_hand = format!("on Debian and Ubuntu: `apt-get update && apt-get install {names}` as root");
    if which("apt-get").is_none() {
        bail!("{what} is missing and there is no apt-get here to install it; {by_hand}");
    }
    if !is_root()? {
        bail!("{what} is missing and only root may install it; {by_hand}");
    }
    say(&format!("installing {what}: {names}"));
    let install = || -> Result<()> {
        if !APT_UPDATED.swap(true, Ordering::Relaxed) {
            run_command(Command::new("apt-get").args(["update", "-q"]))?;
        }
        run_command(
            Command::new("apt-get")
                .args(["install", "-q", "-y", "--no-install-recommends"])
                .args(packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    install().with_context(|| format!("{what} is missing and could not be installed; {by_hand}"))
}

/// One digest over some files; a missing one counts as empty.
fn digest_of(files: &[PathBuf]) -> String {
    let mut hasher = Sha256::new();
    for file in files {
        let bytes = fs::read(file).unwrap_or_default();
        hasher.update(bytes.len().to_le_bytes());
        hasher.update(&bytes);
    }
    hex::encode(hasher.finalize())
}

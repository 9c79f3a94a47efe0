//! Builds the programs that other commands start, and says where they lie. Must not start them.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::paths;
use crate::process::{cargo, run};

pub(crate) struct Binaries {
    pub(crate) countersign: PathBuf,
    pub(crate) crm_server: PathBuf,
    pub(crate) crm_agent: PathBuf,
    pub(crate) crm_approver: PathBuf,
}

/// The whole house but the front end (which must never share a cargo call with the server) and xtask (its own
/// selection keeps `cargo xtask` from being built twice).
pub(crate) const HOUSE: &[&str] = &["--workspace", "--exclude", "frontend", "--exclude", "xtask"];

/// The least that the demo needs, so that a newcomer waits as short as possible.
pub(crate) fn for_demo() -> Result<Binaries> {
    run(cargo().args(["build", "-p", "server", "-p", "crm-server"]))?;
    found()
}

/// The same programs beside the tests. Which packages are selected decides the features of what they share: with
/// the selection of `cargo test`, nothing is compiled twice.
pub(crate) fn for_tests() -> Result<Binaries> {
    run(cargo().arg("build").args(HOUSE).args(["--bins", "--tests"]))?;
    found()
}

/// The server alone.
pub(crate) fn server() -> Result<PathBuf> {
    run(cargo().args(["build", "-p", "server", "--bin", "countersign"]))?;
    exists(paths::built("debug", "countersign"))
}

fn found() -> Result<Binaries> {
    Ok(Binaries {
        countersign: exists(paths::built("debug", "countersign"))?,
        crm_server: exists(paths::built("debug", "crm-server"))?,
        crm_agent: exists(paths::built("debug", "crm-agent"))?,
        crm_approver: exists(paths::built("debug", "crm-approver"))?,
    })
}

fn exists(file: PathBuf) -> Result<PathBuf> {
    if !file.is_file() {
        bail!("cargo built no `{}`", file.display());
    }
    Ok(file)
}

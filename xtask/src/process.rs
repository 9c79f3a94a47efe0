//! Starting other programs and waiting for them: the line is shown before it runs, failure is an error. Must not
//! know any command of ours, and must not show environment variables (they hold the demo's secrets).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::paths;

/// One line on stderr: what is about to happen.
pub(crate) fn say(text: &str) {
    eprintln!("xtask: {text}");
}

/// The cargo that runs us, at the root. The variables that `cargo run` sets for xtask itself are taken away, so
/// that nothing is rebuilt because it was xtask who called.
pub(crate) fn cargo() -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.current_dir(paths::root());
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|text| {
            text.starts_with("CARGO_PKG_")
                || text.starts_with("CARGO_MANIFEST_")
                || text == "CARGO_BIN_NAME"
                || text == "CARGO_CRATE_NAME"
                || text == "CARGO_PRIMARY_PACKAGE"
        });
        if ours {
            command.env_remove(&name);
        }
    }
    if let Some(clippy) = one_pass() {
        command.env("RUSTC_WORKSPACE_WRAPPER", clippy);
        // As `cargo clippy -- -D warnings` hands it down.
        command.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    }
    command
}

/// With `XTASK_ONE_PASS` set, our own crates are compiled by clippy itself, which compiles as rustc does: tests and lint
/// share one build then, and a warning fails it. Else each has its own, and a warning stops no test.
pub(crate) fn one_pass() -> Option<PathBuf> {
    std::env::var_os("XTASK_ONE_PASS").filter(|value| !value.is_empty())?;
    which("clippy-driver")
}

/// Runs to the end with our own stdout and stderr; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line_of(command);
    eprintln!("xtask: $ {line}");
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end without showing the line; gives stdout, or an error with what stderr said.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let name = program_of(command);
    let output = output(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("`{name}` failed ({}): {said}", output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs to the end and gives everything, whatever the exit code.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    let name = program_of(command);
    command.stdin(Stdio::null()).output().with_context(|| format!("`{name}` could not be started"))
}

/// The first program of that name on the path.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn program_of(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

fn line_of(command: &Command) -> String {
    let mut words = vec![program_of(command)];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

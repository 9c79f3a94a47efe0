//! A temporary folder that leaves nothing behind: not the folder, not the processes registered in it, even when
//! xtask is killed (Ctrl-C ends it without running any `Drop`). A small shell in its own process group waits for
//! our end of a pipe to close and then cleans up. Must not know what the processes are.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// `$1` is the folder; each file name in `$1/pids` is a process that must not outlive us.
const WATCHDOG: &str = r#"
trap '' INT TERM HUP
read -r word
[ "$word" = done ] && exit 0
each() { for file in "$1"/pids/*; do [ -e "$file" ] && kill "$2" "${file##*/}" 2>/dev/null; done; }
each "$1" -INT
each "$1" -TERM
alive() { for file in "$1"/pids/*; do [ -e "$file" ] && kill -0 "${file##*/}" 2>/dev/null && return 0; done; return 1; }
tries=0
while [ "$tries" -lt 50 ] && alive "$1"; do sleep 0.1; tries=$((tries + 1)); done
each "$1" -KILL
rm -rf "$1"
"#;

pub(crate) struct Scratch {
    folder: TempDir,
    pids: PathBuf,
    watchdog: Child,
}

impl Scratch {
    pub(crate) fn new(purpose: &str) -> Result<Self> {
        let prefix = format!("countersign-{purpose}-");
        let folder = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir()
            .context("a temporary folder could not be created")?;
        let pids = folder.path().join("pids");
        fs::create_dir(&pids).with_context(|| format!("`{}` could not be created", pids.display()))?;
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "countersign-watchdog"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("`sh` could not be started")?;
        Ok(Self { folder, pids, watchdog })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Names a process that must not outlive us. The returned file is to be removed when the process has ended.
    pub(crate) fn register(&self, process: u32) -> Result<PathBuf> {
        let file = self.pids.join(process.to_string());
        fs::write(&file, "").with_context(|| format!("`{}` could not be written", file.display()))?;
        Ok(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.watchdog.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watchdog.wait();
    }
}

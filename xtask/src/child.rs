//! A process that runs beside us, writes to a log file, and is stopped when its guard goes. Must not know which
//! programs there are.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::scratch::Scratch;

/// What a process is asked, and how long it may take, before it is killed. SIGINT is the fast and clean stop for
/// Postgres as for our own; a program without a handler may have inherited that it is ignored, hence SIGTERM.
const REQUESTS: &[(&str, Duration)] = &[("INT", Duration::from_secs(5)), ("TERM", Duration::from_secs(5))];
/// How often we look.
const PAUSE: Duration = Duration::from_millis(25);
/// How much of a log an error shows.
const TAIL: usize = 20;

pub(crate) struct ChildGuard {
    name: String,
    child: Child,
    log: PathBuf,
    registered: Option<PathBuf>,
}

impl ChildGuard {
    /// Starts the program with its output appended to `log`.
    pub(crate) fn spawn(name: &str, command: &mut Command, scratch: &Scratch, log: &Path) -> Result<Self> {
        let unusable = || format!("`{}` could not be opened", log.display());
        let out = OpenOptions::new().create(true).append(true).open(log).with_context(unusable)?;
        let err = out.try_clone().with_context(unusable)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::from(out))
            .stderr(Stdio::from(err))
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        let process = child.id();
        let mut guard = Self { name: name.to_owned(), child, log: log.to_path_buf(), registered: None };
        guard.registered = Some(scratch.register(process)?);
        Ok(guard)
    }

    /// The exit status, if the process has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("{} could not be waited for", self.name))
    }

    /// Waits until `ready` says yes; an error when the process ends first or the time is over.
    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.ended()? {
                bail!("{} ended ({status}) before {what}\n{}", self.name, self.tail());
            }
            if ready() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!("{} was not there after {} s: {what}\n{}", self.name, limit.as_secs(), self.tail());
            }
            sleep(PAUSE);
        }
    }

    /// Where its log is, and its last lines.
    pub(crate) fn tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(TAIL);
        let mut shown = format!("the log of {} is {}", self.name, self.log.display());
        for line in lines.iter().skip(from) {
            shown.push_str("\n    ");
            shown.push_str(line);
        }
        shown
    }

    /// Asks the process to stop, then makes it.
    pub(crate) fn stop(&mut self) {
        for (request, limit) in REQUESTS {
            if self.has_ended() {
                break;
            }
            signal(self.child.id(), request);
            let deadline = Instant::now() + *limit;
            while !self.has_ended() && Instant::now() < deadline {
                sleep(PAUSE);
            }
        }
        if !self.has_ended() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        if let Some(file) = self.registered.take() {
            let _ = fs::remove_file(file);
        }
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `std` can only kill; the shell's own `kill` is there on every Unix.
fn signal(process: u32, name: &str) {
    let process = process.to_string();
    let _ = Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &process])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

//! One bash session in a folder of its own, to be typed into.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Printed after each command, so that its end is seen.
const DONE: &str = "@@done@@";
/// The longest that one command may take.
const COMMAND: Duration = Duration::from_secs(120);
/// The longest that what a page started may take to stop.
const STOP: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Session {
    folder: TempDir,
    address: SocketAddr,
    shell: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Session {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (bin, here) = (folder.path().join("bin"), folder.path().join("here"));
        for made in [&bin, &here] {
            std::fs::create_dir(made).expect("a folder");
        }
        let binary = std::fs::canonicalize(tests::process::binary()).expect("the binary");
        symlink(binary, bin.join("countersign")).expect("a link");
        symlink(crate::docs::page::repository().join("examples"), here.join("examples")).expect("a link");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&path)));

        let address = SocketAddr::from(([127, 0, 0, 1], tests::process::free_port()));
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc"]).current_dir(&here);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("COUNTERSIGN_") || text.ends_with("_KEY") {
                command.env_remove(&name);
            }
        }
        command
            .env("PATH", path.expect("a path"))
            .env("HOME", &here)
            .env("LC_ALL", "C.UTF-8")
            .env("no_proxy", "*")
            .env("COUNTERSIGN_LISTEN", address.to_string());
        // A group of its own: what the page leaves running is ended with it.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut shell = command.spawn().expect("bash starts");
        let input = shell.stdin.take().expect("stdin");
        let lines = BufReader::new(shell.stdout.take().expect("stdout"));
        let (tell, output) = channel();
        std::thread::spawn(move || {
            for line in lines.split(b'\n').map_while(Result::ok) {
                let _ = tell.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let mut session = Self { folder, address, shell, input, output };
        session.run("exec 2>&1").expect("bash answers");
        session
    }

    /// Where `countersign serve` listens here.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let file: PathBuf = self.folder.path().join("here").join(file);
        std::fs::write(file, text).expect("the file is written");
    }

    /// What a command printed, by line.
    pub(crate) fn run(&mut self, command: &str) -> Result<Vec<String>, String> {
        writeln!(self.input, "{command}\necho {DONE}")
            .and_then(|()| self.input.flush())
            .map_err(|error| format!("the shell is gone: {error}"))?;
        let deadline = Instant::now() + COMMAND;
        let mut got = Vec::new();
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => match line.strip_suffix(DONE) {
                    // A last line that was not ended stands before the mark.
                    Some("") => return Ok(got),
                    Some(rest) => {
                        got.push(rest.to_owned());
                        return Ok(got);
                    }
                    None => got.push(line),
                },
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("did not end within {COMMAND:?}, after printing {got:?}"));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("ended the shell, after printing {got:?}"));
                }
            }
        }
    }

    fn signal(&self, signal: &str) {
        // bash has its own `kill`; the program of that name is not on every machine.
        let group = self.shell.id().to_string();
        let mut kill = Command::new("bash");
        kill.args(["-c", "kill -s \"$0\" -- \"-$1\"", signal, &group]).stderr(Stdio::null());
        let _ = kill.status();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.signal("TERM");
        // Whatever was started holds the output open, so the end of the output is the end of all of it.
        let deadline = Instant::now() + STOP;
        loop {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.signal("KILL");
                    break;
                }
            }
        }
        let _ = self.shell.wait();
    }
}

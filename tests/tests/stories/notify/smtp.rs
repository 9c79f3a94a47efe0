//! A real mail server that is not ours: aiosmtpd, in a process of its own.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Python with what `tests/requirements.txt` names.
const PYTHON: &str = "COUNTERSIGN_PYTHON";

/// How long a letter is waited for: a first retry takes six seconds at the most.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct MailServer {
    child: Child,
    pub(crate) port: u16,
    lines: mpsc::UnboundedReceiver<Value>,
}

impl MailServer {
    /// Starts it; the first letters are refused for a while, so many of them.
    pub(crate) async fn start(refuse: u32) -> Self {
        let python = std::env::var_os(PYTHON).unwrap_or_else(|| {
            panic!("{PYTHON} is not set; `cargo xtask test` makes a virtual environment and sets it")
        });
        let program = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("smtp/receive.py");
        let mut child = Command::new(python)
            .arg("-u")
            .arg(program)
            .args(["--refuse", &refuse.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("the program that {PYTHON} names does not start: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        let (tell, lines) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                // Who waited may be gone; stdout is drained all the same.
                let _ = tell.send(serde_json::from_str(&line).expect("JSON"));
            }
        });
        let mut server = Self { child, port: 0, lines };
        let port = server.next().await["port"].as_u64().expect("a port");
        server.port = u16::try_from(port).expect("a port");
        server
    }

    /// The next thing it says: a letter, or that it refused one.
    pub(crate) async fn next(&mut self) -> Value {
        timeout(PATIENCE, self.lines.recv()).await.expect("told in time").expect("the mail server runs")
    }

    /// It said nothing that nobody looked at.
    pub(crate) fn nothing_more(&mut self) {
        let rest: Vec<Value> = std::iter::from_fn(|| self.lines.try_recv().ok()).collect();
        assert!(rest.is_empty(), "{rest:?}");
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // A story that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

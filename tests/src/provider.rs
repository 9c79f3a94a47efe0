//! An OpenID provider that runs: npm's `oidc-provider` in one of the scripts of `e2e/support`.

use crate::process::free_port;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../e2e");

/// It ends with its owner, so that a story that failed leaves nothing running.
#[derive(Debug)]
pub struct Provider {
    process: Child,
    orders: ChildStdin,
    told: mpsc::Receiver<String>,
    pub url: String,
}

impl Provider {
    /// Starts `e2e/support/<script>` with this argument behind its port; returns once it answers.
    pub fn start(script: &str, argument: &str) -> Self {
        let package = format!("{FOLDER}/node_modules/oidc-provider/package.json");
        assert!(
            std::path::Path::new(&package).is_file(),
            "{package} is missing; `cargo xtask test` installs the packages of e2e"
        );
        let port = free_port().to_string();
        let mut process = Command::new("node")
            .args([format!("{FOLDER}/support/{script}").as_str(), &port, argument])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let lines = BufReader::new(process.stdout.take().expect("stdout"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // Who waited may be gone; stdout is drained all the same.
                let _ = tell.send(line);
            }
        });
        let orders = process.stdin.take().expect("stdin");
        let url = format!("http://127.0.0.1:{port}");
        let provider = Self { process, orders, told, url };
        provider.wait_for(&format!("ready {}", provider.url));
        provider
    }

    /// Notices of its own may stand on other lines.
    fn wait_for(&self, line: &str) {
        loop {
            match self.told.recv_timeout(Duration::from_secs(120)) {
                Ok(told) if told == line => return,
                Ok(_) => {}
                Err(error) => panic!("the provider does not say `{line}`: {error}"),
            }
        }
    }

    /// Gives an order, and waits until it says this.
    pub fn order(&mut self, order: &str, done: &str) {
        writeln!(self.orders, "{order}").expect("the provider listens");
        self.wait_for(done);
    }

    pub fn stop(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

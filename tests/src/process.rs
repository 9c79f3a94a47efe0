//! The real binary as a process of its own, to be killed and starved.

use crate::database::Database;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// `countersign serve`, running.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
}

/// The binary beside this test's own, or the one that `COUNTERSIGN_BIN` names.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("COUNTERSIGN_BIN") {
        return PathBuf::from(named);
    }
    let test = std::env::current_exe().expect("a path");
    let folder = test.parent().and_then(std::path::Path::parent).expect("target/debug");
    let binary = folder.join("countersign");
    assert!(binary.exists(), "{} is missing; `cargo build -p server` makes it", binary.display());
    binary
}

/// Ports that systems do not hand out by themselves: between our look and the start of whoever is to listen there, nobody
/// gets one by chance.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// A port that was free a moment ago. No other story of this process gets it.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another run on this machine begins elsewhere.
    let start = (std::process::id().wrapping_mul(61) % u32::from(PORTS)) as u16;
    for _ in 0..PORTS {
        let nth = NEXT.fetch_add(1, Ordering::Relaxed) % PORTS;
        let port = FIRST_PORT + (start + nth) % PORTS;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no port is free from {FIRST_PORT} on");
}

impl Process {
    /// Starts it and waits until it says that it is ready.
    pub fn serve(database: &Database, url: &str) -> Self {
        Self::start(Command::new(binary()), database, url)
    }

    /// The same, unable to write files beyond this size: writes fail as on a full disk.
    pub fn serve_with_files_up_to(database: &Database, url: &str, kib: u64) -> Self {
        let mut shell = Command::new("bash");
        // An ignored SIGXFSZ stays ignored over exec, and the write fails with EFBIG instead.
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")]).arg(binary());
        Self::start(shell, database, url)
    }

    /// The same, unable to have more files and connections open than so many.
    pub fn serve_with_descriptors(database: &Database, url: &str, most: u64) -> Self {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]).arg(binary());
        Self::start(shell, database, url)
    }

    fn start(mut command: Command, database: &Database, url: &str) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut child = command
            .args(["serve", "--listen", &address.to_string(), "--database", url])
            .arg("--audit-key")
            .arg(database.file("audit.key"))
            .arg("--vault-key-file")
            .arg(database.file("vault.key"))
            .env_remove("COUNTERSIGN_CONFIG")
            // Receivers of the stories are on this machine.
            .env("COUNTERSIGN_ALLOW_ADDRESS", "loopback")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stderr.take().expect("stderr"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                // Who waited may be gone; stderr is drained all the same.
                let _ = tell.send(line);
            }
        });
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut heard = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match told.recv_timeout(left) {
                Ok(line) if line.contains(" ready ") => return Self { child, address },
                Ok(line) => heard.push(line),
                Err(_) => panic!("the server did not become ready:\n{}", heard.join("\n")),
            }
        }
    }

    /// As the system knows it.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// SIGKILL: no chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A story that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! A Postgres server of a story's own, for what would harm the one that all share.

use crate::process::free_port;
use sqlx::{Connection, PgConnection};
use std::fs::{File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Another process may take the port between our look and the start.
const ATTEMPTS: usize = 3;
const READY: Duration = Duration::from_secs(120);
const GONE: Duration = Duration::from_secs(30);

/// Stopped when it is dropped, and its folder removed.
#[derive(Debug)]
pub struct Cluster {
    server: Child,
    url: String,
    owner: Owner,
    folder: TempDir,
}

impl Cluster {
    /// One that cannot write files beyond this size: a table that were to grow beyond it does not, with the error of a
    /// full disk. The files of the write-ahead log are of 1 MiB each; of these there may be many.
    pub async fn with_files_up_to(kib: u64) -> Self {
        // Nothing becomes free by itself.
        Self::start(&kib.to_string(), &["autovacuum=off"]).await
    }

    /// One with these settings, each as `name=value`.
    pub async fn with_settings(settings: &[&str]) -> Self {
        Self::start("unlimited", settings).await
    }

    /// `file_size`: as the shell's `ulimit -f` takes it.
    async fn start(file_size: &str, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let owner = Owner::of(folder.path());
        let bin = programs();
        let data = owner.folder(folder.path());
        let made = owner
            .command(&bin.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"])
            .args(["--no-sync", "--wal-segsize=1"])
            .output()
            .expect("initdb of Postgres runs; `cargo xtask setup` installs it");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for _ in 0..ATTEMPTS {
            let port = free_port();
            let log = File::create(folder.path().join("log")).expect("a log");
            let mut server = Command::new("bash")
                .args(["-c", &format!("ulimit -S -f {file_size}; exec \"$0\" \"$@\"")])
                .args(owner.words(&bin.join("postgres")))
                .arg("-D")
                .arg(&data)
                .args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")])
                // Nothing of it is to outlive the machine, and a busy disk may take seconds.
                .args(["-c", "unix_socket_directories=", "-c", "fsync=off"])
                .args(settings.iter().flat_map(|setting| ["-c", *setting]))
                .current_dir("/")
                .stdout(Stdio::null())
                .stderr(log)
                .spawn()
                .expect("bash runs");
            let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
            if answers(&mut server, &url).await {
                return Self { server, url, owner, folder };
            }
        }
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        panic!("Postgres did not start:\n{log}");
    }

    /// With the right to create databases.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All that it said so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    /// From now on files may grow.
    pub async fn make_room(&self) {
        // First whoever makes processes: those that come then have room, and the others are all there.
        self.lift(self.server.id());
        let mut admin = PgConnection::connect(&self.url).await.expect("Postgres answers");
        let processes: Vec<i32> = sqlx::query_scalar("SELECT pid FROM pg_stat_activity")
            .fetch_all(&mut admin)
            .await
            .expect("its processes");
        for process in processes {
            self.lift(u32::try_from(process).expect("a process"));
        }
    }

    fn lift(&self, process: u32) {
        let lifted = self
            .owner
            .command(Path::new("prlimit"))
            .args(["--pid", &process.to_string(), "--fsize=unlimited:"])
            .output()
            .expect("prlimit runs");
        // A process that has ended needs none.
        let ended = !Path::new(&format!("/proc/{process}")).exists();
        assert!(ended || lifted.status.success(), "{}", String::from_utf8_lossy(&lifted.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT is its fast and clean stop. `std` can only kill; the shell's own `kill` is there on every Unix.
        let process = self.server.id().to_string();
        let _ = Command::new("sh").args(["-c", "kill -s INT \"$1\"", "kill", &process]).status();
        let until = Instant::now() + GONE;
        while matches!(self.server.try_wait(), Ok(None)) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// False where it ended instead.
async fn answers(server: &mut Child, url: &str) -> bool {
    let until = Instant::now() + READY;
    while Instant::now() < until {
        if server.try_wait().expect("is looked at").is_some() {
            return false;
        }
        if let Ok(connection) = PgConnection::connect(url).await {
            connection.close().await.expect("closed");
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let _ = server.kill();
    let _ = server.wait();
    false
}

/// Whom the server runs as. Postgres refuses to run as root: then it is the user whom its package made.
#[derive(Debug)]
enum Owner {
    We,
    Postgres,
}

impl Owner {
    /// `folder`: one that we made.
    fn of(folder: &Path) -> Self {
        let owner = folder.metadata().expect("the folder").uid();
        if owner == 0 { Self::Postgres } else { Self::We }
    }

    /// The program and what comes before it. `setpriv` becomes the program, so a signal reaches it.
    fn words(&self, program: &Path) -> Vec<PathBuf> {
        let mut words: Vec<PathBuf> = match self {
            Self::We => Vec::new(),
            Self::Postgres => ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
                .map(PathBuf::from)
                .to_vec(),
        };
        words.push(program.to_owned());
        words
    }

    fn command(&self, program: &Path) -> Command {
        let words = self.words(program);
        let mut command = Command::new(&words[0]);
        // One that every user may read.
        command.args(&words[1..]).current_dir("/");
        command
    }

    /// The folder for its data within this one.
    fn folder(&self, within: &Path) -> PathBuf {
        let data = within.join("data");
        match self {
            Self::We => std::fs::create_dir(&data).expect("a folder"),
            Self::Postgres => {
                std::fs::set_permissions(within, Permissions::from_mode(0o755))
                    .expect("may be walked through");
                let mut install = Command::new("install");
                install.args(["-d", "-o", "postgres", "-g", "postgres"]).arg(&data);
                assert!(install.status().expect("install runs").success(), "a folder for `postgres`");
            }
        }
        data
    }
}

/// The folder of its programs: Debian keeps them off the path, one folder per major version.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|version| {
            Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .max();
    newest.map_or_else(PathBuf::new, |(_, bin)| bin)
}

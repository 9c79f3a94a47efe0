//! The last checkpoint of each chain that this host wrote, kept in files beside the audit key: whoever can write
//! to the database alone cannot take the end of a chain away unseen.
//!
//! One folder for each database, one file for each chain, replaced as a whole. A chain that ended is named by
//! the genesis of every later one, so only the newest files are kept.

use super::{AnchorError, ExportedCheckpoint, read_anchors};
use crate::recorder::Recorder;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tokio::task::JoinHandle;

/// Files that are kept of one database.
const KEPT: usize = 64;

/// The end of a file's name; what is being written has another.
const WHOLE: &str = "jsonl";
const UNFINISHED: &str = "new";

/// Of an address, what says which database it is; the rest is how to log in.
const PLACE: [&str; 4] = ["host", "hostaddr", "port", "dbname"];

/// Why the kept checkpoints could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HeadsError {
    #[error("`{}` cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("`{}` holds something else than checkpoints", .path.display())]
    Corrupt { path: PathBuf, source: AnchorError },
}

/// The folder with the kept checkpoints of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalHeads {
    folder: PathBuf,
}

impl LocalHeads {
    /// Beside the audit key: several databases may share one key. The SQLite file should be there already, so
    /// that it is found again by another way to it.
    pub fn beside(audit_key: &Path, database: &str) -> Self {
        let mut name = audit_key.as_os_str().to_owned();
        name.push(".heads");
        Self { folder: Path::new(&name).join(tag(audit_key, database)) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is kept; nothing where nothing was kept yet.
    ///
    /// # Errors
    /// When a file cannot be read, or holds something else.
    pub fn read(&self) -> Result<Vec<ExportedCheckpoint>, HeadsError> {
        let unreadable = |path: &Path, source| HeadsError::Unreadable { path: path.to_owned(), source };
        let mut paths = match self.files() {
            Ok(files) => files.into_iter().map(|(path, _)| path).collect::<Vec<_>>(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(&self.folder, error)),
        };
        paths.retain(|path| path.extension() == Some(OsStr::new(WHOLE)));
        paths.sort();
        let mut kept = Vec::with_capacity(paths.len());
        for path in paths {
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                // Another instance has just found that it is one of too many.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(unreadable(&path, error)),
            };
            let read = read_anchors(&text).map_err(|source| HeadsError::Corrupt { path, source })?;
            kept.extend(read);
        }
        Ok(kept)
    }

    /// As [`LocalHeads::read`], out of the way of other tasks.
    ///
    /// # Errors
    /// As [`LocalHeads::read`].
    pub async fn read_aside(&self) -> Result<Vec<ExportedCheckpoint>, HeadsError> {
        let heads = self.clone();
        match tokio::task::spawn_blocking(move || heads.read()).await {
            Ok(read) => read,
            Err(ended) => {
                Err(HeadsError::Unreadable { path: self.folder.clone(), source: io::Error::other(ended) })
            }
        }
    }

    /// Keeps the last checkpoint of a chain, in the place of the one before.
    ///
    /// # Errors
    /// When it cannot be written; then the one before still stands.
    pub fn keep(&self, chain: &str, checkpoint: &ExportedCheckpoint) -> io::Result<()> {
        self.make_folder()?;
        let line = serde_json::to_string(checkpoint).map_err(io::Error::other)?;
        let aside = self.folder.join(format!("{chain}.{UNFINISHED}"));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&aside)?;
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_all()?;
        let path = self.folder.join(format!("{chain}.{WHOLE}"));
        fs::rename(&aside, &path)?;
        self.forget_the_oldest_beside(&path)
    }

    /// Keeps each checkpoint of this recorder from now on; ends when the recorder's writer has ended. What cannot
    /// be kept is said in the log, and stops nothing.
    pub fn follow(self, recorder: &Recorder) -> JoinHandle<()> {
        let chain = recorder.chain().to_owned();
        let mut checkpoints = recorder.checkpoints();
        tokio::spawn(async move {
            let mut failing = false;
            while checkpoints.changed().await.is_ok() {
                let Some(checkpoint) = checkpoints.borrow_and_update().clone() else {
                    continue;
                };
                let (heads, chain) = (self.clone(), chain.clone());
                let kept = tokio::task::spawn_blocking(move || heads.keep(&chain, &checkpoint)).await;
                let error = match kept {
                    Ok(Ok(())) => None,
                    Ok(Err(error)) => Some(error.to_string()),
                    Err(error) => Some(error.to_string()),
                };
                // Once, not every minute.
                if let Some(error) = &error
                    && !failing
                {
                    tracing::warn!(folder = %self.folder.display(), %error, "a checkpoint was not kept");
                }
                failing = error.is_some();
            }
        })
    }

    fn make_folder(&self) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(&self.folder)
    }

    /// The folder's files, and when each was written last.
    fn files(&self) -> io::Result<Vec<(PathBuf, SystemTime)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // One that vanished meanwhile counts as the oldest.
            let written = entry.metadata().and_then(|metadata| metadata.modified());
            files.push((entry.path(), written.unwrap_or(SystemTime::UNIX_EPOCH)));
        }
        Ok(files)
    }

    fn forget_the_oldest_beside(&self, own: &Path) -> io::Result<()> {
        let mut others = self.files()?;
        others.retain(|(path, _)| path != own);
        if others.len() < KEPT {
            return Ok(());
        }
        others.sort_by_key(|(_, written)| Reverse(*written));
        for (path, _) in others.drain(KEPT - 1..) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// A short name for a database: of its address, without what it takes to log in.
fn tag(audit_key: &Path, database: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"countersign/heads/v1\n");
    hash.update(place(audit_key, database).as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut tag = hex::encode(digest);
    tag.truncate(16);
    tag
}

/// Which database this is. A SQLite file in the folder of the audit key is known by its name there, so that the
/// folder can be moved.
fn place(audit_key: &Path, database: &str) -> String {
    let Some(file) = database.strip_prefix("sqlite://").or_else(|| database.strip_prefix("sqlite:")) else {
        return network_place(database);
    };
    let whole = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = whole(Path::new(file.split('?').next().unwrap_or(file)));
    let folder = match audit_key.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => whole(folder),
        _ => whole(Path::new(".")),
    };
    let place = file.strip_prefix(&folder).unwrap_or(&file);
    format!("sqlite:{}", place.display())
}

/// Host, port and name of a database server's address.
fn network_place(database: &str) -> String {
    let address = database.split_once("://").map_or(database, |(_, address)| address);
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let address = address.rsplit_once('@').map_or(address, |(_, address)| address);
    let mut place = format!("postgres:{address}");
    for pair in query.split('&') {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        if PLACE.contains(&name) {
            place.push('&');
            place.push_str(pair);
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is gone after the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("countersign-{}", uuid::Uuid::now_v7()));
            fs::create_dir(&folder).expect("a folder");
            Self(folder)
        }

        fn heads(&self, database: &str) -> LocalHeads {
            LocalHeads::beside(&self.0.join("audit.key"), database)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn checkpoint(text: &str) -> ExportedCheckpoint {
        ExportedCheckpoint {
            checkpoint: text.to_owned(),
            public_key: "00".to_owned(),
            signature: "00".to_owned(),
        }
    }

    #[test]
    fn the_last_checkpoint_of_each_chain_is_kept() {
        let folder = Folder::new();
        let heads = folder.heads("postgres://db.example/c");
        assert!(heads.read().expect("reads").is_empty());
        heads.keep("b", &checkpoint("b1")).expect("keeps");
        heads.keep("a", &checkpoint("a1")).expect("keeps");
        heads.keep("b", &checkpoint("b2")).expect("keeps");
        assert_eq!(heads.read().expect("reads"), [checkpoint("a1"), checkpoint("b2")]);
        // What a process that was killed left half written is no checkpoint.
        fs::write(heads.folder().join("c.new"), "{\"check").expect("written");
        assert_eq!(heads.read().expect("reads").len(), 2);
        fs::write(heads.folder().join("c.jsonl"), "{\"check").expect("written");
        assert!(matches!(heads.read(), Err(HeadsError::Corrupt { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn only_their_owner_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let heads = folder.heads("postgres://db.example/c");
        heads.keep("a", &checkpoint("a")).expect("keeps");
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(&heads.folder().join("a.jsonl")), 0o600);
        assert_eq!(mode(heads.folder()), 0o700);
    }

    #[test]
    fn they_do_not_grow_for_ever() {
        let folder = Folder::new();
        let heads = folder.heads("postgres://db.example/c");
        for n in 0..KEPT + 10 {
            heads.keep(&format!("chain-{n}"), &checkpoint("x")).expect("keeps");
        }
        assert_eq!(heads.read().expect("reads").len(), KEPT);
        let last = format!("chain-{}.jsonl", KEPT + 9);
        assert!(heads.folder().join(last).exists(), "the newest stays");
    }

    #[test]
    fn databases_are_told_apart_and_logins_are_not() {
        let folder = Folder::new();
        let same = [
            "postgres://me:secret@db.example/c",
            "postgresql://you@db.example/c?sslmode=require&password=x",
            "postgres://db.example/c",
        ];
        for url in same {
            assert_eq!(folder.heads(url), folder.heads(same[0]), "{url}");
        }
        let others = [
            "postgres://db.example/d",
            "postgres://other.example/c",
            "postgres://db.example:5433/c",
            "postgres://db.example/c?host=/run/postgresql",
            "sqlite://c",
        ];
        for url in others {
            assert_ne!(folder.heads(url), folder.heads(same[0]), "{url}");
        }
    }

    #[test]
    fn a_sqlite_file_moves_with_its_folder() {
        let (one, other) = (Folder::new(), Folder::new());
        for folder in [&one, &other] {
            for name in ["a.db", "b.db"] {
                fs::write(folder.0.join(name), "").expect("written");
            }
        }
        let tag = |folder: &Folder, name: &str| {
            let heads = folder.heads(&format!("sqlite://{}?mode=rwc", folder.0.join(name).display()));
            heads.folder().file_name().map(OsStr::to_owned)
        };
        assert_eq!(tag(&one, "a.db"), tag(&other, "a.db"));
        assert_ne!(tag(&one, "a.db"), tag(&one, "b.db"));
    }
}

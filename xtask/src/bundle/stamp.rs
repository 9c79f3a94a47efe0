//! Whether the bundle is older than its sources: a digest of names, sizes and times in `target/site.stamp` (beside
//! the folder, because everything in it is embedded). Must not read the sources themselves: it has to be quick.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::{paths, tree};

/// What the front end is made of.
const SOURCES: &[&str] = &["frontend", "app", "policy", "style", "xtask/src/bundle"];
const FILES: &[&str] = &["Cargo.lock", "Cargo.toml", ".cargo/config.toml", "xtask/src/bundle.rs"];

/// A digest that changes with any source.
pub(super) fn of_sources() -> Result<String> {
    let root = paths::root();
    let mut files: Vec<PathBuf> = FILES.iter().map(|file| root.join(file)).collect();
    for folder in SOURCES {
        files.extend(tree::files(&root.join(folder))?);
    }
    let mut hasher = Sha256::new();
    for file in files {
        let line = describe(&root, &file);
        hasher.update(line.as_bytes());
    }
    Ok(hex::encode(hasher.finalize()))
}

/// Whether the bundle that lies there was made of these sources.
pub(super) fn is_current(stamp: &str) -> bool {
    paths::site().join("manifest.json").is_file()
        && fs::read_to_string(file()).is_ok_and(|written| written == stamp)
}

pub(super) fn write(stamp: &str) -> Result<()> {
    let file = file();
    fs::write(&file, stamp).with_context(|| format!("`{}` could not be written", file.display()))
}

/// The first eight hexadecimal digits of the SHA-256.
pub(super) fn short_hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    hex::encode(digest).chars().take(8).collect()
}

fn file() -> PathBuf {
    paths::root().join("target").join("site.stamp")
}

fn describe(root: &Path, file: &Path) -> String {
    let name = file.strip_prefix(root).unwrap_or(file);
    let Ok(metadata) = fs::metadata(file) else {
        return format!("{} missing\n", name.display());
    };
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |since| since.as_nanos());
    format!("{} {} {changed}\n", name.display(), metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_changes_changes_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.css");
        let missing = describe(folder.path(), &file);
        fs::write(&file, "a").unwrap();
        let short = describe(folder.path(), &file);
        fs::write(&file, "ab").unwrap();
        let long = describe(folder.path(), &file);
        assert_eq!(missing, "a.css missing\n");
        assert_ne!(short, long);
    }
}

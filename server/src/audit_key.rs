//! The secret behind the audit chain, kept outside the database: a file that only its owner may read.

use crate::{key_file, random};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use store::chain::AuditKey;

/// Reads the key file, or makes one where there is none.
///
/// # Errors
/// When the file cannot be read or made, or does not hold 32 bytes as hex.
pub fn load_or_create(path: &Path) -> Result<AuditKey> {
    match fs::read_to_string(path) {
        Ok(text) => read(&text).with_context(|| format!("audit key {}", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            create(path).with_context(|| format!("the audit key {} could not be made", path.display()))
        }
        Err(error) => {
            Err(error).with_context(|| format!("the audit key {} could not be read", path.display()))
        }
    }
}

/// Reads the key file; unlike [`load_or_create`] it never makes one, as a fresh key would verify nothing.
///
/// # Errors
/// When the file cannot be read, or does not hold 32 bytes as hex.
pub fn load(path: &Path) -> Result<AuditKey> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("the audit key {} could not be read", path.display()))?;
    read(&text).with_context(|| format!("audit key {}", path.display()))
}

fn read(text: &str) -> Result<AuditKey> {
    let mut secret = [0u8; 32];
    if hex::decode_to_slice(text.trim(), &mut secret).is_err() {
        bail!("must hold 32 bytes as 64 hexadecimal digits");
    }
    Ok(AuditKey::from_secret(&secret))
}

fn create(path: &Path) -> Result<AuditKey> {
    key_file::create(path, &format!("{}\n", hex::encode(random::bytes())))?;
    // Another process may have been first.
    read(&fs::read_to_string(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_read_ever_after() {
        let folder = std::env::temp_dir().join(format!("countersign-{}", uuid::Uuid::now_v7()));
        let path = folder.join("deep/audit.key");
        let first = load_or_create(&path).expect("made");
        let second = load_or_create(&path).expect("read");
        assert_eq!(first.keyed_digest(b"x"), second.keyed_digest(b"x"));
        fs::write(&path, "zz").expect("written");
        assert!(load_or_create(&path).is_err());
        fs::remove_dir_all(folder).expect("removed");
    }
}

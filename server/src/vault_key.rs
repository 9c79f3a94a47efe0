//! Where the vault's key comes from: a file that only its owner may read, or the environment. It is never in the
//! database, and never in a log.

use crate::{key_file, random};
use anyhow::{Context, Result};
use pdp::Secret;
use pdp::vault::{KeySource, Vault, VaultKey};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use store::Store;

/// Where the keys are. The newest is first; further ones only open what they wrapped before.
#[derive(Debug, Clone)]
pub enum VaultKeys {
    /// A line for each key.
    File(PathBuf),
    /// From the environment, separated by commas.
    Given(Secret),
}

impl VaultKeys {
    /// # Errors
    /// Says what is wrong with the file or the text, and nothing that is in it.
    pub fn read(&self) -> Result<Vec<VaultKey>, String> {
        match self {
            Self::File(path) => {
                let text =
                    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                VaultKey::read_all(&text).map_err(|error| format!("{} {error}", path.display()))
            }
            Self::Given(text) => {
                VaultKey::read_all(text.expose()).map_err(|error| format!("COUNTERSIGN_VAULT_KEY {error}"))
            }
        }
    }

    fn source(&self) -> Box<KeySource> {
        let keys = self.clone();
        Box::new(move || keys.read())
    }
}

/// The vault by what is there now, without making anything.
pub fn open(keys: &VaultKeys) -> Vault {
    Vault::new(keys.source(), random::bytes)
}

/// The vault; its key file is made where there is none and the database knows of no key. That a key is missing is
/// logged, and denies where it is needed.
///
/// # Errors
/// When the file cannot be made, or the database does not answer.
pub async fn open_or_create(keys: &VaultKeys, store: &Store) -> Result<Vault> {
    let current = store.vault_key().await?;
    if let VaultKeys::File(path) = keys
        && current.is_none()
        && !path.exists()
    {
        create(path).with_context(|| format!("the vault key {} could not be made", path.display()))?;
    }
    let vault = open(keys);
    if let Some(id) = current.filter(|id| !vault.key_ids().contains(id)) {
        tracing::error!(key = %id, "the vault's key is not at hand: no secret can be used; put its file back, or see `countersign vault`");
    }
    Ok(vault)
}

/// A fresh key.
pub fn fresh() -> VaultKey {
    VaultKey::new(random::bytes())
}

/// Makes the file with a fresh key; one that is there by now stays.
fn create(path: &Path) -> io::Result<()> {
    key_file::create(path, &text_of(&[fresh()]))
}

/// Puts these keys into the file, all at once: whoever reads it meanwhile reads the old ones or these.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub fn replace(path: &Path, keys: &[VaultKey]) -> io::Result<()> {
    key_file::replace(path, &text_of(keys))
}

/// A line for each key.
fn text_of(keys: &[VaultKey]) -> String {
    keys.iter().map(|key| format!("{}\n", key.expose())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_replaced_as_a_whole() {
        let folder = std::env::temp_dir().join(format!("countersign-{}", uuid::Uuid::now_v7()));
        let path = folder.join("deep/vault.key");
        let keys = VaultKeys::File(path.clone());
        assert!(keys.read().is_err(), "there is none");
        create(&path).expect("made");
        let first = keys.read().expect("reads");
        create(&path).expect("stays");
        assert_eq!((keys.read(), first.len()), (Ok(first.clone()), 1));
        let both = [fresh(), first[0].clone()];
        replace(&path, &both).expect("replaced");
        assert_eq!(keys.read(), Ok(both.to_vec()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).expect("is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "secret words").expect("written");
        let told = keys.read().expect_err("no key");
        assert!(!told.contains("secret words"), "{told}");
        fs::remove_dir_all(folder).expect("removed");
    }
}

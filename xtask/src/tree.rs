//! Lists files, sorted, so that what follows is the same on every machine. Must not read their contents.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold nothing of ours.
const FOREIGN: &[&str] =
    &["target", "node_modules", ".git", ".venv", "__pycache__", "test-results", "playwright-report"];

/// Every file below `folder`; none when the folder does not exist.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("`{}` could not be read", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("`{}` could not be read", folder.display()))?;
        let path = entry.path();
        if path.is_dir() {
            let foreign = entry.file_name().to_str().is_some_and(|name| FOREIGN.contains(&name));
            if !foreign {
                collect(&path, found)?;
            }
        } else {
            found.push(path);
        }
    }
    Ok(())
}

//! Files of secret keys: whole or not there, and for their owner alone.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Makes the file; one that is there by now stays, so that two processes which start at once end up with the same key.
///
/// # Errors
/// When it cannot be made; then there is none, or the other one's.
pub(crate) fn create(path: &Path, text: &str) -> io::Result<()> {
    let aside = write_aside(path, text)?;
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Puts this in the file's place, all at once: whoever reads it meanwhile reads the old text or this one.
///
/// # Errors
/// When it cannot be written; then it is as it was.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    fs::rename(write_aside(path, text)?, path)
}

/// The text in a file beside it, on the disk.
fn write_aside(path: &Path, text: &str) -> io::Result<PathBuf> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&aside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(aside)
}

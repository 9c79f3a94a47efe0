//! What a command reads: a file, or standard input where the file is `-`.

use crate::imports;
use anyhow::{Context, Result};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

const STDIN: &str = "standard input";

/// A text, and where it comes from, for messages.
pub(super) struct Text {
    pub(super) from: String,
    pub(super) text: String,
}

/// Reads all of it.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub(super) fn text(path: &Path) -> Result<Text> {
    let from = name(path);
    let text = if is_stdin(path) { from_reader(io::stdin().lock()) } else { fs::read_to_string(path) };
    let text = text.with_context(|| format!("{from} could not be read"))?;
    Ok(Text { from, text })
}

/// Opens it, to be read more than once: what comes by standard input is put into the temporary folder, without a name.
///
/// # Errors
/// When it cannot be opened, or not be kept.
pub(super) async fn file(path: &Path) -> Result<File> {
    if !is_stdin(path) {
        return File::open(path).with_context(|| format!("{} could not be opened", path.display()));
    }
    let kept = || format!("{STDIN} could not be kept in {}", std::env::temp_dir().display());
    let mut file = imports::nameless().await.with_context(kept)?;
    io::copy(&mut io::stdin().lock(), &mut file).with_context(kept)?;
    Ok(file)
}

/// What it is called in messages.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) { STDIN.to_owned() } else { path.display().to_string() }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn from_reader(mut reader: impl Read) -> io::Result<String> {
    let mut text = String::new();
    reader.read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_what_was_read() {
        assert_eq!(name(Path::new("-")), "standard input");
        assert_eq!(name(Path::new("./-")), "./-");
        let error = format!("{:#}", text(Path::new("no/such.yaml")).err().expect("refused"));
        assert!(error.starts_with("no/such.yaml could not be read: "), "{error}");
    }
}

//! What a command answers, on stdout. Whoever reads may stop early (`| head`), which is no fault and no reason to panic; where it
//! cannot be written, as on a full disk, the command fails.

use anyhow::{Context, Result};
use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Prints one line.
///
/// # Errors
/// When it cannot be written, although somebody reads.
pub(super) fn line(text: fmt::Arguments<'_>) -> Result<()> {
    written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints whole lines as they are.
///
/// # Errors
/// As [`line`].
pub(super) fn text(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

fn written(done: io::Result<()>) -> Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("stdout could not be written"),
    }
}

/// Says on stderr that a list ends at its limit, and what to do about it.
pub(super) fn note_limit(listed: usize, most: u64, advice: &str) {
    if u64::try_from(listed).is_ok_and(|listed| listed >= most) {
        eprintln!("no more than {most} are listed; {advice}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_stops_reading_is_no_error_and_a_full_disk_is() {
        assert!(written(Ok(())).is_ok());
        assert!(written(Err(ErrorKind::BrokenPipe.into())).is_ok());
        let error = format!("{:#}", written(Err(ErrorKind::StorageFull.into())).expect_err("told"));
        assert!(error.starts_with("stdout could not be written: "), "{error}");
    }
}

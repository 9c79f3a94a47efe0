//! JSON lines: one object per line, one line at a time.

use super::rows::{MAX_ROW, next_byte};
use std::io::{self, BufRead};

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Bytes that were read for it, its end included.
    pub(super) bytes: u64,
    /// 1, or 0 for a last line that nothing ends.
    pub(super) lines: u64,
    pub(super) text: Result<Vec<u8>, &'static str>,
}

/// None at the end of the file.
pub(super) fn line(reader: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut text = Vec::new();
    let (mut bytes, mut lines) = (0_u64, 0_u64);
    loop {
        let Some(byte) = next_byte(reader)? else {
            if bytes == 0 {
                return Ok(None);
            }
            break;
        };
        bytes += 1;
        if byte == b'\n' {
            lines = 1;
            break;
        }
        // Beyond the limit nothing is kept, and the line is told to be too long.
        if text.len() <= MAX_ROW {
            text.push(byte);
        }
    }
    if text.len() > MAX_ROW {
        return Ok(Some(Line { bytes, lines, text: Err("is longer than 64 KiB") }));
    }
    if text.last() == Some(&b'\r') {
        text.pop();
    }
    Ok(Some(Line { bytes, lines, text: Ok(text) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let long = "x".repeat(MAX_ROW + 7);
        let text = format!("{{}}\r\n\n{long}\n{{}}");
        let mut reader = text.as_bytes();
        let mut found = Vec::new();
        while let Some(line) = line(&mut reader).expect("reads") {
            found.push((line.bytes, line.lines, line.text));
        }
        assert_eq!(
            found,
            [
                (4, 1, Ok(b"{}".to_vec())),
                (1, 1, Ok(Vec::new())),
                (MAX_ROW as u64 + 8, 1, Err("is longer than 64 KiB")),
                (2, 0, Ok(b"{}".to_vec())),
            ]
        );
    }
}

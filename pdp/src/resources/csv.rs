//! Comma-separated values (RFC 4180), one record at a time. Line feeds alone end lines as well. What is no record is
//! told as such, and reading goes on with the next line.

use super::rows::{MAX_ROW, next_byte};
use std::io::{self, BufRead};

/// One record, or why the lines are none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Bytes that were read for it, its end included.
    pub(super) bytes: u64,
    /// Line feeds within and after it.
    pub(super) lines: u64,
    pub(super) fields: Result<Vec<String>, &'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the start of a field.
    Start,
    Plain,
    Quoted,
    /// After a quote within quotes: it ends the field, or is the first of two.
    Quote,
    /// After a carriage return that a line feed should follow.
    Return,
}

/// None at the end of the file.
pub(super) fn record(reader: &mut impl BufRead) -> io::Result<Option<Record>> {
    let mut parser = Parser { fields: Vec::new(), field: Vec::new(), state: State::Start, problem: None };
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
            lines += 1;
        }
        if bytes > MAX_ROW as u64 {
            parser.fail("is longer than 64 KiB");
        }
        if parser.ends_with(byte) {
            break;
        }
    }
    Ok(Some(Record { bytes, lines, fields: parser.finish() }))
}

struct Parser {
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    state: State,
    problem: Option<&'static str>,
}

impl Parser {
    /// Of a record that is none, the rest of its line is passed over.
    fn fail(&mut self, why: &'static str) {
        self.problem.get_or_insert(why);
        self.field.clear();
        self.state = State::Plain;
    }

    fn end_field(&mut self) {
        self.fields.push(std::mem::take(&mut self.field));
        self.state = State::Start;
    }

    /// Whether this byte ends the record.
    fn ends_with(&mut self, byte: u8) -> bool {
        if self.problem.is_some() {
            return byte == b'\n';
        }
        match (self.state, byte) {
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quoted, byte) => self.field.push(byte),
            (State::Quote, b'"') => {
                self.field.push(b'"');
                self.state = State::Quoted;
            }
            (State::Start, b'"') => self.state = State::Quoted,
            (_, b'\n') => return true,
            (State::Return, _) => self.fail("holds a carriage return outside of quotes"),
            (_, b'\r') => self.state = State::Return,
            (_, b',') => self.end_field(),
            (State::Quote, _) => self.fail("goes on after a closing quote"),
            (State::Plain, b'"') => self.fail("holds a quote in a field that does not begin with one"),
            (State::Start | State::Plain, byte) => {
                self.field.push(byte);
                self.state = State::Plain;
            }
        }
        false
    }

    fn finish(mut self) -> Result<Vec<String>, &'static str> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if self.state == State::Quoted {
            return Err("ends within quotes");
        }
        self.end_field();
        let texts = self.fields.into_iter().map(String::from_utf8);
        texts.collect::<Result<_, _>>().map_err(|_| "is not UTF-8")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &[u8]) -> Vec<Result<Vec<String>, &'static str>> {
        let mut reader = text;
        let mut found = Vec::new();
        while let Some(record) = record(&mut reader).expect("reads") {
            found.push(record.fields);
        }
        found
    }

    fn fields(fields: &[&str]) -> Result<Vec<String>, &'static str> {
        Ok(fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn records() {
        for (text, expected) in [
            ("a,b\n", vec![fields(&["a", "b"])]),
            ("a,b", vec![fields(&["a", "b"])]),
            ("a,b\r\nc,d\r\n", vec![fields(&["a", "b"]), fields(&["c", "d"])]),
            ("a,,\n", vec![fields(&["a", "", ""])]),
            ("\n", vec![fields(&[""])]),
            ("\"a,\"\"b\"\"\n\",c\n", vec![fields(&["a,\"b\"\n", "c"])]),
            ("\"\",\"x\"\n", vec![fields(&["", "x"])]),
            ("", vec![]),
        ] {
            assert_eq!(all(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_record_is_passed_over_to_the_end_of_its_line() {
        for bad in ["a\"b,c", "\"a\"b,c", "a\rb"] {
            let found = all(format!("{bad}\nx,y\n").as_bytes());
            assert!(found[0].is_err(), "{bad}");
            assert_eq!(found[1..], [fields(&["x", "y"])], "{bad}");
        }
        assert_eq!(all(b"\"a\nb"), [Err("ends within quotes")]);
        assert_eq!(all(b"\xff\nx\n"), [Err("is not UTF-8"), fields(&["x"])]);
        let long = format!("\"{}\",b\nx,y\n", "a".repeat(MAX_ROW + 1));
        assert_eq!(all(long.as_bytes()), [Err("is longer than 64 KiB"), fields(&["x", "y"])]);
    }

    fn written(field: &str) -> String {
        format!("\"{}\"", field.replace('"', "\"\""))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(records in prop::collection::vec(prop::collection::vec("[ -~\n\r\"ü]{0,12}", 1..5), 0..6)) {
            let lines: Vec<String> = records
                .iter()
                .map(|fields| fields.iter().map(|field| written(field)).collect::<Vec<_>>().join(","))
                .collect();
            let text: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
            let found: Vec<Vec<String>> = all(text.as_bytes()).into_iter().map(|record| record.expect("a record")).collect();
            prop_assert_eq!(found, records);
        }

        #[test]
        fn any_bytes_end_and_are_counted(text in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut reader = text.as_slice();
            let (mut bytes, mut lines) = (0, 0);
            while let Some(record) = record(&mut reader).expect("reads") {
                prop_assert!(record.bytes > 0);
                bytes += record.bytes;
                lines += record.lines;
            }
            prop_assert_eq!(bytes, text.len() as u64);
            prop_assert_eq!(lines, text.iter().filter(|byte| **byte == b'\n').count() as u64);
        }
    }
}

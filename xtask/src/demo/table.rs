//! The demo's table on stdout: a line per call, below it the call and the text that the agent got. Must not judge:
//! it is told what missed.

use super::script::{Answer, Row};

/// How wide the text is wrapped, without its indent.
const WIDTH: usize = 96;
const INDENT: &str = "     ";
const LONGEST_TITLE: usize = 64;

pub(super) struct Table {
    title: usize,
    reason: usize,
}

impl Table {
    /// Columns wide enough for these rows.
    pub(super) fn of(rows: &[Row]) -> Self {
        let title = rows.iter().map(|row| row.title.chars().count()).max().unwrap_or(0);
        let reasons = rows.iter().filter_map(|row| row.expect.reason.as_ref());
        let reason = reasons.map(|reason| reason.chars().count()).max().unwrap_or(0);
        Self { title: title.clamp(4, LONGEST_TITLE), reason: reason.max(6) }
    }

    pub(super) fn head(&self) {
        let (title, reason) = (self.title, self.reason);
        println!(" #   {:<title$}  {:<8}  {:<reason$}  {:>9}", "call", "outcome", "reason", "time");
    }

    pub(super) fn line(&self, number: usize, row: &Row, answer: &Answer, misses: &[String]) {
        let (title, reason) = (self.title, self.reason);
        let call: String = row.title.chars().take(title).collect();
        let code = answer.reason.as_deref().unwrap_or("-");
        let outcome = answer.outcome.as_str();
        let time = answer.micros.map(duration).unwrap_or_default();
        println!("\n{number:>2}   {call:<title$}  {outcome:<8}  {code:<reason$}  {time:>9}");
        let caller = row.caller.trim_end_matches("_KEY").to_lowercase().replace('_', "-");
        let arguments = serde_json::to_string(&row.arguments).unwrap_or_default();
        for line in wrap(&format!("{caller}: {} {arguments}", row.tool), WIDTH) {
            println!("{INDENT}{line}");
        }
        for line in wrap(&answer.text, WIDTH) {
            println!("{INDENT}{line}");
        }
        for miss in misses {
            println!("{INDENT}NOT AS EXPECTED: {miss}");
        }
    }
}

fn duration(micros: u64) -> String {
    if micros < 1000 {
        format!("{micros} µs")
    } else {
        format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
    }
}

/// Lines of whole words; control characters become spaces, since the text comes from a server.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in plain.split_whitespace() {
        let needed = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && needed > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a\u{1b}[31m\nb", 80), ["a [31m b"]);
        assert_eq!(wrap("unbreakable word", 3), ["unbreakable", "word"]);
        assert!(wrap(" \n", 80).is_empty());
    }

    #[test]
    fn times_are_short() {
        assert_eq!(duration(412), "412 µs");
        assert_eq!(duration(1250), "1.2 ms");
    }
}

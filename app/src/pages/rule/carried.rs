//! A rule that was sent as text, without script, and could not be saved: the address of the page that answers
//! carries the text. What is wrong with it is found anew there, so an address can say nothing of its own.

use super::draft::Note;
use super::read::{Refused, WhyNot};
use super::service::notes_of;
use pdp::drafts;
use policy::compile::Surroundings;
use std::fmt::Write;

/// The longest text that an address carries.
const LONGEST: usize = 20_000;

/// As an address carries it; None where it is too long. Hexadecimal needs no escaping.
pub(super) fn write(text: &str) -> Option<String> {
    (text.len() <= LONGEST).then(|| {
        text.bytes().fold(String::with_capacity(text.len() * 2), |mut hex, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    })
}

fn read(hex: &str) -> Option<String> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}

/// What was sent, and what is wrong with it.
pub(super) fn refused(hex: Option<&str>, why: Option<WhyNot>, around: &Surroundings) -> Option<Refused> {
    let text = hex.and_then(read);
    if text.is_none() && why.is_none() {
        return None;
    }
    let mut problems: Vec<String> = why.map(|why| why.sentence().to_owned()).into_iter().collect();
    if let Some(text) = &text {
        match drafts::read_rule(text) {
            Err(error) => problems.push(crate::explain::sentence(&error.text)),
            Ok(rule) => {
                let review = drafts::review(&rule, around);
                problems.extend(notes_of(review.problems).iter().map(in_a_line));
                if why == Some(WhyNot::Unmatched) {
                    problems.extend(notes_of(review.never).iter().map(in_a_line));
                }
            }
        }
    }
    Some(Refused { text, problems, unmatched: why == Some(WhyNot::Unmatched) })
}

fn in_a_line(note: &Note) -> String {
    match &note.path {
        Some(path) => format!("`{}{path}`: {}.", note.field, note.text),
        None => format!("`{}`: {}.", note.field, note.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_carried_and_judged_anew() {
        let around = Surroundings::default();
        let text = "name: x\neffect: allow\ntools: []\nwhen: \"ü\"\n";
        let hex = write(text).expect("short");
        let refused = refused(Some(&hex), None, &around).expect("refused");
        assert_eq!(refused.text.as_deref(), Some(text));
        assert!(refused.problems.iter().any(|line| line.starts_with("`tools`: ")), "{:?}", refused.problems);
        let broken = super::refused(Some(&write("name: [").expect("short")), None, &around).expect("refused");
        assert_eq!(broken.problems.len(), 1);
        assert_eq!(super::refused(Some("zz"), None, &around), None);
        assert_eq!(write(&"x".repeat(30_000)), None);
    }
}

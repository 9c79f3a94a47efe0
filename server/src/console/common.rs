//! Passwords that everybody tries first. A new one must be none of them, nor one of them with a number, a sign or itself
//! behind it: the estimate of strength looks at a password from other sides (`passwords`).
//!
//! The list is the 3,000 most frequent, and all of twelve characters or more, of the 30,000 that zxcvbn ranks: from
//! `frequency_lists.rs` of the crate zxcvbn 3 (MIT, (c) 2016 Joshua Holmer), which has it from Dropbox's zxcvbn (MIT,
//! (c) 2012-2016 Dan Wheeler and Dropbox, Inc.). Sorted by bytes.

const LIST: &str = include_str!("common_passwords.txt");

/// Whether a password is one of them in disguise.
pub(super) fn is_common(password: &str) -> bool {
    let lower = password.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphabetic());
    [lower.as_str(), bare].into_iter().any(|text| is_listed(text) || is_listed(repeated(text)))
}

fn is_listed(text: &str) -> bool {
    !text.is_empty() && LIST.lines().any(|line| line == text)
}

/// What a text consists of, if that is the same thing again and again; else the text.
fn repeated(text: &str) -> &str {
    let length = text.len();
    (1..=length / 2)
        .filter(|part| length.is_multiple_of(*part))
        .find_map(|part| text.get(..part).filter(|unit| unit.repeat(length / part) == text))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_known_in_disguise() {
        for common in [
            "Password123!",
            "passwordpassword",
            "Football2026",
            "!!!dragon!!!!!",
            "monkeymonkeymonkey",
            "QwertyUiop12",
        ] {
            assert!(is_common(common), "{common}");
        }
        for other in
            ["seven violet otters sleep", "correct horse battery staple", "x7#kQ9!mZ2pL", "", "ÄÖÜäöü"]
        {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn the_list_is_sorted_lower_case_and_has_no_blanks() {
        let lines: Vec<&str> = LIST.lines().collect();
        assert!(lines.len() > 3_000, "{}", lines.len());
        assert!(lines.is_sorted());
        assert!(
            lines.iter().all(|line| !line.is_empty() && line.to_lowercase() == *line && line.trim() == *line)
        );
    }
}

//! Text that came from outside, inside a sentence of ours.

/// At most `most` characters, without those that would rearrange or hide the rest: control characters, and
/// the bidirectional and invisible format characters of Unicode.
pub fn shown(text: &str, most: usize) -> String {
    let mut characters =
        text.chars().map(|character| if rearranges(character) { '\u{fffd}' } else { character });
    let mut shown: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

fn rearranges(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn long_and_rearranging_text() {
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcd", 3), "ab…");
        assert_eq!(shown("a\u{202e}b\u{0}\u{200f}\u{2066}", 80), "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(shown("ü→😀", 80), "ü→😀");
    }
}

//! Text that came from outside, inside a sentence of ours.

/// At most `most` characters, without those that would [hide or rearrange](hides) the rest.
pub fn shown(text: &str, most: usize) -> String {
    let visible = |character: char| if hides(character) { char::REPLACEMENT_CHARACTER } else { character };
    let mut characters = text.chars().map(visible);
    let mut shown: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Whether a character is not seen itself, or changes how others are: control characters, what ends lines, what
/// Unicode has programs ignore (`Default_Ignorable_Code_Point`: directions, joiners, fillers, variation selectors,
/// tags), interlinear annotations, and what is no character.
pub fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_rearranging_text() {
        assert_eq!(shown("abc", 3), "abc");
        assert_eq!(shown("abcd", 3), "ab…");
        assert_eq!(shown("a\u{202e}b\u{0}\u{200f}\u{2066}", 80), "a\u{fffd}b\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(shown("ü→😀", 80), "ü→😀");
    }

    #[test]
    fn what_hides() {
        for hidden in [
            '\n',
            '\u{1b}',
            '\u{85}',
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200d}',
            '\u{2028}',
            '\u{202e}',
            '\u{2065}',
            '\u{2069}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff0}',
            '\u{fff9}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{e0fff}',
        ] {
            assert!(hides(hidden), "{hidden:?}");
            assert_eq!(shown(&format!("a{hidden}b"), 80), "a\u{fffd}b", "{hidden:?}");
        }
        for seen in ['a', ' ', '\u{e9}', '漢', 'ع', '…', '\u{301}', '😀', '\u{fffd}', '\u{1d100}'] {
            assert!(!hides(seen), "{seen:?}");
        }
    }
}

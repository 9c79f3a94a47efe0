use super::*;

fn text(piece: &str) -> Piece {
    Piece::Text(piece.to_owned())
}

#[test]
fn hidden_characters_become_chips() {
    assert_eq!(
        pieces("order 88\u{202E}127", true),
        [text("order 88"), Piece::Hidden('\u{202E}'), text("127")]
    );
    assert_eq!(pieces("\u{200B}\0", true), [Piece::Hidden('\u{200B}'), Piece::Hidden('\0')]);
    assert_eq!(pieces("a\u{E0041}", true), [text("a"), Piece::Hidden('\u{E0041}')]);
    assert!(pieces("", true).is_empty());
}

#[test]
fn breaks_stay_in_a_text_and_show_in_a_line() {
    assert_eq!(pieces("a\n\tb", true), [text("a\n\tb")]);
    assert_eq!(pieces("a\nb", false), [text("a"), Piece::Hidden('\n'), text("b")]);
    assert_eq!(pieces("a\r\nb", true), [text("a"), Piece::Hidden('\r'), text("\nb")]);
}

#[test]
fn blank_lines_push_nothing_out_of_sight() {
    assert_eq!(pieces("a\n\n\nb", true), [text("a\n\n\nb")]);
    assert_eq!(pieces("a\n\n\n\nb", true), [text("a\n\n\n"), Piece::Breaks(1), text("b")]);
    // Spaces are not seen either, and stay; at the end it is said as well.
    assert_eq!(
        pieces(&"\n \t".repeat(99), true),
        [text(&format!("{}{}", "\n \t".repeat(3), " \t".repeat(96))), Piece::Breaks(96)]
    );
    // Whatever is seen begins anew, a chip as well.
    assert_eq!(pieces("\n\n\n.\n\n\n", true), [text("\n\n\n.\n\n\n")]);
    assert_eq!(
        pieces("\n\n\n\n\u{200B}\n", true),
        [text("\n\n\n"), Piece::Breaks(1), Piece::Hidden('\u{200B}'), text("\n")]
    );
}

#[test]
fn every_bidirectional_and_control_character_has_a_name() {
    for code in (0..0x20).chain(0x7F..0xA0).chain(0x202A..0x202F).chain(0x2066..0x206A) {
        let character = char::from_u32(code).expect("a character");
        assert!(hidden_name(character).is_some(), "U+{code:04X}");
    }
    for harmless in ['a', 'ä', '漢', 'ع', ' ', '…', '😀', '\u{0301}'] {
        assert_eq!(hidden_name(harmless), None, "{harmless}");
    }
}

#[test]
fn whatever_programs_are_to_ignore_has_a_name() {
    for hidden in (0..=0x10_FFFF).filter_map(char::from_u32).filter(|c| policy::text::hides(*c)) {
        assert!(hidden_name(hidden).is_some(), "{hidden:?}");
    }
    for hidden in ['\u{2065}', '\u{2800}', '\u{FFF0}', '\u{1BCA0}', '\u{1D173}', '\u{E0080}', '\u{E01F0}'] {
        assert!(hidden_name(hidden).is_some(), "{hidden:?}");
    }
}

#[test]
fn marks_do_not_pile_up() {
    let piled = |count: usize| format!("z{}", "\u{0301}".repeat(count));
    assert_eq!(pieces(&piled(MARKS), true), [text(&piled(MARKS))]);
    let all = pieces(&piled(100), true);
    let [kept, rest @ ..] = all.as_slice() else { panic!("pieces") };
    assert_eq!(kept, &text(&piled(MARKS)));
    assert_eq!(rest, vec![Piece::Hidden('\u{0301}'); 100 - MARKS]);
    // However they are mixed, and from the next letter on anew.
    let mixed = format!("a{}b{}", "\u{0E49}\u{20DD}\u{0489}".repeat(2), "\u{0301}");
    let hidden = pieces(&mixed, true).iter().filter(|piece| matches!(piece, Piece::Hidden(_))).count();
    assert_eq!(hidden, 6 - MARKS);
    assert_eq!(plain(&piled(5)), format!("{}\u{FFFD}", piled(MARKS)));
    for word in ["Việt Nam", "V\u{0069}\u{0323}\u{0302}t", "שָׁלוֹם", "ที่นี่", "مُحَمَّدٌ"]
    {
        assert_eq!(pieces(word, true), [text(word)], "{word}");
    }
}

#[test]
fn words_that_mix_scripts_are_flagged() {
    assert_eq!(mixed_scripts("p\u{0430}ypal"), Some("Latin and Cyrillic".to_owned()));
    assert_eq!(mixed_scripts("ok \u{FF52}m"), Some("styled and Latin".to_owned()));
    assert_eq!(mixed_scripts("русский and English, αβγ"), None);
    assert_eq!(mixed_scripts("iPhone版"), None);
}

#[test]
fn plain_text_is_one_harmless_line() {
    assert_eq!(plain("a\n\u{202E}b"), "a\u{FFFD}\u{FFFD}b");
    assert_eq!(plain(&"x".repeat(200)).chars().count(), 161);
}

#[test]
fn long_text_is_split_at_a_character() {
    assert_eq!(split_behind("äöü", 2), ("äö", "ü"));
    assert_eq!(split_behind("äöü", 3), ("äöü", ""));
    assert_eq!(split_behind(&"x".repeat(2_001), SHOWN).1, "x");
}

#[cfg(feature = "ssr")]
#[test]
fn markup_is_escaped() {
    let html = view! { <UntrustedLine text="<script>alert(1)</script>"/> }.to_html();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;script"), "{html}");
}

#[cfg(feature = "ssr")]
#[test]
fn hidden_characters_are_counted() {
    let html = view! { <UntrustedFlags text="a\n\u{202E}b\u{200B}"/> }.to_html();
    assert!(html.contains("2 hidden characters"), "{html}");
    assert!(!view! { <UntrustedFlags text="a\n\tb"/> }.to_html().contains("hidden"));
}

#[cfg(feature = "ssr")]
#[test]
fn line_breaks_that_are_left_out_are_counted() {
    let html = |breaks: usize| view! { <Untrusted text="\n".repeat(BREAKS + breaks)/> }.to_html();
    assert!(!html(0).contains("more line break"));
    let (one, two) = (html(1), html(2));
    assert!(one.contains("1 more line break") && !one.contains("line breaks"), "{one}");
    assert!(two.contains("2 more line breaks"), "{two}");
}

#[cfg(feature = "ssr")]
#[test]
fn two_thousand_characters_and_then_all() {
    let html = view! { <Untrusted text="x".repeat(2_500)/> }.to_html();
    assert!(html.contains("Show all 2500 characters"), "{html}");
    assert!(!view! { <Untrusted text="x"/> }.to_html().contains("Show all"));
}

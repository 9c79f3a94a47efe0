//! Text of servers, agents and callers: escaped, its direction isolated, hidden characters shown as chips, mixed
//! scripts flagged, blank lines counted, long text behind a "show all".
//!
//! The only way such text reaches a page.

use super::icon::{Glyph, Icon};
use super::list::counted;
use leptos::prelude::*;

/// How much is shown before "show all".
const SHOWN: usize = 2_000;
/// How much of a name, id or other single line is shown at all.
const LINE: usize = 160;
/// How many marks one letter may carry. Hebrew, Arabic, Thai and Vietnamese make do with fewer; a pile of them is drawn over
/// the lines around it.
const MARKS: usize = 4;
/// How many line breaks stand with nothing seen between them. More would push out of sight what comes after.
const BREAKS: usize = 3;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// A character that would not be seen, or would change how others are; a mark too many.
    Hidden(char),
    /// So many line breaks, which are left out.
    Breaks(usize),
}

/// What to call a character that must not act on the page; none for those that are harmless.
fn hidden_name(character: char) -> Option<&'static str> {
    Some(match character {
        '\u{061C}' => "Arabic letter mark",
        '\u{200E}' => "left-to-right mark",
        '\u{200F}' => "right-to-left mark",
        '\u{202A}' => "left-to-right embedding",
        '\u{202B}' => "right-to-left embedding",
        '\u{202C}' => "pop directional formatting",
        '\u{202D}' => "left-to-right override",
        '\u{202E}' => "right-to-left override",
        '\u{2066}' => "left-to-right isolate",
        '\u{2067}' => "right-to-left isolate",
        '\u{2068}' => "first strong isolate",
        '\u{2069}' => "pop directional isolate",
        '\u{00AD}' => "soft hyphen",
        '\u{034F}' => "combining grapheme joiner",
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' => "Hangul filler",
        '\u{17B4}' | '\u{17B5}' => "invisible Khmer vowel",
        '\u{180B}'..='\u{180F}' => "Mongolian separator",
        '\u{200B}' => "zero-width space",
        '\u{200C}' => "zero-width non-joiner",
        '\u{200D}' => "zero-width joiner",
        '\u{2060}' => "word joiner",
        '\u{2061}'..='\u{2064}' => "invisible operator",
        '\u{206A}'..='\u{206F}' => "deprecated format character",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{FEFF}' => "zero-width no-break space",
        '\u{FFF9}'..='\u{FFFB}' => "interlinear annotation",
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => "variation selector",
        '\u{E0000}'..='\u{E007F}' => "tag character",
        '\u{00A0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200A}'
        | '\u{202F}'
        | '\u{205F}'
        | '\u{2800}'
        | '\u{3000}' => "unusual space",
        other if other.is_control() => "control character",
        other if policy::text::hides(other) => "invisible character",
        _ => return None,
    })
}

/// Whether it is drawn over, under or through the letter before it: the marks of all scripts, and those of the living ones
/// that fonts pile up.
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05BD}' | '\u{05BF}' | '\u{05C1}'
        | '\u{05C2}' | '\u{05C4}' | '\u{05C5}' | '\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}'
        | '\u{0670}' | '\u{06D6}'..='\u{06DC}' | '\u{06DF}'..='\u{06E4}' | '\u{06E7}' | '\u{06E8}'
        | '\u{06EA}'..='\u{06ED}' | '\u{0E31}' | '\u{0E34}'..='\u{0E3A}' | '\u{0E47}'..='\u{0E4E}'
        | '\u{0EB1}' | '\u{0EB4}'..='\u{0EBC}' | '\u{0EC8}'..='\u{0ECE}' | '\u{0F71}'..='\u{0F84}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{2DE0}'..='\u{2DFF}'
        | '\u{A66F}'..='\u{A672}' | '\u{A674}'..='\u{A67D}' | '\u{A8E0}'..='\u{A8F1}' | '\u{FE20}'..='\u{FE2F}')
}

/// Splits a text; `lines` keeps line breaks and tabs, which a single line must not hold.
fn pieces(text: &str, lines: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut run = String::new();
    let mut marks: usize = 0;
    let mut breaks: usize = 0;
    for character in text.chars() {
        let kept = lines && matches!(character, '\n' | '\t');
        if kept && character == '\n' {
            breaks = breaks.saturating_add(1);
            if breaks > BREAKS {
                continue;
            }
        } else if !matches!(character, ' ' | '\t') {
            leave_out(&mut pieces, &mut run, breaks);
            breaks = 0;
        }
        marks = if is_mark(character) { marks.saturating_add(1) } else { 0 };
        if kept || (hidden_name(character).is_none() && marks <= MARKS) {
            run.push(character);
            continue;
        }
        end(&mut pieces, &mut run);
        pieces.push(Piece::Hidden(character));
    }
    leave_out(&mut pieces, &mut run, breaks);
    end(&mut pieces, &mut run);
    pieces
}

/// The run of text is a piece.
fn end(pieces: &mut Vec<Piece>, run: &mut String) {
    if !run.is_empty() {
        pieces.push(Piece::Text(std::mem::take(run)));
    }
}

/// Says how many of these line breaks were left out, if any were.
fn leave_out(pieces: &mut Vec<Piece>, run: &mut String, breaks: usize) {
    if breaks > BREAKS {
        end(pieces, run);
        pieces.push(Piece::Breaks(breaks - BREAKS));
    }
}

/// Scripts whose letters pass for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
    /// Letters that imitate ASCII: full width, mathematical, enclosed.
    Styled,
}

impl Script {
    fn name(self) -> &'static str {
        match self {
            Self::Latin => "Latin",
            Self::Greek => "Greek",
            Self::Cyrillic => "Cyrillic",
            Self::Armenian => "Armenian",
            Self::Cherokee => "Cherokee",
            Self::Styled => "styled",
        }
    }

    fn of(character: char) -> Option<Self> {
        match character {
            'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Some(Self::Latin),
            '\u{0250}'..='\u{02AF}' => Some(Self::Latin),
            '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Some(Self::Greek),
            '\u{0400}'..='\u{052F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' => {
                Some(Self::Cyrillic)
            }
            '\u{0530}'..='\u{058F}' => Some(Self::Armenian),
            '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Some(Self::Cherokee),
            '\u{FF21}'..='\u{FF3A}' | '\u{FF41}'..='\u{FF5A}' | '\u{1D400}'..='\u{1D7FF}' => {
                Some(Self::Styled)
            }
            '\u{2460}'..='\u{24FF}' | '\u{2100}'..='\u{214F}' => Some(Self::Styled),
            _ => None,
        }
    }
}

/// The first word that mixes scripts whose letters pass for one another: "Latin and Cyrillic".
fn mixed_scripts(text: &str) -> Option<String> {
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let mut first = None;
        for script in word.chars().filter_map(Script::of) {
            match first {
                None => first = Some(script),
                Some(one) if one != script => return Some(format!("{} and {}", one.name(), script.name())),
                Some(_) => {}
            }
        }
    }
    None
}

/// A text as views: runs of text and chips. `lines` keeps line breaks and tabs.
pub fn drawn(text: &str, lines: bool) -> Vec<AnyView> {
    pieces(text, lines)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.into_any(),
            Piece::Hidden(character) => {
                let code = format!("U+{:04X}", u32::from(character));
                let name = hidden_name(character).unwrap_or("one mark too many");
                view! { <span class="chip-char" title=name>{code}</span> }.into_any()
            }
            Piece::Breaks(count) => {
                let words = counted(count, "more line break", "more line breaks");
                view! { <span class="chip-char">{words}</span> }.into_any()
            }
        })
        .collect()
}

/// For places that hold plain text alone, such as titles and labels: one line, hidden characters replaced.
pub fn plain(text: &str) -> String {
    let (shown, rest) = split_behind(text, LINE);
    let mut line = String::new();
    for piece in pieces(shown, false) {
        match piece {
            Piece::Text(text) => line.push_str(&text),
            Piece::Hidden(_) | Piece::Breaks(_) => line.push(char::REPLACEMENT_CHARACTER),
        }
    }
    if !rest.is_empty() {
        line.push('…');
    }
    line
}

/// The flag of a text whose letters are not all what they seem.
fn flag(text: &str) -> Option<AnyView> {
    mixed_scripts(text).map(|scripts| {
        view! {
            <span class="flag">
                <Icon glyph=Glyph::Warning/>
                {format!("mixes {scripts} letters")}
            </span>
        }
        .into_any()
    })
}

/// What to look out for in a text that is drawn in parts: hidden characters, and letters that are not what they seem.
#[component]
pub fn UntrustedFlags(#[prop(into)] text: String) -> impl IntoView {
    let hidden = pieces(&text, true).iter().filter(|piece| matches!(piece, Piece::Hidden(_))).count();
    let words = (hidden > 0).then(|| counted(hidden, "hidden character", "hidden characters"));
    view! {
        {words
            .map(|words| {
                view! {
                    <span class="flag">
                        <Icon glyph=Glyph::Warning/>
                        {words}
                    </span>
                }
            })}
        {flag(&text)}
    }
}

/// Splits behind `limit` characters; the second part is empty for shorter texts.
pub fn split_behind(text: &str, limit: usize) -> (&str, &str) {
    match text.char_indices().nth(limit) {
        Some((index, _)) => text.split_at(index),
        None => (text, ""),
    }
}

/// A text of any length. Draws a block: it may stand in a cell, a `<dd>` or a `<div>`, never in a `<p>`.
#[component]
pub fn Untrusted(#[prop(into)] text: String, #[prop(optional)] mono: bool) -> impl IntoView {
    let (shown, rest) = split_behind(&text, SHOWN);
    let class = if mono { "untrusted mono" } else { "untrusted" };
    let more = (!rest.is_empty()).then(|| {
        let all = text.chars().count();
        view! {
            <details class="disclosure">
                <summary>
                    <Icon glyph=Glyph::ChevronRight/>
                    {format!("Show all {all} characters")}
                </summary>
                <div class=class dir="auto">
                    {drawn(rest, true)}
                </div>
            </details>
        }
    });
    view! {
        <div class=class dir="auto">
            {drawn(shown, true)}
        </div>
        {more}
        {flag(&text)}
    }
}

/// A name, an id or another single line, cut where it is too long for one. May stand anywhere.
#[component]
pub fn UntrustedLine(#[prop(into)] text: String, #[prop(optional)] mono: bool) -> impl IntoView {
    let (shown, rest) = split_behind(&text, LINE);
    let class = if mono { "untrusted mono" } else { "untrusted" };
    view! {
        <bdi class=class>
            {drawn(shown, false)}
            {(!rest.is_empty()).then_some("…")}
        </bdi>
        {flag(&text)}
    }
}

#[cfg(test)]
mod tests;

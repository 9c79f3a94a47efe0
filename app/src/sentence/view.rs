//! A sentence on the page. Names come from people and servers: they are drawn as untrusted.

use super::{Piece, Sentence, Tone};
use crate::components::untrusted::{drawn, split_behind};
use leptos::prelude::*;

/// The longest name or condition shown within a sentence.
const LONGEST: usize = 300;

/// The pieces of a sentence; put them into a `.sentence`.
pub fn pieces(sentence: &Sentence) -> Vec<AnyView> {
    sentence.0.iter().map(piece).collect()
}

fn piece(piece: &Piece) -> AnyView {
    match piece {
        Piece::Text(text) => text.clone().into_any(),
        Piece::Strong(text) => view! {
            <b>
                <bdi>{cut(text)}</bdi>
            </b>
        }
        .into_any(),
        Piece::Code(text) => view! { <code class="untrusted">{cut(text)}</code> }.into_any(),
        Piece::Effect { tone, word } => {
            let class = match tone {
                Tone::Allow => "effect effect-allow",
                Tone::Approval => "effect effect-approval",
                Tone::Deny => "effect effect-deny",
                Tone::Shadow => "effect effect-shadow",
            };
            view! { <b class=class>{word.clone()}</b> }.into_any()
        }
    }
}

fn cut(text: &str) -> Vec<AnyView> {
    let (shown, rest) = split_behind(text, LONGEST);
    let mut parts = drawn(shown, false);
    if !rest.is_empty() {
        parts.push("…".into_any());
    }
    parts
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::pieces;
    use crate::sentence::{Piece, Sentence};
    use leptos::prelude::*;

    #[test]
    fn names_cannot_leave_their_place() {
        let sentence =
            Sentence(vec![Piece::Strong("<i>\u{202E}x".to_owned()), Piece::Text(" ok".to_owned())]);
        let html = view! { <p>{pieces(&sentence)}</p> }.to_html();
        assert!(!html.contains("<i>"), "{html}");
        assert!(html.contains("U+202E"), "{html}");
    }
}

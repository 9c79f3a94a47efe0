//! What a server hints at about its own tool. Hints decide nothing: a server may say anything.

use crate::components::icon::{Glyph, Icon};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One hint in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    pub text: String,
    /// It asks for a second look.
    pub warns: bool,
}

/// The hints of a definition.
#[cfg(feature = "ssr")]
pub fn read(definition: &serde_json::Value) -> Vec<Hint> {
    let given = |name: &str| definition.get("annotations").and_then(|hints| hints.get(name)?.as_bool());
    let (reads, destroys) = (given("readOnlyHint"), given("destructiveHint"));
    let words = [
        (reads, "It only reads", "It may change things"),
        (destroys, "It may destroy what is there", "It destroys nothing"),
        (
            given("idempotentHint"),
            "A second call changes nothing more",
            "A second call has effects of its own",
        ),
        (given("openWorldHint"), "It reaches the outside world", "It stays within its own world"),
    ];
    let mut hints: Vec<Hint> = words
        .into_iter()
        .filter_map(|(hint, yes, no)| hint.map(|hint| if hint { yes } else { no }))
        .map(|text| Hint { text: text.to_owned(), warns: false })
        .collect();
    if reads == Some(true) && destroys == Some(true) {
        hints.push(Hint { text: "Its hints contradict each other".to_owned(), warns: true });
    }
    hints
}

/// The hints as a list; a word where there are none.
pub fn list(hints: Vec<Hint>) -> AnyView {
    if hints.is_empty() {
        return view! { <p class="quiet">"The server gives no hints about this tool."</p> }.into_any();
    }
    let items: Vec<AnyView> = hints
        .into_iter()
        .map(|hint| {
            if hint.warns {
                view! {
                    <li>
                        <span class="flag">
                            <Icon glyph=Glyph::Warning/>
                            {hint.text}
                        </span>
                    </li>
                }
                .into_any()
            } else {
                view! { <li>{hint.text}</li> }.into_any()
            }
        })
        .collect();
    view! { <ul class="facts">{items}</ul> }.into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hints_read_as_words_and_contradictions_are_flagged() {
        let texts = |definition| read(&definition).into_iter().map(|hint| hint.text).collect::<Vec<_>>();
        assert_eq!(
            texts(json!({"annotations": {"readOnlyHint": true, "openWorldHint": false}})),
            ["It only reads", "It stays within its own world"]
        );
        assert!(texts(json!({"annotations": {"readOnlyHint": "yes"}})).is_empty());
        let both = read(&json!({"annotations": {"readOnlyHint": true, "destructiveHint": true}}));
        assert!(both.last().is_some_and(|hint| hint.warns));
    }
}

//! A short id with a button that copies all of it. The button is hidden where there is no script.

use super::icon::{Glyph, Icon};
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::time::Duration;
use web_sys::Element;

/// Cuts in the middle, so that both the beginning and the end can be compared.
pub fn cut_in_the_middle(value: &str) -> String {
    const HEAD: usize = 8;
    const TAIL: usize = 6;
    let length = value.chars().count();
    if length <= HEAD + TAIL + 2 {
        return value.to_owned();
    }
    let head: String = value.chars().take(HEAD).collect();
    let tail: String = value.chars().skip(length - TAIL).collect();
    format!("{head}…{tail}")
}

/// `value` is ours (ids, hashes), never text of servers, agents or callers. `what` finishes "Copy …".
#[component]
pub fn Copyable(#[prop(into)] value: String, what: &'static str) -> impl IntoView {
    view! {
        <span class="copy">
            <code title=value.clone()>{cut_in_the_middle(&value)}</code>
            <button type="button" data-copy=value aria-label=format!("Copy {what}")>
                <Icon glyph=Glyph::Copy/>
            </button>
            // Beside the button: what is in one is not heard when it changes.
            <span class="visually-hidden" role="status"></span>
        </span>
    }
}

/// One listener for all buttons with `data-copy`, so that they work in pages that only the server draws, too.
pub fn listen() {
    Effect::new(|_| {
        let handle = window_event_listener(ev::click, |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let button = target.and_then(|target| target.closest("button[data-copy]").ok().flatten());
            if let Some(button) = button
                && put_on_clipboard(&button.get_attribute("data-copy").unwrap_or_default())
            {
                confirm(&button);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Says "Copied" for two seconds.
fn confirm(button: &Element) {
    // Still said: the words of before are kept by the first of two quick clicks.
    if button.has_attribute("data-copied") {
        return;
    }
    let _ = button.set_attribute("data-copied", "");
    // What is seen on the button, and what is heard beside it.
    let word = button.query_selector("[data-word]").ok().flatten();
    let places = word.into_iter().chain(button.next_element_sibling());
    let told: Vec<(Element, Option<String>)> = places
        .map(|place| {
            let before = place.text_content();
            place.set_text_content(Some("Copied"));
            (place, before)
        })
        .collect();
    let button = button.clone();
    let forget = move || {
        let _ = button.remove_attribute("data-copied");
        for (place, before) in told {
            place.set_text_content(before.as_deref());
        }
    };
    set_timeout(forget, Duration::from_secs(2));
}

/// Browsers have a clipboard in secure contexts only.
fn put_on_clipboard(text: &str) -> bool {
    let window = window();
    if !window.is_secure_context() {
        return false;
    }
    let _promise = window.navigator().clipboard().write_text(text);
    true
}

#[cfg(test)]
mod tests {
    use super::cut_in_the_middle;

    #[test]
    fn long_ids_keep_both_ends() {
        assert_eq!(cut_in_the_middle("01JD4QK7"), "01JD4QK7");
        assert_eq!(cut_in_the_middle("019ab5c2-79b0-7cc3-98c4-dc0c0c07398f"), "019ab5c2…07398f");
    }
}

//! A short id with a button that copies all of it. The button is hidden where there is no script.

use super::icon::{Glyph, Icon};
use leptos::prelude::*;
use std::time::Duration;

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
    let copied = RwSignal::new(false);
    let whole = value.clone();
    let copy = move |_| {
        if !put_on_clipboard(&whole) {
            return;
        }
        copied.set(true);
        let forget = move || {
            copied.try_set(false);
        };
        set_timeout(forget, Duration::from_secs(2));
    };
    view! {
        <span class="copy">
            <code title=value.clone()>{cut_in_the_middle(&value)}</code>
            <button
                type="button"
                data-copy=value
                data-copied=move || copied.get().then_some("")
                aria-label=format!("Copy {what}")
                on:click=copy
            >
                <Icon glyph=Glyph::Copy/>
            </button>
            <span class="visually-hidden" role="status">
                {move || if copied.get() { "Copied" } else { "" }}
            </span>
        </span>
    }
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

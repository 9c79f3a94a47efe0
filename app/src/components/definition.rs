//! One entry of a definition list (`<dl class="definition-list">`).

use leptos::prelude::*;

/// A term and what stands for it.
#[component]
pub fn Definition(#[prop(into)] term: String, children: Children) -> impl IntoView {
    view! {
        <div>
            <dt>{term}</dt>
            <dd>{children()}</dd>
        </div>
    }
}

/// What stands where there is nothing.
#[component]
pub fn Nothing(#[prop(default = "none")] word: &'static str) -> impl IntoView {
    view! { <span class="muted">{word}</span> }
}

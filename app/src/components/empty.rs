//! What a list says when it holds nothing, and what stands in while it loads.

use super::icon::{Glyph, Icon};
use leptos::prelude::*;

/// Nothing is there yet: says what would be, and what to do.
#[component]
pub fn Empty(glyph: Glyph, title: &'static str, text: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="empty">
            <Icon glyph=glyph/>
            <h2>{title}</h2>
            <p>{text}</p>
            {children()}
        </section>
    }
}

/// Nothing matches the filters that are set.
#[component]
pub fn EmptyFiltered(text: &'static str, #[prop(into)] clear: String) -> impl IntoView {
    view! {
        <div class="table-frame">
            <section class="empty empty-filtered">
                <h2>"Nothing matches these filters"</h2>
                <p>{text}</p>
                <a class="button" href=clear>"Clear all filters"</a>
            </section>
        </div>
    }
}

/// Lines of the height of a table's, drawn after 200 ms (style/empty.css).
#[component]
pub fn Skeleton() -> impl IntoView {
    let lines: Vec<_> = (0..12).map(|_| view! { <span class="skeleton-line"></span> }).collect();
    view! {
        <div class="skeleton" aria-hidden="true">
            {lines}
        </div>
        <p class="visually-hidden" role="status">"Loading"</p>
    }
}

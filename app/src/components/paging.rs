//! Keyset paging: older, newer, and how many stand here. No page numbers: rows come in all the time.

use leptos::prelude::*;

/// Links to the neighbours that exist.
#[component]
pub fn Paging(#[prop(into)] summary: String, newer: Option<String>, older: Option<String>) -> impl IntoView {
    view! {
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {newer.map(|href| view! { <a class="button button-small" rel="prev" href=href>"Newer"</a> })}
            {older.map(|href| view! { <a class="button button-small" rel="next" href=href>"Older"</a> })}
        </nav>
    }
}

//! Keyset paging: older, newer, and how many stand here. No page numbers: rows come in all the time.

use leptos::prelude::*;

/// Links to the neighbours that exist; no place to go to where there are none.
#[component]
pub fn Paging(#[prop(into)] summary: String, newer: Option<String>, older: Option<String>) -> impl IntoView {
    if newer.is_none() && older.is_none() {
        return view! { <p class="paging">{summary}</p> }.into_any();
    }
    view! {
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {newer.map(|href| view! { <a class="button button-small" rel="prev" href=href>"Newer"</a> })}
            {older.map(|href| view! { <a class="button button-small" rel="next" href=href>"Older"</a> })}
        </nav>
    }
    .into_any()
}

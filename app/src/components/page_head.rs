//! The head of a page: its title, one step up, and at most one filled button among the actions.

use leptos::prelude::*;
use leptos_meta::Title;

/// A page's head. `title` names the document too; `children` are the pill and the actions.
#[component]
pub fn PageHead(#[prop(into)] title: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="page-head">
            <h1>{title}</h1>
            {children.map(|children| children())}
        </header>
    }
}

/// One step up, before the title of a detail page.
#[component]
pub fn Crumbs(href: &'static str, label: &'static str) -> impl IntoView {
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=href>{label}</a>
        </nav>
    }
}

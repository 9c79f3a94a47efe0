//! The filters of a list that are set, each one removable by a link.

use super::icon::{Glyph, Icon};
use super::untrusted::{UntrustedLine, plain};
use leptos::prelude::*;

/// One filter that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveFilter {
    pub name: &'static str,
    pub value: String,
    /// The same list without it.
    pub without: String,
}

/// The chips above a list; nothing where no filter is set.
#[component]
pub fn FilterChips(filters: Vec<ActiveFilter>, #[prop(into)] clear: String) -> impl IntoView {
    if filters.is_empty() {
        return ().into_any();
    }
    let chips: Vec<_> = filters.into_iter().map(chip).collect();
    view! {
        <ul class="chips" aria-label="Active filters">
            {chips}
            <li>
                <a href=clear>"Clear all"</a>
            </li>
        </ul>
    }
    .into_any()
}

fn chip(filter: ActiveFilter) -> AnyView {
    let label = format!("Remove filter: {} {}", filter.name.to_lowercase(), plain(&filter.value));
    view! {
        <li class="chip">
            <span>{filter.name}</span>
            " "
            <UntrustedLine text=filter.value/>
            <a href=filter.without aria-label=label>
                <Icon glyph=Glyph::Cross/>
            </a>
        </li>
    }
    .into_any()
}

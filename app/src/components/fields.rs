//! Fields of filter forms. The forms work by GET; with script a choice applies at once.

use super::icon::{Glyph, Icon};
use leptos::prelude::*;
use web_sys::{Event, HtmlSelectElement};

/// The field that a filter form begins with; `what` says what to look for.
#[component]
pub fn SearchField(name: &'static str, what: &'static str, value: Option<String>) -> impl IntoView {
    view! {
        <label class="filter filter-search">
            <Icon glyph=Glyph::Search/>
            <span class="visually-hidden">{what}</span>
            <input
                class="bare"
                type="search"
                name=name
                placeholder=what
                autocomplete="off"
                value=value.clone()
                prop:value=value.unwrap_or_default()
            />
        </label>
    }
}

/// A field among "More filters": of text, or of a moment to the second.
#[component]
pub fn FilterField(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    value: Option<String>,
    #[prop(optional)] moment: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                type=if moment { "datetime-local" } else { "text" }
                step=moment.then_some("1")
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                value=value.clone()
                prop:value=value.unwrap_or_default()
            />
        </div>
    }
}

/// The options of a choice; the first one, `none`, does not narrow.
pub fn options<I>(none: &'static str, chosen: Option<&str>, all: I) -> Vec<AnyView>
where
    I: IntoIterator<Item = (&'static str, &'static str)>,
{
    let first = option("", none, chosen.is_none());
    let rest = all.into_iter().map(|(value, label)| option(value, label, chosen == Some(value)));
    std::iter::once(first).chain(rest).collect()
}

fn option(value: &'static str, label: &'static str, chosen: bool) -> AnyView {
    view! {
        <option value=value selected=chosen>
            {label}
        </option>
    }
    .into_any()
}

/// Sends the form of the choice that changed.
pub fn submit(event: Event) {
    if let Some(form) = event_target::<HtmlSelectElement>(&event).form() {
        // Fails where the form is not complete; the browser then says what is missing.
        let _ = form.request_submit();
    }
}

//! `/search`: servers, tools, subjects, roles, rules and settings by a part of their name; resources by the beginning of
//! their id; decisions, changes and tasks by their whole id, which leads straight to them. Works without script.

pub mod found;
pub mod query;
pub mod read;
pub mod results;

#[cfg(feature = "ssr")]
mod find;
#[cfg(feature = "ssr")]
mod hit;

use super::guarded;
use crate::components::empty::Empty;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::routes::SEARCH;
use crate::session;
use crate::url::use_parameters;
use crate::wire::resource;
use found::{Extent, Found, Kind};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::{Form, Redirect};
use query::{LONGEST, SearchQuery};
use read::search;

#[component]
pub fn SearchPage() -> impl IntoView {
    guarded(SEARCH, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(SearchQuery::read));
    let found = resource(
        move || query.get(),
        |query| search(query.text.unwrap_or_default(), query.tenant, Extent::Page),
    );
    view! {
        <PageHead title=SEARCH.title/>
        {move || field(query.get())}
        {loaded(found, draw)}
    }
}

fn field(query: SearchQuery) -> AnyView {
    let everywhere = SearchQuery { tenant: None, ..query.clone() }.href();
    let tenant = query.tenant.map(|slug| {
        view! {
            <input type="hidden" name="tenant" value=slug/>
            <a class="button button-quiet" href=everywhere>
                "In all tenants"
            </a>
        }
    });
    view! {
        <Form method="get" action=SEARCH.path attr:class="filters">
            <label class="filter filter-search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Name or id"</span>
                <input
                    class="bare"
                    type="search"
                    name="q"
                    placeholder="Name or id"
                    autocomplete="off"
                    maxlength=LONGEST
                    value=query.text.clone()
                    prop:value=query.text.unwrap_or_default()
                />
            </label>
            <button class="button filters-apply">"Search"</button>
            {tenant}
        </Form>
    }
    .into_any()
}

fn draw(found: Found) -> AnyView {
    if let Some(place) = found.straight {
        return straight(place);
    }
    if !session::current().is_some_and(|signed_in| Kind::any_for(signed_in.role)) {
        return nobody();
    }
    if found.query.text.is_none() {
        return first();
    }
    results::results(found)
}

/// The one thing that has the id. Going back does not come here again.
fn straight(place: String) -> AnyView {
    let options = NavigateOptions { replace: true, ..NavigateOptions::default() };
    view! {
        <p>
            <a href=place.clone()>"Go on"</a>
        </p>
        <Redirect path=place options=options/>
    }
    .into_any()
}

/// For those who may see nothing of what is searched.
fn nobody() -> AnyView {
    view! {
        <Empty
            glyph=Glyph::Search
            title="Nothing to search"
            text="Your role sees no servers, subjects, rules or decisions."
        >
            ""
        </Empty>
    }
    .into_any()
}

/// What stands where nothing is asked yet.
fn first() -> AnyView {
    view! {
        <Empty
            glyph=Glyph::Search
            title="What are you looking for?"
            text="Servers, tools, subjects, roles and rules are found by a part of their name; resources by the beginning of their id; decisions, changes and tasks by their whole id."
        >
            <p data-needs-script="">
                "Press " <kbd class="kbd">"/"</kbd> " on any page to search from there."
            </p>
        </Empty>
    }
    .into_any()
}

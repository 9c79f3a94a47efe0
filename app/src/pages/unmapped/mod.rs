//! `/unmapped`: identities of verified tokens that nobody is known by, with what they tried, to be mapped or blocked.

pub mod panel;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub(crate) mod write;

use super::form::answer::Answer;
use super::form::input::Filled;
use super::form::may;
use super::form::notice::Answered;
use super::issuers::tabs::{BLOCKED, tabs};
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::{self, UNMAPPED};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_router::components::Form;
use query::UnmappedQuery;
use read::{UnmappedList, read_unmapped};

#[component]
pub fn UnmappedPage() -> impl IntoView {
    server_drawn(routes::UNMAPPED, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (UnmappedQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_unmapped(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteIssuers);
    view! {
        <PageHead title=UNMAPPED.title/>
        {move || head(&asked.with(|(query, _)| query.clone()))}
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

fn draw(list: UnmappedList, answer: Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(&list, &answer)).flatten();
    view! {
        <div class="stack">
            {Filled::new("", &answer).summary()}
            <Answered answer=answer/>
            {panel}
            <div>{table::table(list, may_write)}</div>
        </div>
    }
    .into_any()
}

/// The state as tabs, and a search.
fn head(query: &UnmappedQuery) -> AnyView {
    let value = query.search.clone();
    let state = query.blocked.then(|| view! { <input type="hidden" name="state" value="blocked"/> });
    view! {
        {tabs(if query.blocked { BLOCKED } else { UNMAPPED.path }, None)}
        <Form method="get" action=UNMAPPED.path attr:class="filters">
            {state}
            <label class="filter filter-search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Issuer, subject, server or tool"</span>
                <input
                    class="bare"
                    type="search"
                    name="q"
                    placeholder="Issuer, subject, server or tool"
                    autocomplete="off"
                    value=value.clone()
                    prop:value=value.unwrap_or_default()
                />
            </label>
            <button class="button filters-apply">"Search"</button>
        </Form>
    }
    .into_any()
}

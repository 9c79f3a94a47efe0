//! `/settings/keys`: enforcement keys, whom they belong to, and how they are rotated and ended.

pub mod panel;
pub mod query;
pub mod read;
pub mod save;
pub mod table;
pub mod view;

#[cfg(feature = "ssr")]
pub mod reveal;
#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::tenants::tabs::SettingsTabs;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_router::components::Form;
use query::KeysQuery;
use read::read_keys;
use view::KeyList;

#[component]
pub fn KeysPage() -> impl IntoView {
    server_drawn(routes::KEYS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (KeysQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_keys(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSettings);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(routes::KEYS.path).asking(Ask::New).href();
            view! {
                <div class="page-actions">
                    <a class="button button-primary" href=href rel="external">
                        <Icon glyph=Glyph::Plus/>
                        "New key"
                    </a>
                </div>
            }
        })
    };
    view! {
        <PageHead title="Enforcement keys">{create}</PageHead>
        <SettingsTabs current=routes::KEYS.path/>
        {move || {
            let text = asked.with(|(query, _)| query.search.clone());
            search(routes::KEYS.path, "Name, server or tenant", text)
        }}
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

/// Searches a list of the settings; `what` says where in.
pub fn search(path: &'static str, what: &'static str, value: Option<String>) -> AnyView {
    view! {
        <Form method="get" action=path attr:class="filters">
            <label class="filter filter-search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">{what}</span>
                <input
                    class="bare"
                    type="search"
                    name="q"
                    placeholder=what
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

fn draw(list: KeyList, answer: Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(&list, &answer)).flatten();
    view! {
        <div class="stack">
            <Answered answer=answer.clone()/>
            {panel}
            <div>{table::table(list, &answer, may_write)}</div>
        </div>
    }
    .into_any()
}

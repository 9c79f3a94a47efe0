//! `/settings/tenants`: the tenants, and how they are created, suspended and deleted.

pub mod panel;
pub mod query;
pub mod read;
pub mod save;
pub mod table;
pub mod tabs;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
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
use query::TenantsQuery;
use read::{TenantList, read_tenants};
use tabs::SettingsTabs;

#[component]
pub fn TenantsPage() -> impl IntoView {
    server_drawn(routes::TENANTS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (TenantsQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_tenants(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSettings);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(routes::TENANTS.path).asking(Ask::New).href();
            view! {
                <div class="page-actions">
                    <a class="button button-primary" href=href rel="external">
                        <Icon glyph=Glyph::Plus/>
                        "New tenant"
                    </a>
                </div>
            }
        })
    };
    view! {
        <PageHead title="Tenants">{create}</PageHead>
        <SettingsTabs current=routes::TENANTS.path/>
        {move || search(asked.with(|(query, _)| query.search.clone()))}
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

fn search(value: Option<String>) -> AnyView {
    view! {
        <Form method="get" action=routes::TENANTS.path attr:class="filters">
            <label class="filter filter-search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Slug or name"</span>
                <input
                    class="bare"
                    type="search"
                    name="q"
                    placeholder="Slug or name"
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

fn draw(list: TenantList, answer: Answer, may_write: bool) -> AnyView {
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

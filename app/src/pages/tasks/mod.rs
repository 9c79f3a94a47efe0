//! `/tasks`: what agents are doing, open tasks first of all.

pub mod one;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
mod write;

use crate::components::chips::FilterChips;
use crate::components::fields::{SearchField, options, submit};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::routes::{self, TASKS};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_router::components::Form;
use query::{STATES, TasksQuery};
use read::read_tasks;

#[component]
pub fn TasksPage() -> impl IntoView {
    server_drawn(routes::TASKS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(TasksQuery::read));
    let list = resource(move || query.get(), read_tasks);
    view! {
        <PageHead title=TASKS.title/>
        {move || filters(query.get())}
        {loaded(list, table::table)}
    }
}

fn filters(query: TasksQuery) -> AnyView {
    let states = options("Open", query.state.as_deref(), STATES);
    let (chosen, chips) = (query.state.clone().unwrap_or_default(), query.active_filters());
    let tenant = query.tenant.clone().map(|slug| view! { <input type="hidden" name="tenant" value=slug/> });
    view! {
        <Form method="get" action=TASKS.path attr:class="filters">
            <SearchField name="subject" what="Subject id" value=query.subject.clone()/>
            <label class="filter">
                <span>"State"</span>
                <select name="state" prop:value=chosen on:change=submit>
                    {states}
                </select>
            </label>
            {tenant}
            <button class="button filters-apply">"Apply"</button>
        </Form>
        <FilterChips filters=chips clear=TASKS.path/>
    }
    .into_any()
}

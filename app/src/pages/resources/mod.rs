//! `/resources`: registered business resources, which arguments of calls name.

pub mod fields;
pub mod imports;
pub mod name;
pub mod one;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::form::{is_bound, may};
use crate::components::fields::SearchField;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::untrusted::plain;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::{self, RESOURCES};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_router::components::Form;
use query::ResourcesQuery;
use read::{ResourceList, read_resources};

#[component]
pub fn ResourcesPage() -> impl IntoView {
    server_drawn(routes::RESOURCES, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (ResourcesQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_resources(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteResources);
    view! {
        {loaded(list, move |(list, answer)| draw(list, &answer, may_write))}
    }
}

fn draw(list: ResourceList, answer: &Answer, may_write: bool) -> AnyView {
    // A file may hold anybody's.
    let (bound, may_import) = (is_bound(), may_write && !is_bound());
    let form = match list.query.ask {
        Some(Ask::New) if may_write => Some(fields::new(&list, answer)),
        Some(Ask::Import) if may_import => Some(imports::upload(&list.tenants, list.query.beyond(None))),
        _ => None,
    };
    let actions = (may_write && form.is_none()).then(|| {
        let place = Place::new(RESOURCES.path);
        let import = may_import.then(|| {
            view! {
                <a class="button button-primary" href=place.clone().asking(Ask::Import).href() rel="external">
                    "Import a file"
                </a>
            }
        });
        view! {
            <div class="page-actions">
                <a class="button" href=place.clone().asking(Ask::New).href() rel="external">
                    <Icon glyph=Glyph::Plus/>
                    "Register one"
                </a>
                {import}
            </div>
        }
    });
    let lead = bound.then(|| {
        view! {
            <p class="page-lead">
                "Those of your tenants. Files are imported by those whose role counts everywhere."
            </p>
        }
    });
    view! {
        <PageHead title=RESOURCES.title>{actions}</PageHead>
        {lead}
        {search(&list)}
        <div class="stack">
            <Answered answer=answer.clone()/>
            {form}
            <div>{table::table(&list, may_import)}</div>
            {imports::card(list.imports)}
        </div>
    }
    .into_any()
}

fn search(list: &ResourceList) -> AnyView {
    let tenant =
        list.query.tenant.clone().map(|slug| view! { <input type="hidden" name="tenant" value=slug/> });
    let search = list.query.search.clone();
    let chosen = list.query.kind.clone().unwrap_or_default();
    let types: Vec<AnyView> = list
        .types
        .iter()
        .map(|kind| {
            let selected = *kind == chosen;
            view! {
                <option value=kind.clone() selected=selected>
                    {plain(kind)}
                </option>
            }
            .into_any()
        })
        .collect();
    view! {
        <Form method="get" action=RESOURCES.path attr:class="filters">
            <SearchField name="q" what="Beginning of the id" value=search/>
            <label class="filter">
                <span>"Type"</span>
                <select class="bare" name="type">
                    <option value="">"Any"</option>
                    {types}
                </select>
            </label>
            {tenant}
            <button class="button filters-apply">"Search"</button>
        </Form>
    }
    .into_any()
}

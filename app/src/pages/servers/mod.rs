//! `/servers`: the registered MCP servers, with what waits for a person; `/servers/new`: registering one.

pub mod form;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

use super::form::answer::Answer;
use super::form::input::Filled;
use super::form::may;
use super::form::notice::Answered;
use super::guarded;
use crate::components::icon::{Glyph, Icon};
use crate::components::list::search;
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::pages::server::asking::Asking;
use crate::pages::server::fields::TenantChoice;
use crate::permission::Permission;
use crate::routes::{self, REGISTER, SERVERS};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use query::ServersQuery;
use read::{ServerList, list_servers, read_choices};

#[component]
pub fn ServersPage() -> impl IntoView {
    guarded(routes::SERVERS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (ServersQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { list_servers(query).await.map(|list| (list, answer)) },
    );
    let asking = Asking::start();
    let may_write = may(Permission::WriteServers);
    view! {
        {loaded(list, move |(list, answer)| draw(list, &answer, asking, may_write))}
    }
}

fn draw(list: ServerList, answer: &Answer, asking: Asking, may_write: bool) -> AnyView {
    // Where there is no server yet, the form stands in the page itself.
    let first = list.lines.is_empty() && list.query == ServersQuery::default();
    let register = (may_write && !first).then(|| {
        view! {
            <div class="page-actions">
                <a class="button button-primary" href=REGISTER.path>
                    <Icon glyph=Glyph::Plus/>
                    "Register server"
                </a>
            </div>
        }
    });
    let search = (!first).then(|| {
        let kept = [("tenant", list.query.tenant.clone())];
        search(SERVERS.path, "Slug, name or address", list.query.search.clone(), kept)
    });
    let body =
        if first && may_write { form::first(&list.choices, answer, asking) } else { table::table(list) };
    view! {
        <PageHead title=SERVERS.title>{register}</PageHead>
        {Filled::new("", answer).summary()}
        <Answered answer=answer.clone()/>
        {search}
        {body}
    }
    .into_any()
}

#[component]
pub fn RegisterPage() -> impl IntoView {
    guarded(routes::REGISTER, register_page)
}

fn register_page() -> impl IntoView {
    let map = use_parameters();
    let answer = Memo::new(move |_| map.with(Answer::read));
    let choices = resource(
        move || answer.get(),
        |answer| async move { read_choices().await.map(|choices| (choices, answer)) },
    );
    let asking = Asking::start();
    view! {
        <Title text=REGISTER.title/>
        <header class="page-head">
            <Crumbs href=SERVERS.path label="Servers"/>
            <h1>{REGISTER.title}</h1>
        </header>
        {loaded(choices, move |(choices, answer)| draw_register(&choices, &answer, asking))}
    }
}

fn draw_register(choices: &[TenantChoice], answer: &Answer, asking: Asking) -> AnyView {
    view! {
        <div class="stack page-form">
            <Answered answer=answer.clone()/>
            {form::register(choices, answer, asking)}
        </div>
    }
    .into_any()
}

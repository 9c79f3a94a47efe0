//! `/servers/{slug}` and the tabs below it: the tools of one server, how it asks, its decisions, its settings.

pub mod activity;
pub mod asking;
pub mod bulk;
pub mod connect;
pub mod counts;
pub mod discover;
pub mod discovery;
pub mod fields;
pub mod head;
pub mod read;
pub mod report;
pub mod save;
pub mod settings;
pub mod snippets;
pub mod tools;

#[cfg(feature = "ssr")]
pub mod discoveries;
#[cfg(feature = "ssr")]
pub mod mark;
#[cfg(feature = "ssr")]
pub mod tools_read;
#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::form::place::Place;
use super::guarded;
use crate::components::loaded::loaded;
use crate::routes;
use crate::status::PageStatus;
use crate::url::{parameter, use_parameters};
use crate::wire::resource;
use asking::Asking;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use read::{ServerView, read_server};

/// The page of this server.
pub fn place(slug: &str) -> Place {
    Place::new(head::href_of(&routes::SERVER, slug))
}

/// The slug in the address.
fn slug() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("slug")).unwrap_or_default())
}

#[component]
pub fn ServerPage() -> impl IntoView {
    guarded(routes::SERVER, page)
}

fn page() -> impl IntoView {
    let slug = slug();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let (search, answer) = map.with(|map| (parameter(map, "q").unwrap_or_default(), Answer::read(map)));
        (slug.get(), search, answer)
    });
    // What came of a form is part of the question, so that the tools are read anew after it.
    let server = resource(
        move || asked.get(),
        |(slug, search, answer)| async move { read_server(slug, search).await.map(|server| (server, answer)) },
    );
    let asking = Asking::start();
    let status = PageStatus::current();
    view! {
        {loaded(server, move |(server, answer)| match server {
            Some(server) => draw(server, &answer, asking),
            None => {
                status.not_found();
                head::unknown()
            }
        })}
    }
}

fn draw(server: ServerView, answer: &Answer, asking: Asking) -> AnyView {
    view! {
        {head::head(&server.head, &routes::SERVER, answer, asking)}
        {tools::groups(server, answer)}
    }
    .into_any()
}

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
use crate::components::list::search;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::{self, UNMAPPED};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
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
    let state = query.blocked.then(|| "blocked".to_owned());
    view! {
        {tabs(if query.blocked { BLOCKED } else { UNMAPPED.path }, None)}
        {search(UNMAPPED.path, "Issuer, subject, server or tool", query.search.clone(), [("state", state)])}
    }
    .into_any()
}

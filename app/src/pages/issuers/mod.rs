//! `/issuers`: whose tokens count, with where their keys come from and how strictly tokens are checked.

pub mod query;
pub mod read;
pub mod table;
pub mod tabs;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::issuer::fields;
use crate::components::list::{adding, search};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::{self, ISSUERS};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use query::IssuersQuery;
use read::{IssuerList, read_issuers};

#[component]
pub fn IssuersPage() -> impl IntoView {
    server_drawn(routes::ISSUERS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (IssuersQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_issuers(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteIssuers);
    view! {
        {loaded(list, move |(list, answer)| draw(list, &answer, may_write))}
    }
}

fn draw(list: IssuerList, answer: &Answer, may_write: bool) -> AnyView {
    let cancel = list.query.beyond(None);
    let form = list.form.as_ref().filter(|_| may_write);
    let add = (may_write && form.is_none()).then(|| {
        let href = Place::new(ISSUERS.path).asking(Ask::New).href();
        adding(href, "Add issuer")
    });
    let form = form.map(|form| fields::form(form, None, answer, cancel));
    let waiting = (!list.unmapped.is_none()).then(|| {
        if list.unmapped.more { format!("{}+", list.unmapped.number) } else { list.unmapped.words() }
    });
    let kept = [("tenant", list.query.tenant.clone())];
    let search = search(ISSUERS.path, "URL or name", list.query.search.clone(), kept);
    view! {
        <PageHead title=ISSUERS.title>{add}</PageHead>
        {tabs::tabs(ISSUERS.path, waiting)}
        {search}
        <div class="stack">
            <Answered answer=answer.clone()/>
            {form}
            <div>{table::table(list, may_write)}</div>
        </div>
    }
    .into_any()
}

//! `/subjects`: people, agents and services, with the tenants they are members of.

pub mod form;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::Ask;
use crate::components::chips::FilterChips;
use crate::components::list::{adding, search};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use policy::SubjectKind;
use query::{SubjectsQuery, kinds_label};
use read::{SubjectList, read_subjects};

#[component]
pub fn SubjectsPage() -> impl IntoView {
    server_drawn(routes::SUBJECTS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (SubjectsQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_subjects(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSubjects);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = asked.with(|(query, _)| query.from_the_first().asking(Ask::New).href());
            adding(href, "Add subject")
        })
    };
    view! {
        <PageHead title="Subjects">{create}</PageHead>
        {move || filters(&asked.with(|(query, _)| query.clone()))}
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

/// Kinds as tabs, and a search.
fn filters(query: &SubjectsQuery) -> AnyView {
    let kinds = std::iter::once(None).chain(SubjectKind::ALL.iter().copied().map(Some));
    let tabs: Vec<AnyView> = kinds
        .map(|kind| {
            let label = kind.map_or("All", kinds_label);
            let here = (query.kind == kind).then_some("page");
            view! {
                <a href=query.of_kind(kind).href() aria-current=here>
                    {label}
                </a>
            }
            .into_any()
        })
        .collect();
    let kept = [("tenant", query.tenant.clone()), ("kind", query.kind.map(|kind| kind.as_str().to_owned()))];
    let search = search(routes::SUBJECTS.path, "Id or name", query.search.clone(), kept);
    let clear = SubjectsQuery { kind: query.kind, ..SubjectsQuery::default() }.href();
    view! {
        <nav class="tabs" aria-label="Kinds">
            {tabs}
        </nav>
        {search}
        <FilterChips filters=query.active_filters() clear=clear/>
    }
    .into_any()
}

fn draw(list: SubjectList, answer: Answer, may_write: bool) -> AnyView {
    let form = (may_write && list.query.ask == Some(Ask::New)).then(|| form::create(&list, &answer));
    view! {
        <div class="stack">
            <Answered answer=answer/>
            {form}
            <div>{table::table(list, may_write)}</div>
        </div>
    }
    .into_any()
}

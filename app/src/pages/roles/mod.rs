//! `/roles`: the roles of one tenant or of all, with how many hold them and how many rules name them.

pub mod form;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use crate::components::list::adding;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use query::RolesQuery;
use read::{RoleList, read_roles};

#[component]
pub fn RolesPage() -> impl IntoView {
    server_drawn(routes::ROLES, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (RolesQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_roles(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSubjects);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(routes::ROLES.path).asking(Ask::New).href();
            adding(href, "New role")
        })
    };
    view! {
        <PageHead title="Roles">{create}</PageHead>
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

fn draw(list: RoleList, answer: Answer, may_write: bool) -> AnyView {
    let form = (may_write && list.query.ask == Some(Ask::New)).then(|| form::create(&list, &answer));
    view! {
        <div class="stack">
            <Answered answer=answer.clone()/>
            {form}
            <div>{table::table(list, &answer, may_write)}</div>
        </div>
    }
    .into_any()
}

//! The pages of the settings that are one list each: a head with the way to the form that adds one, tabs, a search;
//! then what came of a form, the form that is open, and the list.

pub mod query;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::tenants::tabs::SettingsTabs;
use crate::components::list::{adding, search};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::error::AppError;
use crate::permission::Permission;
use crate::routes::Page;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use query::ListQuery;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Which page it is, and what it says of its rows.
#[derive(Clone, Copy)]
pub struct Settings {
    pub page: Page,
    /// On the button that opens the form of a new one.
    pub add: &'static str,
    /// Where its search looks; none where it has no search.
    pub search: Option<&'static str>,
}

impl Settings {
    /// Draws the page. `read` asks the server for the list; `draw` makes of it the form that is open, and the list
    /// itself. It is told what came of a form, and whether the reader may change something.
    pub fn draw<T, R, Fut, D>(self, read: R, draw: D) -> AnyView
    where
        T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
        R: Fn(ListQuery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, AppError>> + Send + 'static,
        D: Fn(T, &Answer, bool) -> (Option<AnyView>, AnyView) + Clone + Send + Sync + 'static,
    {
        let Self { page, add, search: searched } = self;
        let map = use_parameters();
        let asked = Memo::new(move |_| map.with(|map| (ListQuery::read(map), Answer::read(map))));
        // What came of a form is part of the question, so that the list is read anew after it.
        let found = resource(
            move || asked.get(),
            move |(query, answer)| {
                let list = read(query);
                async move { list.await.map(|list| (list, answer)) }
            },
        );
        let may_write = may(Permission::WriteSettings);
        let create = move || {
            (may_write && asked.with(|(query, _)| query.ask.is_none()))
                .then(|| adding(Place::new(page.path).asking(Ask::New).href(), add))
        };
        let above = move || {
            let text = asked.with(|(query, _)| query.search.clone());
            searched.map(|what| search(page.path, what, text, []))
        };
        view! {
            <PageHead title=page.title>{create}</PageHead>
            <SettingsTabs current=page.path/>
            {above}
            {loaded(found, move |(list, answer): (T, Answer)| {
                let (form, list) = draw(list, &answer, may_write);
                view! {
                    <div class="stack">
                        <Answered answer=answer/>
                        {form}
                        <div>{list}</div>
                    </div>
                }
                .into_any()
            })}
        }
        .into_any()
    }
}

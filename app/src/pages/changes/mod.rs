//! `/changes`: who changed what, newest first.

pub mod filters;
pub mod query;
pub mod read;
pub mod table;
pub mod words;

use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use filters::Filters;
use leptos::prelude::*;
use query::ChangeQuery;
use read::list_changes;
use table::ChangeTable;

#[component]
pub fn ChangesPage() -> impl IntoView {
    server_drawn(routes::CHANGES, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(ChangeQuery::read));
    let list = resource(move || query.get(), list_changes);
    view! {
        <PageHead title="Changes"/>
        {move || view! { <Filters query=query.get()/> }}
        {loaded(list, |list| view! { <ChangeTable list=list/> }.into_any())}
    }
}

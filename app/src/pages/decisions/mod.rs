//! `/decisions`: every decision, newest first, with filters.

pub mod filters;
pub mod newer;
pub mod query;
pub mod read;
pub mod table;

use super::guarded;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use filters::Filters;
use leptos::prelude::*;
use newer::Newer;
use query::DecisionQuery;
use read::{DecisionList, list_decisions};
use table::DecisionTable;

#[component]
pub fn DecisionsPage() -> impl IntoView {
    guarded(routes::DECISIONS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(DecisionQuery::read));
    let list = resource(move || query.get(), list_decisions);
    let refresh = Callback::new(move |()| list.refetch());
    view! {
        <PageHead title="Decisions"/>
        {move || view! { <Filters query=query.get()/> }}
        {loaded(list, move |list| draw(list, refresh))}
    }
}

fn draw(list: DecisionList, refresh: Callback<()>) -> AnyView {
    // Only the newest page can say that there are newer ones than those it shows.
    let newer = (!list.has_newer && list.query.newer_than.is_none()).then(|| {
        let newest = list.lines.first().map(|line| line.id.clone()).unwrap_or_default();
        view! { <Newer query=list.query.clone() newest=newest refresh=refresh/> }
    });
    view! {
        {newer}
        <DecisionTable list=list/>
    }
    .into_any()
}

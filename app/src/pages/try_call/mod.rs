//! `/try`: a call and its decision by the live policy, not recorded.

pub mod form;
pub mod other;
pub mod query;
pub mod read;
pub mod result;

#[cfg(feature = "ssr")]
pub(crate) mod again;
#[cfg(feature = "ssr")]
mod call;
#[cfg(feature = "ssr")]
mod service;

use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::routes;
use crate::url::use_parameters;
use crate::wire::resource;
use form::TryForm;
use leptos::prelude::*;
use query::TryQuery;
use read::{TryAnswer, TryView, read_try};

#[component]
pub fn TryPage() -> impl IntoView {
    server_drawn(routes::TRY, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let query = Memo::new(move |_| map.with(TryQuery::read));
    let trial = resource(move || query.get(), read_try);
    view! {
        <PageHead title="Try a call"/>
        <p class="page-lead">
            "Ask what the live policy would decide. Nothing is recorded, filed or counted."
        </p>
        {loaded(trial, draw)}
    }
}

fn draw(trial: TryView) -> AnyView {
    let problem = match &trial.answer {
        Some(TryAnswer::Problem(note)) => Some(note.clone()),
        _ => None,
    };
    let (head, text) = match &trial.query.other {
        None => (
            "Call",
            "Say who calls which tool, and press Decide. The answer names the rules that applied and those that nearly did.",
        ),
        Some(_) => (
            "Action",
            "Say who does what to which resource, and press Decide. The answer names the rules that applied and those that nearly did.",
        ),
    };
    let tabs = other::tabs(&trial.query);
    let answer = match trial.answer {
        Some(TryAnswer::Problem(_)) | None => view! {
            <section class="card">
                <Empty glyph=Glyph::Try title="No decision yet" text=text>
                    ""
                </Empty>
            </section>
        }
        .into_any(),
        Some(answer) => view! {
            {result::banner(&answer)}
            {result::why(answer)}
        }
        .into_any(),
    };
    view! {
        {tabs}
        <div class="halves">
            <section class="card">
                <header class="card-head">
                    <h2>{head}</h2>
                </header>
                <div class="card-body">
                    <TryForm query=trial.query choices=trial.choices problem=problem/>
                </div>
            </section>
            <div class="stack" role="status">
                {answer}
            </div>
        </div>
    }
    .into_any()
}

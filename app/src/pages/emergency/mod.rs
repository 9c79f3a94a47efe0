//! `/emergency`: what is stopped, what is allowed against the rules for some minutes, and how both begin and end.

pub mod panel;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod gather;

use super::form::answer::Answer;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::form::{is_bound, may};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::untrusted::plain;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::{self, EMERGENCY};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use query::{EmergencyQuery, stop_href};
use read::{EmergencyView, read_emergency};

#[component]
pub fn EmergencyPage() -> impl IntoView {
    server_drawn(routes::EMERGENCY, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (EmergencyQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the page is read anew after it.
    let found = resource(
        move || asked.get(),
        |(query, answer)| async move { read_emergency(query).await.map(|view| (view, answer)) },
    );
    let actions = move || asked.with(|(query, _)| query.ask.is_none()).then(actions);
    view! {
        <PageHead title=EMERGENCY.title>{actions}</PageHead>
        {loaded(found, move |(view, answer)| draw(view, &answer))}
    }
}

fn actions() -> AnyView {
    let ask = |ask: Ask| Place::new(EMERGENCY.path).asking(ask).href();
    // Both are for those whose role counts everywhere.
    let glass = (!is_bound()).then(|| {
        view! {
            <a class="button" href=ask(Ask::Glass) rel="external">
                "Break-glass …"
            </a>
        }
    });
    let everything = (!is_bound()).then(|| {
        view! {
            <a class="button button-deny" href=stop_href("everything", "", "") rel="external">
                "Stop everything …"
            </a>
        }
    });
    view! {
        <div class="page-actions">
            {glass}
            <a class="button" href=ask(Ask::Stop) rel="external">
                "Stop …"
            </a>
            {everything}
        </div>
    }
    .into_any()
}

/// The way to the form that stops this; nothing for those who may not.
pub fn stop_link(scope: &str, target: &str, tenant: &str) -> Option<AnyView> {
    may(Permission::Emergency).then(|| {
        let (what, within) = match (target, tenant) {
            ("", tenant) => (tenant, String::new()),
            (target, "") => (target, String::new()),
            (target, tenant) => (target, format!(" in {}", plain(tenant))),
        };
        let label = format!("Stop {scope} {}{within}", plain(what));
        let href = stop_href(scope, target, tenant);
        view! {
            <a class="button button-small" href=href rel="external" aria-label=label>
                {format!("Stop{within} …")}
            </a>
        }
        .into_any()
    })
}

fn draw(view: EmergencyView, answer: &Answer) -> AnyView {
    let panel = panel::panel(&view, answer);
    let first = view.query.before.is_some();
    view! {
        <div class="stack">
            <Answered answer=answer.clone()/>
            {panel}
            {table::open(view.open)}
            {table::history(view.history, view.next, first)}
        </div>
    }
    .into_any()
}

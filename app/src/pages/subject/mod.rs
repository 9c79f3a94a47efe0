//! `/subjects/{id}`: one person, agent or service, with its memberships, API keys, identities, calls and changes, whom it
//! may act for, and who acts for it.

pub mod acting;
pub mod identities;
pub mod pairs;
pub mod panel;
pub mod read;
pub mod recent;
pub mod save;
pub mod tables;
pub mod view;

#[cfg(feature = "ssr")]
mod gather;
#[cfg(feature = "ssr")]
mod own;
#[cfg(feature = "ssr")]
pub mod write;

use super::emergency::stop_link;
use super::form::answer::{Answer, Done};
use super::form::notice::{Answered, Undo};
use super::form::place::Ask;
use super::form::{is_bound, may};
use super::subjects::query::kind_label;
use crate::components::copyable::Copyable;
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::untrusted::{Untrusted, UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::status::PageStatus;
use crate::url::{encode, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use panel::page_of;
use read::read_subject;
use recent::Recent;
use save::{DisableSubject, EnableSubject, SaveMembership};
use view::{SubjectQuery, SubjectView};

#[component]
pub fn SubjectPage() -> impl IntoView {
    server_drawn(routes::SUBJECT, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| (SubjectQuery::read(id, map), Answer::read(map)))
    });
    // What came of a form is part of the question, so that the subject is read anew after it.
    let subject = resource(
        move || asked.get(),
        |(query, answer)| async move {
            read_subject(query).await.map(|found| found.map(|subject| (subject, answer)))
        },
    );
    let status = PageStatus::current();
    let may_write = may(Permission::WriteSubjects);
    loaded(subject, move |found| match found {
        Some((subject, answer)) => draw(subject, answer, may_write),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such subject"/>
        <section class="error-page">
            <p>"There is no such subject. It may have been deleted, or never registered."</p>
            <div class="button-row">
                <a class="button button-primary" href=routes::SUBJECTS.path>
                    "Go to Subjects"
                </a>
            </div>
        </section>
    }
    .into_any()
}

fn draw(subject: SubjectView, answer: Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(&subject, &answer)).flatten();
    let undo = may_write.then(|| undo(&subject, &answer)).flatten();
    view! {
        {head(&subject, may_write && panel.is_none())}
        <div class="stack">
            <Answered answer=answer/>
            {undo}
            {panel}
            {tables::memberships(&subject, may_write)}
            {acting::for_whom(&subject)}
            {acting::agents(&subject)}
            {tables::keys(&subject, may_write)}
            {identities::identities(&subject, may_write)}
            {attributes(&subject)}
            <Recent subject=subject/>
        </div>
    }
    .into_any()
}

/// One click takes back what was just taken away.
fn undo(subject: &SubjectView, answer: &Answer) -> Option<AnyView> {
    if answer.saved.as_ref().is_some_and(|saved| saved.done == Done::SubjectDisabled) {
        let values = vec![("id".to_owned(), subject.id.clone())];
        let view = view! { <Undo action=EnableSubject::url() values=values label="Undo: enable again"/> };
        return Some(view.into_any());
    }
    let (label, values) = subject.undo.clone()?;
    Some(view! { <Undo action=SaveMembership::url() values=values label=label/> }.into_any())
}

fn head(subject: &SubjectView, may_write: bool) -> AnyView {
    let title = plain(&subject.name);
    let state = if subject.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Disabled"</span> }.into_any()
    };
    let actions = may_write.then(|| actions(subject));
    let owner = subject.owner.clone().map(|owner| {
        let href = format!("{}/{}", routes::SUBJECTS.path, encode(&owner));
        view! {
            <li>
                <span>
                    "owned by "
                    <a href=href>
                        <UntrustedLine text=owner/>
                    </a>
                </span>
            </li>
        }
    });
    view! {
        <Title text=title/>
        <header class="page-head">
            <Crumbs href=routes::SUBJECTS.path label="Subjects"/>
            <h1>
                <UntrustedLine text=subject.name.clone()/>
            </h1>
            {state}
            {actions}
        </header>
        <ul class="facts page-lead">
            <li>{kind_label(subject.kind)}</li>
            <li>
                <Copyable value=plain(&subject.id) what="subject id"/>
            </li>
            {owner}
            <li>
                <span>
                    "registered "
                    <Time moment=subject.created.clone()/>
                </span>
            </li>
        </ul>
    }
    .into_any()
}

/// The ways to a stop: in every tenant, or one for each of the reader's where those are all that the reader stops in.
fn stops(subject: &SubjectView) -> Vec<AnyView> {
    if is_bound() {
        let own = subject.memberships.iter();
        return own.filter_map(|held| stop_link("subject", &subject.id, &held.tenant)).collect();
    }
    stop_link("subject", &subject.id, "").into_iter().collect()
}

fn actions(subject: &SubjectView) -> AnyView {
    let page = page_of(subject);
    let (url, label, class) = if subject.active {
        (DisableSubject::url(), "Disable", "button button-danger")
    } else {
        (EnableSubject::url(), "Enable", "button")
    };
    view! {
        <div class="page-actions">
            <a class="button" href=page.clone().asking(Ask::Edit).href() rel="external">
                "Edit"
            </a>
            {stops(subject)}
            <a class="button button-danger" href=page.asking(Ask::Delete).href() rel="external">
                "Delete"
            </a>
            <form method="post" action=url>
                <input type="hidden" name="id" value=subject.id.clone()/>
                <button class=class title="Takes effect on the next call">
                    {label}
                </button>
            </form>
        </div>
    }
    .into_any()
}

fn attributes(subject: &SubjectView) -> AnyView {
    let body = if subject.has_attributes {
        view! {
            <div class="card-body">
                <Untrusted text=subject.attributes.clone() mono=true/>
            </div>
        }
        .into_any()
    } else {
        view! {
            <div class="card-body">
                <p class="quiet">"None. Conditions of rules read attributes as facts about the subject."</p>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Attributes"</h2>
            </header>
            {body}
        </section>
    }
    .into_any()
}

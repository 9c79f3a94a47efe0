//! `/issuers/{id}`: one issuer of tokens, with its settings, its keys, and its tokens that were revoked.

pub mod fields;
pub mod panel;
pub mod parts;
pub mod read;
pub mod save;
pub mod view;

#[cfg(feature = "ssr")]
mod draft;
#[cfg(feature = "ssr")]
mod mappings;
#[cfg(feature = "ssr")]
pub(crate) mod words;
#[cfg(feature = "ssr")]
pub(crate) mod write;

use super::form::answer::{Answer, Done};
use super::form::input::Filled;
use super::form::may;
use super::form::notice::{Answered, Undo};
use super::form::place::Ask;
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::untrusted::{UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::pages::changes::query::ChangeQuery;
use crate::permission::Permission;
use crate::routes::{self, ISSUERS, UNMAPPED};
use crate::status::PageStatus;
use crate::url::{href, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use panel::page_of;
use read::read_issuer;
use save::{DisableIssuer, EnableIssuer};
use view::{IssuerQuery, IssuerView};

#[component]
pub fn IssuerPage() -> impl IntoView {
    server_drawn(routes::ISSUER, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| (IssuerQuery::read(id, map), Answer::read(map)))
    });
    // What came of a form is part of the question, so that the issuer is read anew after it.
    let issuer = resource(
        move || asked.get(),
        |(query, answer)| async move {
            read_issuer(query).await.map(|found| found.map(|issuer| (issuer, answer)))
        },
    );
    let status = PageStatus::current();
    let may_write = may(Permission::WriteIssuers);
    loaded(issuer, move |found| match found {
        Some((issuer, answer)) => draw(&issuer, &answer, may_write),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such issuer"/>
        <section class="error-page">
            <p>"There is no such issuer. It was deleted, or the address is misspelt."</p>
            <div class="button-row">
                <a class="button button-primary" href=ISSUERS.path>
                    "Go to Issuers"
                </a>
            </div>
        </section>
    }
    .into_any()
}

fn draw(issuer: &IssuerView, answer: &Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(issuer, answer)).flatten();
    let disabled = answer.saved.as_ref().is_some_and(|saved| saved.done == Done::IssuerDisabled);
    let undo = (disabled && !issuer.active && may_write).then(|| {
        let values = vec![("id".to_owned(), issuer.query.id.clone())];
        view! { <Undo action=EnableIssuer::url() values=values label="Undo: enable it again"/> }
    });
    let changes = ChangeQuery {
        kind: Some("issuer".to_owned()),
        object: Some(issuer.url.clone()),
        ..ChangeQuery::default()
    };
    view! {
        {head(issuer, may_write && panel.is_none())}
        <div class="stack">
            {Filled::new("", answer).summary()}
            <Answered answer=answer.clone()/>
            {undo}
            {panel}
            {parts::settings(issuer)}
            {parts::keys(issuer, may_write)}
            {parts::revoked(issuer, may_write)}
            <p>
                <a href=changes.href()>"All changes of this issuer"</a>
            </p>
        </div>
    }
    .into_any()
}

fn head(issuer: &IssuerView, may_write: bool) -> AnyView {
    let state = if issuer.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Disabled"</span> }.into_any()
    };
    let actions = may_write.then(|| actions(issuer));
    let unmapped = href(UNMAPPED.path, [("q", Some(issuer.url.as_str()))]);
    view! {
        <Title text=plain(&issuer.name)/>
        <header class="page-head">
            <Crumbs href=ISSUERS.path label="Issuers"/>
            <h1>
                <UntrustedLine text=issuer.name.clone()/>
            </h1>
            {state}
            {actions}
        </header>
        <ul class="facts page-lead">
            <li>
                <code>
                    <UntrustedLine text=issuer.url.clone()/>
                </code>
            </li>
            <li>{issuer.identities.of("identity of a subject", "identities of subjects")}</li>
            <li>
                <a href=unmapped>"Unmapped callers of it"</a>
            </li>
        </ul>
    }
    .into_any()
}

fn actions(issuer: &IssuerView) -> AnyView {
    let page = page_of(issuer);
    let (url, label, class) = if issuer.active {
        (DisableIssuer::url(), "Disable", "button button-danger")
    } else {
        (EnableIssuer::url(), "Enable", "button")
    };
    view! {
        <div class="page-actions">
            <a class="button" href=page.clone().asking(Ask::Edit).href() rel="external">
                "Edit"
            </a>
            <a class="button button-danger" href=page.asking(Ask::Delete).href() rel="external">
                "Delete"
            </a>
            <form method="post" action=url>
                <input type="hidden" name="id" value=issuer.query.id.clone()/>
                <button class=class title="Takes effect on the next call">
                    {label}
                </button>
            </form>
        </div>
    }
    .into_any()
}

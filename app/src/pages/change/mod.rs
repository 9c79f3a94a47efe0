//! `/changes/{id}`: one change, before and after.

pub mod read;

#[cfg(feature = "ssr")]
pub(super) mod difference;

use super::changes::query::ChangeQuery;
use crate::components::copyable::Copyable;
use crate::components::definition::{Definition, Nothing};
use crate::components::diff::{DiffLegend, DiffTable};
use crate::components::json::RawJson;
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::routes;
use crate::status::PageStatus;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use read::{ChangeView, read_change};

#[component]
pub fn ChangePage() -> impl IntoView {
    server_drawn(routes::CHANGE, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let change = resource(move || id.get(), read_change);
    let status = PageStatus::current();
    loaded(change, move |found| match found {
        Some(change) => draw(change),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such change"/>
        <section class="error-page">
            <p>"There is no such change, or it is not in your tenants."</p>
            <div class="button-row">
                <a class="button button-primary" href=routes::CHANGES.path>
                    "Go to Changes"
                </a>
            </div>
        </section>
    }
    .into_any()
}

fn draw(change: ChangeView) -> AnyView {
    let raw = |label: &'static str, text: Option<String>| {
        text.map(|text| view! { <RawJson label=label text=text/> })
    };
    let rows = change.rows.clone();
    view! {
        <Title text=plain(&change.title)/>
        <header class="page-head">
            <Crumbs href=routes::CHANGES.path label="Changes"/>
            <h1>
                <UntrustedLine text=change.title.clone()/>
            </h1>
        </header>
        <div class="two-thirds">
            <div class="stack">
                <section class="card">
                    <header class="card-head">
                        <h2>"Before and after"</h2>
                        <DiffLegend/>
                    </header>
                    <DiffTable caption="Fields before and after the change" rows=rows/>
                    {raw("Before, as JSON", change.before.clone())}
                    {raw("After, as JSON", change.after.clone())}
                </section>
            </div>
            {aside(change)}
        </div>
    }
    .into_any()
}

fn aside(change: ChangeView) -> AnyView {
    let same_actor = ChangeQuery { actor: Some(change.actor.clone()), ..ChangeQuery::default() }.href();
    let same_object = ChangeQuery {
        kind: Some(change.kind.clone()),
        object: Some(change.object.clone()),
        ..ChangeQuery::default()
    }
    .href();
    let exact = change.at.exact.clone();
    let tenant = match change.tenant {
        Some(tenant) => view! { <UntrustedLine text=tenant/> }.into_any(),
        None => view! { <Nothing word="every tenant"/> }.into_any(),
    };
    let request = change.request_id.map(|id| {
        view! {
            <Definition term="Request">
                <code>
                    <UntrustedLine text=id/>
                </code>
            </Definition>
        }
    });
    view! {
        <aside class="stack" aria-label="Facts">
            <section class="card">
                <header class="card-head">
                    <h2>"Change"</h2>
                </header>
                <dl class="definition-list">
                    <Definition term="When">
                        <Time moment=change.at/>
                        <small>{exact}</small>
                    </Definition>
                    <Definition term="Who">
                        <a href=same_actor>
                            <UntrustedLine text=change.actor/>
                        </a>
                    </Definition>
                    <Definition term="By way of">
                        <span>{change.via}</span>
                    </Definition>
                    <Definition term="Tenant">{tenant}</Definition>
                    <Definition term=change.kind_label>
                        <a href=same_object>
                            <UntrustedLine text=change.object/>
                        </a>
                        <small>"all changes of it"</small>
                    </Definition>
                    {request}
                    <Definition term="Id">
                        <Copyable value=change.id what="change id"/>
                    </Definition>
                </dl>
            </section>
        </aside>
    }
    .into_any()
}

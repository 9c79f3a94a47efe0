//! Files of resources: the form that sends one, the last ones, and `/resources/imports/{id}` with how far one is.

use super::read::{ImportView, read_import};
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::untrusted::{Untrusted, UntrustedLine, plain};
use crate::pages::guarded;
use crate::routes::{self, RESOURCE_IMPORT, RESOURCES};
use crate::status::PageStatus;
use crate::url::encode;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use std::time::Duration;

/// Where a file is sent. It is no server function: a file does not fit into one.
pub const UPLOAD: &str = "/resources/upload";

/// How often a running import is looked at again.
const AGAIN: Duration = Duration::from_secs(2);

fn href_of(id: &str) -> String {
    RESOURCE_IMPORT.path.replace("{id}", &encode(id))
}

/// A plain form: its fields come before the file, so that they are known when it arrives.
pub fn upload(tenants: &[(String, String)], cancel: String) -> AnyView {
    let tenants: Vec<AnyView> = tenants
        .iter()
        .map(|(slug, name)| {
            let label = format!("{} ({slug})", plain(name));
            view! { <option value=slug.clone()>{label}</option> }.into_any()
        })
        .collect();
    view! {
        <section class="card" aria-labelledby="form-title">
            <form class="form card-body" method="post" action=UPLOAD enctype="multipart/form-data">
                <h2 id="form-title" tabindex="-1" autofocus=true>
                    "Import a file"
                </h2>
                <div class="field">
                    <label for="import-format">"Format"</label>
                    <select id="import-format" name="format">
                        <option value="csv">"CSV with a line of names"</option>
                        <option value="jsonl">"JSON lines"</option>
                    </select>
                </div>
                <div class="field">
                    <label for="import-tenant">"Tenant"</label>
                    <select id="import-tenant" name="tenant" aria-describedby="import-tenant-help">
                        <option value="">"Each line says its own"</option>
                        {tenants}
                    </select>
                    <p class="field-help" id="import-tenant-help">
                        "Resources of other tenants are never taken over by a file."
                    </p>
                </div>
                <div class="field">
                    <label for="import-file">"File"</label>
                    <input
                        id="import-file"
                        type="file"
                        name="file"
                        required=true
                        aria-describedby="import-file-help"
                    />
                    <p class="field-help" id="import-file-help">
                        "type, id, tenant, sensitivity, attributes; up to 512 MiB. A file that was cut off is gone on with when it is sent again."
                    </p>
                </div>
                <div class="form-actions">
                    <button class="button button-primary">"Import"</button>
                    <a class="button" href=cancel>
                        "Cancel"
                    </a>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// The last imports; nothing where there was none.
pub fn card(imports: Vec<ImportView>) -> Option<AnyView> {
    if imports.is_empty() {
        return None;
    }
    let rows: Vec<AnyView> = imports
        .into_iter()
        .map(|import| {
            let href = href_of(&import.id);
            view! {
                <tr>
                    <td class="cell-title" data-label="Import">
                        <a class="row-link" href=href>
                            {import.state}
                        </a>
                        <small>{import.summary}</small>
                    </td>
                    <td data-label="By">
                        <UntrustedLine text=import.by/>
                    </td>
                    <td data-label="At">
                        <Time moment=import.at/>
                    </td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let card = view! {
        <section class="card">
            <header class="card-head">
                <h2>"Last imports"</h2>
            </header>
            <table class="table">
                <caption class="visually-hidden">"Imports, the last one first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Import"</th>
                        <th scope="col">"By"</th>
                        <th scope="col">"At"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    };
    Some(card.into_any())
}

#[component]
pub fn ImportPage() -> impl IntoView {
    guarded(routes::RESOURCE_IMPORT, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let looks = RwSignal::new(0_u32);
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let import = resource(move || (id.get(), looks.get()), |(id, _)| read_import(id));
    let status = PageStatus::current();
    // Said once, to those who do not see that it ended while they are here: what a page comes with is not announced.
    let ended = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(Ok(Some(import))) = import.get() {
            let is_news = looks.get_untracked() > 0 && !import.running;
            ended.set(is_news.then(|| format!("{}: {}", import.state, import.summary)));
        }
    });
    view! {
        {loaded(
            import,
            move |found| match found {
                Some(import) => draw(import, looks),
                None => none(&status),
            },
        )}
        <p class="visually-hidden" role="status">
            {move || ended.get()}
        </p>
    }
}

fn none(status: &PageStatus) -> AnyView {
    status.not_found();
    view! {
        <PageHead title="No such import"/>
        <section class="error-page">
            <p>"There is no such import, or nothing of its file is in yet."</p>
            <div class="button-row">
                <a class="button button-primary" href=RESOURCES.path>
                    "Go to Resources"
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// While an import runs, the page looks again by itself; without script the reader does.
#[component]
fn Again(href: String, looks: RwSignal<u32>) -> impl IntoView {
    Effect::new(move |_| {
        let again = move || {
            looks.try_update(|looks| *looks += 1);
        };
        if let Ok(handle) = set_timeout_with_handle(again, AGAIN) {
            on_cleanup(move || handle.clear());
        }
    });
    view! {
        <a class="button" href=href rel="external">
            "Look again"
        </a>
    }
}

fn draw(import: ImportView, looks: RwSignal<u32>) -> AnyView {
    let again = import.running.then(|| view! { <Again href=href_of(&import.id) looks=looks/> });
    let problems = (!import.problems.is_empty()).then(|| {
        view! {
            <section class="card">
                <header class="card-head">
                    <h2>"Refused lines"</h2>
                    <p>"The first hundred."</p>
                </header>
                <div class="card-body">
                    <Untrusted text=import.problems.join("\n") mono=true/>
                </div>
            </section>
        }
    });
    let rest = import.rest.map(|text| view! { <p>{text}</p> });
    let percent = import.percent.to_string();
    view! {
        <Title text="Import"/>
        <header class="page-head">
            <Crumbs href=RESOURCES.path label="Resources"/>
            <h1>"Import"</h1>
            <span class="pill">{import.state}</span>
            {again}
        </header>
        <div class="stack">
            <section class="card">
                <div class="card-body">
                    <progress max="100" value=percent aria-label="How much of the file is in"></progress>
                    <p>{import.summary}</p>
                    {rest}
                    <p class="quiet">
                        "By "
                        <UntrustedLine text=import.by/>
                        ", "
                        <Time moment=import.at/>
                    </p>
                </div>
            </section>
            {problems}
        </div>
    }
    .into_any()
}

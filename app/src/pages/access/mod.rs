//! `/access`: who can call what, as a matrix of roles by tools; who can call one tool; what one subject can do; what an
//! agent can do for them; and why.

pub mod query;
pub mod read;
pub mod table;

#[cfg(feature = "ssr")]
pub mod gather;

use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::loaded::loaded;
use crate::components::untrusted::plain;
use crate::drawn::server_drawn;
use crate::routes::{self, ACCESS};
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use query::AccessQuery;
use read::{AccessView, read_access};

/// Where the whole answer is had as a file.
pub const EXPORT: &str = "/access/export.csv";

#[component]
pub fn AccessPage() -> impl IntoView {
    server_drawn(routes::ACCESS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(AccessQuery::read));
    let view = resource(move || asked.get(), read_access);
    view! {
        {loaded(view, draw)}
    }
}

fn draw(view: AccessView) -> AnyView {
    // An agent alone is no question, so there is no answer to take along.
    let is_answered = view.query.tenant.is_some() && !view.query.is_of_an_agent_alone();
    let export = is_answered.then(|| {
        view! {
            <div class="page-actions">
                <a class="button button-primary" href=view.query.at(EXPORT, None, None) rel="external">
                    "Export CSV"
                </a>
            </div>
        }
    });
    let filters = view.query.tenant.is_some().then(|| filters(&view));
    let body = if view.query.tenant.is_none() {
        view! {
            <Empty
                glyph=Glyph::Access
                title="No tenant yet"
                text="Who can call what is asked of one tenant at a time."
            >
                <p>"Add a tenant in the settings."</p>
            </Empty>
        }
        .into_any()
    } else {
        table::answer(&view)
    };
    let title = title(&view.query);
    view! {
        <Title text=title/>
        <header class="page-head">
            <h1>{ACCESS.title}</h1>
            {export}
        </header>
        {filters}
        {body}
    }
    .into_any()
}

/// The question: browsers list it among the pages that were looked at.
fn title(query: &AccessQuery) -> String {
    let asked = match (&query.tool, &query.subject) {
        (Some(tool), _) => format!("Who can call {}", plain(tool)),
        (None, Some(subject)) => format!("What {} can call", plain(subject)),
        (None, None) => return ACCESS.title.to_owned(),
    };
    match &query.agent {
        Some(agent) => format!("{asked} through {}", plain(agent)),
        None => asked,
    }
}

/// By GET, so that an answer can be linked; needs no script.
fn filters(view: &AccessView) -> AnyView {
    let query = view.query.clone();
    let chosen = query.tenant.clone().unwrap_or_default();
    let tenants: Vec<AnyView> = view
        .tenants
        .iter()
        .map(|slug| {
            let selected = *slug == chosen;
            view! {
                <option value=slug.clone() selected=selected>
                    {plain(slug)}
                </option>
            }
            .into_any()
        })
        .collect();
    view! {
        <Form method="get" action=ACCESS.path attr:class="filters">
            <label class="filter">
                <span class="visually-hidden">"Tenant"</span>
                <select class="bare" name="tenant">
                    {tenants}
                </select>
            </label>
            {filter("Who can call", "tool", "server/tool", query.tool.clone())}
            {filter("What can", "subject", "subject", query.subject.clone())}
            {filter("Through", "agent", "agent that acts", query.agent.clone())}
            <button class="button">"Show"</button>
        </Form>
    }
    .into_any()
}

fn filter(label: &'static str, name: &'static str, hint: &'static str, value: Option<String>) -> AnyView {
    view! {
        <label class="filter">
            <span>{label}</span>
            <input
                class="bare"
                type="text"
                name=name
                placeholder=hint
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                value=value.clone()
                prop:value=value.unwrap_or_default()
            />
        </label>
    }
    .into_any()
}

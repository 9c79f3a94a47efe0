//! `/decisions/{id}`: one decision, so that a reviewer understands it without the code.

pub mod arguments;
pub mod banner;
pub mod facts;
pub mod read;
pub mod view;
pub mod why;

#[cfg(feature = "ssr")]
pub(crate) mod arguments_read;
#[cfg(feature = "ssr")]
mod record;
#[cfg(feature = "ssr")]
mod words;

use super::decisions::query::DecisionQuery;
use super::form::may;
use super::try_call::query::TryQuery;
use crate::components::icon::{Glyph, Icon};
use crate::components::json::RawJson;
use crate::components::loaded::loaded;
use crate::components::notice::WarningNotice;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::tool_name::{ToolName, tool_text};
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::status::PageStatus;
use crate::wire::resource;
use arguments::ArgumentsCard;
use banner::Banner;
use facts::FactsAside;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use read::read_decision;
use view::DecisionView;
use why::WhyCard;

#[component]
pub fn DecisionPage() -> impl IntoView {
    server_drawn(routes::DECISION, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default());
    let decision = resource(move || id.get(), read_decision);
    let status = PageStatus::current();
    loaded(decision, move |found| match found {
        Some(decision) => draw(decision),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such decision"/>
        <section class="error-page">
            <p>"There is no such decision, or it is not in your tenants."</p>
            <div class="button-row">
                <a class="button button-primary" href=routes::DECISIONS.path>
                    "Go to Decisions"
                </a>
            </div>
        </section>
    }
    .into_any()
}

fn draw(decision: DecisionView) -> AnyView {
    let unreadable = (!decision.unreadable.is_empty()).then(|| {
        let parts = decision.unreadable.join(", ");
        view! {
            <WarningNotice title="Part of this record could not be read">
                <p>
                    {format!("Not understood: {parts}. A later version may have written it; the record itself is below.")}
                </p>
            </WarningNotice>
        }
    });
    let glass = decision.break_glass.as_ref().map(|text| {
        let text = banner::with_code(text);
        view! {
            <WarningNotice title="Allowed by break-glass alone">
                <p>{text}</p>
            </WarningNotice>
        }
    });
    let why = decision.why.clone().map(|why| view! { <WhyCard why=why verdict=decision.verdict/> });
    let raw = decision.raw.clone().map(|raw| {
        view! {
            <section class="card">
                <header class="card-head">
                    <h2>"Whole record"</h2>
                    <p>"All that was evaluated, as written."</p>
                </header>
                <RawJson label="Raw record" text=raw/>
            </section>
        }
    });
    view! {
        {head(&decision)}
        <Banner decision=decision.clone()/>
        {glass}
        {unreadable}
        <div class="two-thirds">
            <div class="stack">
                {why}
                <ArgumentsCard arguments=decision.arguments.clone()/>
                {raw}
            </div>
            <FactsAside decision=decision/>
        </div>
    }
    .into_any()
}

fn head(decision: &DecisionView) -> AnyView {
    let name = tool_text(decision.server.as_deref(), decision.tool.as_deref(), &decision.action);
    let title = format!("{}: {name}", decision.verdict.label());
    view! {
        <Title text=title/>
        <header class="page-head">
            <Crumbs href=routes::DECISIONS.path label="Decisions"/>
            <h1>
                <ToolName
                    server=decision.server.clone()
                    tool=decision.tool.clone()
                    action=decision.action.clone()
                />
            </h1>
            <div class="page-actions page-actions-compact">{similar(decision)} {again(decision)}</div>
        </header>
    }
    .into_any()
}

/// The same call by the policy of today, not recorded; nothing where it is not known who called what.
fn again(decision: &DecisionView) -> Option<AnyView> {
    (decision.tries_again && may(Permission::TryCalls)).then(|| {
        let query = TryQuery { from: Some(decision.id.clone()), ..TryQuery::default() };
        view! {
            <a class="button button-primary" href=query.href()>
                <Icon glyph=Glyph::Try/>
                "Try again now"
            </a>
        }
        .into_any()
    })
}

/// Lists of decisions like this one.
fn similar(decision: &DecisionView) -> AnyView {
    let subject = decision.subject.as_ref().map(|subject| {
        let query = DecisionQuery { subject: Some(subject.clone()), ..DecisionQuery::default() };
        entry(query, Glyph::Subjects, "Same subject")
    });
    let tool = decision.tool.as_ref().map(|tool| {
        let query = DecisionQuery {
            server: decision.server.clone(),
            tool: Some(tool.clone()),
            ..DecisionQuery::default()
        };
        entry(query, Glyph::Tool, "Same tool")
    });
    let reason = DecisionQuery { reason: Some(decision.reason.clone()), ..DecisionQuery::default() };
    view! {
        <details class="menu" name="menu">
            <summary class="button">
                <Icon glyph=Glyph::Filter/>
                "Similar"
            </summary>
            <ul class="menu-list menu-end">
                {subject}
                {tool}
                {entry(reason, Glyph::Filter, "Same reason")}
            </ul>
        </details>
    }
    .into_any()
}

fn entry(query: DecisionQuery, glyph: Glyph, label: &'static str) -> AnyView {
    view! {
        <li>
            <a href=query.href()>
                <Icon glyph=glyph/>
                {label}
            </a>
        </li>
    }
    .into_any()
}

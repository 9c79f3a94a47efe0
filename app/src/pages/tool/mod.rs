//! `/tools/{id}`: one tool: what its server says of it, what people say of it, and who may call it.

pub mod bindings;
pub mod callers;
pub mod definition;
pub mod facts;
pub mod hints;
pub mod lines;
pub mod read;
pub mod scopes;

use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::tool_name::{ToolName, tool_text};
use crate::components::untrusted::plain;
use crate::drawn::server_drawn;
use crate::pages::changes::query::ChangeQuery;
use crate::pages::decisions::table::DecisionTable;
use crate::pages::emergency::stop_link;
use crate::pages::form::answer::Answer;
use crate::pages::form::may;
use crate::pages::form::notice::Answered;
use crate::pages::server::head::href_of;
use crate::permission::Permission;
use crate::routes::{self, SERVER, SERVERS, TOOL_REVIEW};
use crate::status::PageStatus;
use crate::url::{encode, use_parameters};
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use policy::ReviewState;
use read::{ToolView, read_tool};

/// The id in the address.
pub(super) fn id() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get("id")).unwrap_or_default())
}

#[component]
pub fn ToolPage() -> impl IntoView {
    server_drawn(routes::TOOL, page)
}

fn page() -> impl IntoView {
    let id = id();
    let map = use_parameters();
    let asked = Memo::new(move |_| (id.get(), map.with(Answer::read)));
    // What came of a form is part of the question, so that the tool is read anew after it.
    let tool = resource(
        move || asked.get(),
        |(id, answer)| async move { read_tool(id).await.map(|found| found.map(|tool| (tool, answer))) },
    );
    let status = PageStatus::current();
    view! {
        {loaded(tool, move |tool| match tool {
            Some((tool, answer)) => draw(tool, &answer),
            None => {
                status.not_found();
                unknown()
            }
        })}
    }
}

/// The page of a tool that is not there.
pub fn unknown() -> AnyView {
    view! {
        <PageHead title="No such tool"/>
        <section class="error-page">
            <p>"There is no such tool. Its server was deleted, or the address is misspelt."</p>
            <div class="button-row">
                <a class="button button-primary" href=SERVERS.path>
                    "Go to Servers"
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// Where a tool stands with the people who answer for it.
pub fn state(review: ReviewState) -> AnyView {
    let (class, glyph, word) = match review {
        ReviewState::Reviewed => ("pill", Glyph::Check, "Reviewed"),
        ReviewState::New => ("pill pill-strong", Glyph::Warning, "New"),
        ReviewState::Changed => ("pill pill-strong", Glyph::Warning, "Changed"),
        ReviewState::Gone => ("pill pill-strong", Glyph::Cross, "Gone"),
    };
    view! {
        <span class=class>
            <Icon glyph=glyph/>
            {word}
        </span>
    }
    .into_any()
}

/// One step up, to the server of a tool.
pub fn up(server: &str) -> AnyView {
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <a href=href_of(&SERVER, server)>{plain(server)}</a>
        </nav>
    }
    .into_any()
}

fn draw(tool: ToolView, answer: &Answer) -> AnyView {
    let title = tool_text(Some(tool.server.as_str()), Some(tool.name.as_str()), "");
    let review = may(Permission::WriteServers).then(|| review(&tool)).flatten();
    let lead = match tool.review {
        ReviewState::Reviewed => None,
        ReviewState::New => Some("Nobody has reviewed this tool yet, so every call of it is denied."),
        ReviewState::Changed => Some(
            "The server offers it otherwise than it was reviewed, so every call is denied. Below stands what was reviewed.",
        ),
        ReviewState::Gone => Some("The server lists it no longer, so every call of it is denied."),
    };
    let stop = stop_link("tool", &format!("{}/{}", tool.server, tool.name), "");
    let actions = (review.is_some() || stop.is_some())
        .then(|| view! { <div class="page-actions page-actions-compact">{review} {stop}</div> });
    let decisions = decisions(&tool);
    let changes = ChangeQuery {
        kind: Some("tool".to_owned()),
        object: Some(tool.id.clone()),
        ..ChangeQuery::default()
    };
    view! {
        <Title text=title/>
        <header class="page-head">
            {up(&tool.server)}
            <h1>
                <ToolName server=None tool=Some(tool.name.clone()) action=""/>
            </h1>
            {state(tool.review)}
            {actions}
        </header>
        {lead.map(|lead| view! { <p class="page-lead">{lead}</p> })}
        <div class="two-thirds">
            <div class="stack">
                <Answered answer=answer.clone()/>
                {definition::cards(&tool)}
                {bindings::card(&tool, answer, may(Permission::WriteServers))}
                {scopes::card(&tool, answer, may(Permission::WriteServers))}
                {callers::card(tool.callers.clone())}
            </div>
            {facts::aside(tool)}
        </div>
        {decisions}
        <p>
            <a href=changes.href()>"All changes of this tool"</a>
        </p>
    }
    .into_any()
}

/// The way to the review; nothing where there is nothing to review.
fn review(tool: &ToolView) -> Option<AnyView> {
    let (class, label) = match tool.review {
        ReviewState::New | ReviewState::Changed => ("button button-primary", "Review"),
        ReviewState::Reviewed => ("button", "Edit labels"),
        ReviewState::Gone => return None,
    };
    let href = TOOL_REVIEW.path.replace("{id}", &encode(&tool.id));
    let link = view! {
        <a class=class href=href>
            {label}
        </a>
    };
    Some(link.into_any())
}

fn decisions(tool: &ToolView) -> AnyView {
    let all = tool.decisions.query.href();
    let body = if tool.decisions.lines.is_empty() {
        view! { <p class="quiet">"This tool was not called yet."</p> }.into_any()
    } else {
        view! { <DecisionTable list=tool.decisions.clone()/> }.into_any()
    };
    let all = tool.more_decisions.then(|| view! { <a href=all>"All decisions about this tool"</a> });
    view! {
        <div class="section-head">
            <h2>"Last decisions"</h2>
            {all}
        </div>
        {body}
    }
    .into_any()
}

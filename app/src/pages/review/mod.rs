//! `/tools/{id}/review`: what was reviewed beside what is offered now, and the labels a reviewer gives.

pub mod form;
pub mod mapping;
pub mod parts;
pub mod read;
pub mod save;

#[cfg(feature = "ssr")]
pub mod difference;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::tool::definition::unusable;
use super::tool::{hints, id, state, unknown, up};
use crate::components::diff::DiffLegend;
use crate::components::json::RawJson;
use crate::components::loaded::loaded;
use crate::components::notice::{Notice, WarningNotice};
use crate::components::untrusted::{Untrusted, UntrustedFlags, UntrustedLine, drawn, plain};
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes;
use crate::status::PageStatus;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use leptos_meta::Title;
use parts::{Setting, Sides, columns};
use policy::ReviewState;
use read::{ReviewView, read_review};

#[component]
pub fn ReviewPage() -> impl IntoView {
    server_drawn(routes::TOOL_REVIEW, page)
}

fn page() -> impl IntoView {
    let id = id();
    let map = use_parameters();
    let asked = Memo::new(move |_| (id.get(), map.with(Answer::read)));
    // What came of the form is part of the question, so that a difference that moved on is read anew.
    let review = resource(
        move || asked.get(),
        |(id, answer)| async move { read_review(id).await.map(|review| (review, answer)) },
    );
    let status = PageStatus::current();
    loaded(review, move |(review, answer)| match review {
        Some(review) => draw(review, &answer),
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn draw(tool: ReviewView, answer: &Answer) -> AnyView {
    let title = format!("Review {}", plain(&tool.name));
    let known = tool.seen.is_some() || tool.was_reviewed;
    let end = match (may(Permission::WriteServers), tool.review) {
        (_, ReviewState::Gone) => gone(),
        (true, _) if known => form::labels(&tool, answer),
        (true, _) => nothing_known(),
        (false, _) => ().into_any(),
    };
    view! {
        <Title text=title/>
        <header class="page-head">
            {up(&tool.server)}
            <h1>
                "Review "
                <code>
                    <UntrustedLine text=tool.name.clone()/>
                </code>
            </h1>
            {state(tool.review)}
        </header>
        <div class="stack">
            <Answered answer=answer.clone()/>
            {description(&tool)}
            {schema(&tool)}
            {tool.mapping.as_ref().map(mapping::card)}
            {rest(&tool)}
            {end}
        </div>
    }
    .into_any()
}

fn gone() -> AnyView {
    view! {
        <WarningNotice title="The server lists this tool no longer">
            <p>"There is nothing to review. Every call of it is denied until the server lists it again."</p>
        </WarningNotice>
    }
    .into_any()
}

fn nothing_known() -> AnyView {
    view! {
        <Notice>
            <p>"Nothing is known of this tool yet. Discover the tools of its server first."</p>
        </Notice>
    }
    .into_any()
}

/// "Reviewed, 3 Nov".
fn before(tool: &ReviewView) -> String {
    match &tool.reviewed_at {
        Some(at) => format!("Reviewed, {}", at.words),
        None => "Reviewed".to_owned(),
    }
}

fn description(tool: &ReviewView) -> AnyView {
    let body = match (&tool.offered_description, tool.was_reviewed && !tool.description.same) {
        (_, true) => {
            let sides = tool.description.clone();
            columns("Description", sides, Setting::Prose, before(tool), "Offered now")
        }
        (Some(text), false) => view! {
            <div class="untrusted-block">
                <Untrusted text=text.clone()/>
            </div>
        }
        .into_any(),
        (None, false) => view! { <p class="quiet">"The server describes it with no word."</p> }.into_any(),
    };
    let flags = tool.offered_description.clone().map(|text| view! { <UntrustedFlags text=text/> });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Description"</h2>
                {legend(tool.was_reviewed, &tool.description)}
            </header>
            <div class="card-body stack">
                {body}
                {flags}
                {hints::list(tool.hints.clone())}
            </div>
        </section>
    }
    .into_any()
}

/// What the marks mean, or that there are none.
fn legend(was_reviewed: bool, sides: &Sides) -> AnyView {
    match (was_reviewed, sides.same) {
        (true, false) => view! { <DiffLegend/> }.into_any(),
        (true, true) => view! { <p>"as it was reviewed"</p> }.into_any(),
        (false, _) => view! { <p>"never reviewed"</p> }.into_any(),
    }
}

fn schema(tool: &ReviewView) -> AnyView {
    let problem = tool.unusable.clone().map(|reason| unusable(reason, tool.check_schema));
    let body = json(tool, &tool.schema, "Input schema", "It declares no input schema.");
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Schema"</h2>
                {legend(tool.was_reviewed, &tool.schema)}
            </header>
            {problem}
            {body}
        </section>
    }
    .into_any()
}

/// Title, hints, output schema and whatever else there is; nothing where there is nothing.
fn rest(tool: &ReviewView) -> Option<AnyView> {
    if tool.rest.before.is_none() && tool.rest.after.is_none() {
        return None;
    }
    let card = view! {
        <section class="card">
            <header class="card-head">
                <h2>"Everything else"</h2>
                {legend(tool.was_reviewed, &tool.rest)}
            </header>
            {json(tool, &tool.rest, "Everything else in the definition", "nothing")}
        </section>
    };
    Some(card.into_any())
}

fn json(tool: &ReviewView, sides: &Sides, label: &'static str, none: &'static str) -> AnyView {
    if tool.was_reviewed && !sides.same {
        let columns = columns(label, sides.clone(), Setting::Code, before(tool), "Offered now");
        return view! { <div class="card-body">{columns}</div> }.into_any();
    }
    if sides.after.is_none() {
        return view! {
            <div class="card-body">
                <p class="quiet">{none}</p>
            </div>
        }
        .into_any();
    }
    if tool.was_reviewed {
        // It did not change: at hand, but not in the way.
        return view! { <RawJson label=label text=sides.after_text()/> }.into_any();
    }
    // A text of one form alone, as it is: parts of it would all be marked as added.
    let text = sides.after_text();
    view! {
        <div class="card-body">
            <pre class="raw raw-wrap" tabindex="0" role="region" aria-label=label>
                <code class="untrusted">{drawn(&text, true)}</code>
            </pre>
        </div>
    }
    .into_any()
}

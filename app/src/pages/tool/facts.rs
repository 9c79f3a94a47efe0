//! The aside of one tool: what people say of it, and when it was looked at.

use super::read::ToolView;
use crate::components::copyable::Copyable;
use crate::components::definition::{Definition, Nothing};
use crate::components::risk::RiskBars;
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::moment::Moment;
use crate::pages::server::head::href_of;
use crate::pages::server::tools::effect;
use crate::routes::SERVER;
use leptos::prelude::*;
use policy::ReviewState;

pub fn aside(tool: ToolView) -> AnyView {
    let suggested =
        (tool.review == ReviewState::New).then(|| view! { <span class="suggested">"suggested"</span> });
    let server = href_of(&SERVER, &tool.server);
    let checked = if tool.check_schema { "against its schema" } else { "not checked" };
    let redacted = redacted(tool.redact);
    let mapping = tool.mapping.map(|word| {
        view! {
            <Definition term="Mapping">
                <span>{word}</span>
            </Definition>
        }
    });
    let hash = match tool.hash {
        Some(hash) => view! { <Copyable value=hash what="definition hash"/> }.into_any(),
        None => view! { <Nothing/> }.into_any(),
    };
    let by = tool.reviewed_by.map(|by| {
        view! {
            <small>
                "by "
                <UntrustedLine text=by/>
            </small>
        }
    });
    view! {
        <aside class="stack" aria-label="Facts">
            <section class="card">
                <header class="card-head">
                    <h2>"Labels"</h2>
                </header>
                <dl class="definition-list">
                    <Definition term="Risk">
                        <RiskBars risk=tool.risk/>
                        " "
                        {suggested}
                    </Definition>
                    <Definition term="Sensitivity">
                        <span>{tool.sensitivity.as_str()}</span>
                    </Definition>
                    <Definition term="Effect">
                        <span>{effect(tool.read_only)}</span>
                    </Definition>
                    <Definition term="Arguments">
                        <span>{checked}</span>
                    </Definition>
                    <Definition term="Redacted">{redacted}</Definition>
                    {mapping}
                </dl>
            </section>
            <section class="card">
                <header class="card-head">
                    <h2>"Definition"</h2>
                </header>
                <dl class="definition-list">
                    <Definition term="Server">
                        <a href=server>
                            <UntrustedLine text=tool.server/>
                        </a>
                    </Definition>
                    <Definition term="Reviewed">{moment(tool.reviewed_at, "never")} {by}</Definition>
                    <Definition term="Last listed">{moment(tool.seen_at, "never")}</Definition>
                    <Definition term="Reviewed form">{hash}</Definition>
                    <Definition term="Id">
                        <Copyable value=tool.id what="tool id"/>
                    </Definition>
                </dl>
            </section>
        </aside>
    }
    .into_any()
}

fn redacted(paths: Vec<String>) -> AnyView {
    if paths.is_empty() {
        return view! { <Nothing word="nothing"/> }.into_any();
    }
    let paths: Vec<AnyView> = paths
        .into_iter()
        .map(|path| {
            view! {
                <li>
                    <code>
                        <UntrustedLine text=path/>
                    </code>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul>{paths}</ul> }.into_any()
}

fn moment(at: Option<Moment>, none: &'static str) -> AnyView {
    match at {
        Some(at) => view! { <Time moment=at/> }.into_any(),
        None => view! { <Nothing word=none/> }.into_any(),
    }
}

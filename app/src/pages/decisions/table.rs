//! The list itself: a table, cards on narrow screens; a row is one link.

use super::read::{DecisionLine, DecisionList};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::counted;
use crate::components::paging::Paging;
use crate::components::pill::VerdictPill;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::UntrustedLine;
use crate::routes::DECISIONS;
use crate::url::encode;
use leptos::prelude::*;

#[component]
pub fn DecisionTable(list: DecisionList) -> impl IntoView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "decision", "decisions");
    let newer = list.lines.first().filter(|_| list.has_newer).map(|line| list.query.newer(&line.id).href());
    let older = list.lines.last().filter(|_| list.has_older).map(|line| list.query.older(&line.id).href());
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    view! {
        <div class="table-frame">
            <table class="table">
                <caption class="visually-hidden">"Decisions, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Call"</th>
                        <th scope="col">"Caller"</th>
                        <th scope="col">"Why"</th>
                        <th scope="col" class="col-mid">
                            "Tenant"
                        </th>
                        <th scope="col" class="num">
                            "When"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Paging summary=summary newer=newer older=older/>
    }
    .into_any()
}

fn row(line: DecisionLine) -> AnyView {
    let href = format!("{}/{}", DECISIONS.path, encode(&line.id));
    view! {
        <tr>
            <td class="cell-lead col-fit">
                <VerdictPill verdict=line.verdict/>
            </td>
            <td class="cell-title" data-label="Call">
                <a class="row-link" href=href>
                    <ToolName server=line.server tool=line.tool action=line.action/>
                </a>
            </td>
            <td data-label="Caller">
                <span>{or_nothing(line.subject, "not recognised")}</span>
                {line
                    .actor
                    .map(|actor| {
                        view! {
                            <small>
                                "through "
                                <UntrustedLine text=actor/>
                            </small>
                        }
                    })}
            </td>
            <td data-label="Why">
                <span>{line.reason}</span>
            </td>
            <td data-label="Tenant" class="col-mid">
                <span>{or_nothing(line.tenant, "none")}</span>
            </td>
            <td class="cell-corner num col-fit" data-label="When">
                <Time moment=line.at/>
            </td>
        </tr>
    }
    .into_any()
}

fn or_nothing(text: Option<String>, word: &'static str) -> AnyView {
    match text {
        Some(text) => view! { <UntrustedLine text=text/> }.into_any(),
        None => view! { <Nothing word=word/> }.into_any(),
    }
}

fn nothing(list: &DecisionList) -> AnyView {
    if list.query.older_than.is_some() || list.query.newer_than.is_some() {
        let newest = list.query.from_the_newest().href();
        return view! {
            <div class="table-frame">
                <section class="empty empty-filtered">
                    <h2>"No more decisions"</h2>
                    <p>"The list ends here."</p>
                    <a class="button" href=newest>
                        "Go to the newest"
                    </a>
                </section>
            </div>
        }
        .into_any();
    }
    if list.query.narrows() {
        return view! {
            <EmptyFiltered text="No decision fits all of the filters above." clear=DECISIONS.path/>
        }
        .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Decisions
            title="No decisions yet"
            text="Every tool call that a server asks about appears here, with who called, what with, and why it was allowed or denied."
        >
            <p>
                "Give a server an enforcement key with " <code>"countersign credential create"</code>
                " and have it ask before every call."
            </p>
        </Empty>
    }
    .into_any()
}

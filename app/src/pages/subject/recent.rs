//! What a subject did last, and what was last changed of it.

use super::view::SubjectView;
use crate::components::pill::VerdictPill;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::UntrustedLine;
use crate::pages::changes::query::ChangeQuery;
use crate::pages::changes::read::ChangeLine;
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::decisions::read::DecisionLine;
use crate::routes::{CHANGES, DECISIONS};
use crate::url::encode;
use leptos::prelude::*;

#[component]
pub fn Recent(subject: SubjectView) -> impl IntoView {
    let decisions = DecisionQuery { subject: Some(subject.id.clone()), ..DecisionQuery::default() }.href();
    let changes = ChangeQuery { object: Some(subject.id.clone()), ..ChangeQuery::default() }.href();
    let decided = if subject.decisions.is_empty() {
        quiet("It has made no call that was asked about.")
    } else {
        let rows: Vec<AnyView> = subject.decisions.into_iter().map(decision).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Recent decisions, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Call"</th>
                        <th scope="col">"Why"</th>
                        <th scope="col" class="num">
                            "When"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    let changed = if subject.changes.is_empty() {
        quiet("Nothing was changed of it.")
    } else {
        let rows: Vec<AnyView> = subject.changes.into_iter().map(change).collect();
        view! {
            <table class="table">
                <caption class="visually-hidden">"Recent changes, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Change"</th>
                        <th scope="col">"Who"</th>
                        <th scope="col" class="num">
                            "When"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Recent decisions"</h2>
                <a href=decisions>"All of its decisions"</a>
            </header>
            {decided}
        </section>
        <section class="card">
            <header class="card-head">
                <h2>"Recent changes"</h2>
                <a href=changes>"All changes of it"</a>
            </header>
            {changed}
        </section>
    }
}

fn quiet(text: &'static str) -> AnyView {
    view! {
        <div class="card-body">
            <p class="quiet">{text}</p>
        </div>
    }
    .into_any()
}

fn decision(line: DecisionLine) -> AnyView {
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
            <td data-label="Why">
                <span>{line.reason}</span>
            </td>
            <td class="cell-corner num col-fit" data-label="When">
                <Time moment=line.at/>
            </td>
        </tr>
    }
    .into_any()
}

fn change(line: ChangeLine) -> AnyView {
    let href = format!("{}/{}", CHANGES.path, encode(&line.id));
    view! {
        <tr>
            <td class="cell-title" data-label="Change">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.title/>
                </a>
            </td>
            <td data-label="Who">
                <span>
                    <UntrustedLine text=line.actor/>
                </span>
            </td>
            <td class="cell-corner num col-fit" data-label="When">
                <Time moment=line.at/>
            </td>
        </tr>
    }
    .into_any()
}

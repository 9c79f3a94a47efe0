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
    let acted = acted(&subject.id, subject.acted);
    let decided = if subject.decisions.is_empty() {
        quiet("It has made no call that was asked about.")
    } else {
        table(subject.decisions, "Recent decisions, newest first")
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
        {acted}
        <section class="card">
            <header class="card-head">
                <h2>"Recent changes"</h2>
                <a href=changes>"All changes of it"</a>
            </header>
            {changed}
        </section>
    }
}

fn table(lines: Vec<DecisionLine>, caption: &'static str) -> AnyView {
    let rows: Vec<AnyView> = lines.into_iter().map(decision).collect();
    view! {
        <table class="table">
            <caption class="visually-hidden">{caption}</caption>
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
}

/// What it did for others; nothing where it never did.
fn acted(id: &str, lines: Vec<DecisionLine>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let all = DecisionQuery { actor: Some(id.to_owned()), ..DecisionQuery::default() }.href();
    let card = view! {
        <section class="card">
            <header class="card-head">
                <h2>"Acted for others"</h2>
                <a href=all>"All that it did for others"</a>
            </header>
            {table(lines, "What it did for others, newest first")}
        </section>
    };
    Some(card.into_any())
}

/// On a page where somebody else may have called: for whom, and through whom.
fn parties(subject: Option<String>, actor: Option<String>) -> Option<AnyView> {
    let actor = actor?;
    let line = view! {
        <small>
            "for "
            <UntrustedLine text=subject.unwrap_or_default()/>
            ", through "
            <UntrustedLine text=actor/>
        </small>
    };
    Some(line.into_any())
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
                {parties(line.subject, line.actor)}
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

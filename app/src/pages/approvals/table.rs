//! The lists of requests: tables, cards on narrow screens; a row is one link.

use super::query::ApprovalsQuery;
use super::rate_card;
use super::read::{Asking, DecidedLine, History, Standing, WaitingLine};
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::{Glyph, Icon};
use crate::components::list::Column::{Figure, Mid, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::risk::RiskBars;
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::UntrustedLine;
use crate::routes::APPROVALS;
use crate::url::encode;
use leptos::prelude::*;

/// The page of a request.
pub fn page_of(id: &str) -> String {
    format!("{}/{}", APPROVALS.path, encode(id))
}

/// How a request stands, as a pill.
pub fn pill(standing: Standing) -> AnyView {
    let (class, glyph, word) = match standing {
        Standing::Waiting => ("pill pill-approval", Glyph::Clock, "Waiting for approval"),
        Standing::Approved => ("pill pill-allow", Glyph::Check, "Approved"),
        Standing::Used => ("pill pill-allow", Glyph::Check, "Approved and used"),
        Standing::Denied => ("pill pill-deny", Glyph::Cross, "Denied"),
        Standing::Expired => ("pill", Glyph::Clock, "Expired"),
        Standing::Cancelled => ("pill", Glyph::Cross, "Cancelled"),
    };
    view! {
        <span class=class>
            <Icon glyph=glyph/>
            {word}
        </span>
    }
    .into_any()
}

fn who(asking: &Asking) -> AnyView {
    let through = asking.actor.clone().map(|actor| {
        view! {
            <small>
                "through "
                <UntrustedLine text=actor/>
            </small>
        }
    });
    view! {
        <span>
            <UntrustedLine text=asking.subject.clone()/>
        </span>
        {through}
        <small>
            "in "
            <UntrustedLine text=asking.tenant.clone()/>
        </small>
    }
    .into_any()
}

fn call(asking: &Asking, id: &str) -> AnyView {
    view! {
        <a class="row-link" href=page_of(id)>
            <ToolName
                server=asking.server.clone()
                tool=asking.tool.clone()
                action=asking.action.clone()
            />
        </a>
    }
    .into_any()
}

/// What waits, the gravest and oldest first; nothing where nothing does.
pub fn waiting(lines: Vec<WaitingLine>, query: &ApprovalsQuery, next: Option<String>) -> Option<AnyView> {
    if lines.is_empty() {
        return None;
    }
    let summary = counted(lines.len(), "request", "requests");
    let rows: Vec<AnyView> = lines.into_iter().map(waiting_row).collect();
    let columns = [
        Text("Risk"),
        Text("Call"),
        Text("Caller"),
        Text("Rule that asks"),
        Text("Waits since"),
        Figure("Ends"),
    ];
    let view = view! {
        {framed("Requests that wait for you, the gravest and oldest first", &columns, rows)}
        {paging(summary, query, next)}
    };
    Some(view.into_any())
}

fn waiting_row(line: WaitingLine) -> AnyView {
    let risk = line.risk.map(|risk| view! { <RiskBars risk=risk/> });
    view! {
        <tr>
            <td class="cell-lead col-fit">{risk}</td>
            <td class="cell-title" data-label="Call">
                {call(&line.asking, &line.id)}
            </td>
            <td data-label="Caller">{who(&line.asking)}</td>
            <td data-label="Rule">
                <UntrustedLine text=line.rules/>
                {line.votes.map(|votes| view! { <small>{votes}</small> })}
            </td>
            <td data-label="Since">
                <Time moment=line.filed/>
                {line.attempts.map(|attempts| view! { <small>{attempts}</small> })}
            </td>
            <td class="num" data-label="Ends">
                <Time moment=line.expires/>
            </td>
        </tr>
    }
    .into_any()
}

/// Requests and what became of them.
pub fn decided(caption: &'static str, lines: Vec<DecidedLine>) -> AnyView {
    let rows: Vec<AnyView> = lines.into_iter().map(decided_row).collect();
    let columns = [
        Text("Outcome"),
        Text("Call"),
        Text("Caller"),
        Mid("Rule that asked"),
        Text("Decided by"),
        Figure("Time to decision"),
        Figure("When"),
    ];
    framed(caption, &columns, rows)
}

fn decided_row(line: DecidedLine) -> AnyView {
    let by = match line.by {
        Some(by) => view! { <UntrustedLine text=by/> }.into_any(),
        None => view! { <span class="muted">"nobody"</span> }.into_any(),
    };
    // An empty cell is left out where rows are cards.
    let took = (!line.took.is_empty()).then(|| view! { <span>{line.took}</span> });
    view! {
        <tr>
            <td class="cell-lead col-fit">{pill(line.standing)}</td>
            <td class="cell-title" data-label="Call">
                {call(&line.asking, &line.id)}
            </td>
            <td data-label="Caller">{who(&line.asking)}</td>
            <td class="col-mid" data-label="Rule">
                <UntrustedLine text=line.rules/>
            </td>
            <td data-label="Decided by">{by}</td>
            <td class="num" data-label="Took">
                {took}
            </td>
            <td class="num" data-label="When">
                <Time moment=line.decided/>
            </td>
        </tr>
    }
    .into_any()
}

fn paging(summary: String, query: &ApprovalsQuery, next: Option<String>) -> AnyView {
    let first = query.after.is_some().then(|| query.href());
    let next = next.map(|cursor| query.beyond(Some(&cursor)));
    ways_on(summary, first, next)
}

/// The history, with how often each rule's requests are approved.
pub fn history(history: History, query: &ApprovalsQuery) -> AnyView {
    if history.lines.is_empty() {
        return no_history(query, history.all);
    }
    let summary = counted(history.lines.len(), "request", "requests");
    let rates = history.rates.map(rate_card::draw);
    view! {
        <div class="stack">
            {rates}
            {decided("Requests, newest first", history.lines)}
            {paging(summary, query, history.next)}
        </div>
    }
    .into_any()
}

/// `all`: of every request, and not of those that the reader answered.
fn no_history(query: &ApprovalsQuery, all: bool) -> AnyView {
    if query.narrows() {
        return view! { <EmptyFiltered text="No request fits all of the filters above." clear=query.whole()/> }
            .into_any();
    }
    if !all {
        return view! {
            <Empty
                glyph=Glyph::Approvals
                title="You answered nothing yet"
                text="Every request that you answer appears here: who asked, what became of it, and how long it took."
            >
                ""
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Approvals
            title="Nothing was asked yet"
            text="Every request for approval appears here: who asked, what became of it, by whom, and how long it took."
        >
            <p>"A rule that says “Allow once approved” or “Always ask” makes calls wait."</p>
        </Empty>
    }
    .into_any()
}

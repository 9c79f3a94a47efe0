//! The list of servers: a table, cards on narrow screens; a row is one link.

use super::read::{ServerLine, ServerList};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Mid, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::decisions::query::{DecisionQuery, Span};
use crate::pages::server::counts::tools;
use crate::pages::server::head::{href_of, state};
use crate::routes::{SERVER, SERVERS};
use crate::verdict::Verdict;
use leptos::prelude::*;

/// Tenants that a row names before it counts them.
const SHOWN: usize = 3;

pub fn table(list: ServerList) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "server", "servers");
    let first = list.query.after.is_some().then(|| list.query.from_the_first().href());
    let next = list.next.as_deref().map(|cursor| list.query.beyond(cursor).href());
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns = [
        Text("Server"),
        Text("Tools"),
        Text("To review"),
        Mid("Tenants"),
        Text("State"),
        Text("Last 24 hours"),
    ];
    view! {
        {framed("Servers by slug", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: ServerLine) -> AnyView {
    let href = href_of(&SERVER, &line.slug);
    let day =
        DecisionQuery { server: Some(line.slug.clone()), time: Some(Span::Day), ..DecisionQuery::default() };
    let denied = DecisionQuery { outcome: Some(Verdict::Denied), ..day.clone() };
    let label = |what: &str| format!("{what} of {} in the last 24 hours", plain(&line.slug));
    let (of_all, of_denied) = (label("Decisions"), label("Denied calls"));
    let name = (line.name != line.slug).then(|| {
        view! {
            <UntrustedLine text=line.name.clone()/>
            " · "
        }
    });
    view! {
        <tr class=(!line.enabled).then_some("row-off")>
            <td class="cell-title" data-label="Server">
                <a class="row-link" href=href>
                    <code>{line.slug}</code>
                </a>
                <small>
                    {name}
                    <UntrustedLine text=line.url/>
                </small>
            </td>
            <td data-label="Tools">
                <span>{tools(line.tools.listed())}</span>
            </td>
            <td data-label="To review">{to_review(line.tools.new, line.tools.changed)}</td>
            <td data-label="Tenants" class="col-mid">
                {tenants(&line.tenants)}
            </td>
            <td data-label="State">{state(line.enabled)}</td>
            <td data-label="24 hours">
                <span class="button-row">
                    <a href=day.href() aria-label=of_all>
                        "Decisions"
                    </a>
                    <a href=denied.href() aria-label=of_denied>
                        "Denied"
                    </a>
                </span>
            </td>
        </tr>
    }
    .into_any()
}

fn to_review(new: usize, changed: usize) -> AnyView {
    let words = match (new, changed) {
        (0, 0) => return view! { <Nothing/> }.into_any(),
        (new, 0) => format!("{new} new"),
        (0, changed) => format!("{changed} changed"),
        (new, changed) => format!("{changed} changed, {new} new"),
    };
    view! { <span class="pill pill-strong">{words}</span> }.into_any()
}

fn tenants(tenants: &[String]) -> AnyView {
    match tenants {
        [] => view! { <Nothing/> }.into_any(),
        [..] if tenants.len() <= SHOWN => view! { <UntrustedLine text=tenants.join(", ")/> }.into_any(),
        [..] => format!("{} tenants", tenants.len()).into_any(),
    }
}

fn nothing(list: &ServerList) -> AnyView {
    if list.query.narrows() || list.query.after.is_some() {
        return view! {
            <EmptyFiltered text="No server's slug, name or address fits." clear=SERVERS.path/>
        }
        .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Servers
            title="No servers yet"
            text="An MCP server that is registered here asks before every tool call."
        >
            <p>"An owner or a policy author registers the first one."</p>
        </Empty>
    }
    .into_any()
}

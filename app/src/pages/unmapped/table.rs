//! The list of unmapped callers: a table, cards on narrow screens.

use super::read::{UnmappedLine, UnmappedList};
use super::save::{BlockIdentity, UnblockIdentity};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::place::{Ask, Place};
use crate::pages::issuers::tabs::BLOCKED;
use crate::routes::UNMAPPED;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn table(list: UnmappedList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "identity", "identities");
    let query = &list.query;
    let first = query.after.is_some().then(|| query.beyond(None));
    let next = list.next.as_deref().map(|cursor| query.beyond(Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns = [Text("Identity"), Text("Tried last"), Text("How often"), Text("Last seen"), Actions];
    view! {
        {framed("Unmapped callers, the last seen first", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: UnmappedLine, may_write: bool) -> AnyView {
    let actions = may_write.then(|| actions(&line));
    let tried = match (line.server, line.tool) {
        (None, None) => view! { <Nothing word="nothing"/> }.into_any(),
        (server, tool) => view! { <ToolName server=server tool=tool action="no tool"/> }.into_any(),
    };
    let tenant = line.tenant.map(|tenant| {
        view! {
            <small>
                "in "
                <UntrustedLine text=tenant/>
            </small>
        }
    });
    view! {
        <tr>
            <td class="cell-title" data-label="Identity">
                <b>
                    <UntrustedLine text=line.sub/>
                </b>
                <small>
                    "of "
                    <UntrustedLine text=line.issuer/>
                </small>
            </td>
            <td data-label="Tried last">
                {tried}
                {tenant}
            </td>
            <td data-label="How often">
                <span>{line.attempts}</span>
                <small>
                    "since "
                    <Time moment=line.first/>
                </small>
            </td>
            <td data-label="Last seen">
                <Time moment=line.last/>
            </td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

fn actions(line: &UnmappedLine) -> AnyView {
    let label = |verb: &str| format!("{verb} {}", plain(&line.sub));
    let map = (!line.blocked).then(|| {
        let href = Place::new(UNMAPPED.path).asking(Ask::Map).of(line.id.as_str()).href();
        view! {
            <a class="button button-small" href=href rel="external" aria-label=label("Map")>
                "Map"
            </a>
        }
    });
    let (url, verb) =
        if line.blocked { (UnblockIdentity::url(), "Unblock") } else { (BlockIdentity::url(), "Block") };
    view! {
        <div class="button-row">
            {map}
            <form method="post" action=url>
                <input type="hidden" name="id" value=line.id.clone()/>
                <button class="button button-small" aria-label=label(verb)>
                    {verb}
                </button>
            </form>
        </div>
    }
    .into_any()
}

fn nothing(list: &UnmappedList) -> AnyView {
    if list.query.search.is_some() || list.query.after.is_some() {
        let clear = if list.query.blocked { BLOCKED } else { UNMAPPED.path };
        return view! { <EmptyFiltered text="No issuer, subject, server or tool holds this." clear=clear/> }
            .into_any();
    }
    let (title, text, more) = if list.query.blocked {
        (
            "Nobody is blocked",
            "A blocked identity is given to no subject until it is unblocked.",
            "Unmapped callers are blocked where they are listed.",
        )
    } else {
        (
            "Nobody waits here",
            "A caller with a good token of a registered issuer, whom no subject is known by, is denied and listed here with what it tried.",
            "It is then mapped to a subject, or blocked.",
        )
    };
    view! {
        <Empty glyph=Glyph::Issuers title=title text=text>
            <p>{more}</p>
        </Empty>
    }
    .into_any()
}

//! The list of tenants: a table, cards on narrow screens.

use super::panel;
use super::read::{TenantLine, TenantList};
use super::save::ResumeTenant;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Actions, Figure, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::emergency::stop_link;
use crate::pages::form::answer::Answer;
use crate::pages::form::place::{Ask, Place};
use crate::routes::{ROLES, SUBJECTS, TENANTS};
use crate::url::href;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn table(list: TenantList, answer: &Answer, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list, answer, may_write);
    }
    let summary = counted(list.lines.len(), "tenant", "tenants");
    let first = list.query.after.is_some().then(|| list.query.beyond(TENANTS.path, None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(TENANTS.path, Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns = [Text("Tenant"), Text("State"), Text("Look at"), Figure("Created"), Actions];
    view! {
        {framed("Tenants by slug", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: TenantLine, may_write: bool) -> AnyView {
    let members = href(SUBJECTS.path, [("tenant", Some(line.slug.as_str()))]);
    let roles = href(ROLES.path, [("tenant", Some(line.slug.as_str()))]);
    let actions = may_write.then(|| actions(&line));
    let state = if line.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Suspended"</span> }.into_any()
    };
    let off = (!line.active).then_some("row-off");
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Tenant">
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                <small class="mono">{line.slug}</small>
            </td>
            <td data-label="State">{state}</td>
            <td data-label="Look at">
                <span class="button-row">
                    <a href=members>"Members"</a>
                    <a href=roles>"Roles"</a>
                </span>
            </td>
            <td class="num" data-label="Created">
                <Time moment=line.created/>
            </td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

fn actions(line: &TenantLine) -> AnyView {
    let ask = |ask: Ask| Place::new(TENANTS.path).asking(ask).of(line.slug.as_str()).href();
    let label = |verb: &str| format!("{verb} {}", plain(&line.name));
    let stop = line.active.then(|| stop_link("tenant", "", &line.slug)).flatten();
    let turn = if line.active {
        view! {
            <a class="button button-small" href=ask(Ask::Suspend) rel="external" aria-label=label("Suspend")>
                "Suspend"
            </a>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=ResumeTenant::url()>
                <input type="hidden" name="slug" value=line.slug.clone()/>
                <button class="button button-small" aria-label=label("Resume")>
                    "Resume"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <div class="button-row">
            <a class="button button-small" href=ask(Ask::Edit) rel="external" aria-label=label("Rename")>
                "Rename"
            </a>
            {turn}
            {stop}
            <a
                class="button button-small button-danger"
                href=ask(Ask::Delete)
                rel="external"
                aria-label=label("Delete")
            >
                "Delete"
            </a>
        </div>
    }
    .into_any()
}

fn nothing(list: &TenantList, answer: &Answer, may_write: bool) -> AnyView {
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No tenant's slug or name holds this." clear=TENANTS.path/> }
            .into_any();
    }
    // The form itself, unless it is open above.
    let form = (may_write && list.query.ask.is_none()).then(|| panel::create(answer));
    view! {
        <div class="stack">
            <Empty
                glyph=Glyph::Tenant
                title="No tenants yet"
                text="A tenant is the boundary nothing crosses: a customer, a department or a stage. Subjects are members of tenants, and rules count within one."
            >
                <p>"Create the first one to begin."</p>
            </Empty>
            {form}
        </div>
    }
    .into_any()
}

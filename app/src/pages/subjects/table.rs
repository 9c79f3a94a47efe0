//! The list of subjects: a table, cards on narrow screens; a row is one link.

use super::query::kind_label;
use super::read::{SubjectLine, SubjectList};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::Text;
use crate::components::list::{counted, framed, ways_on};
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::place::Ask;
use crate::routes::SUBJECTS;
use crate::url::encode;
use leptos::prelude::*;

pub fn table(list: SubjectList, may_write: bool) -> AnyView {
    if list.lines.is_empty() && list.next.is_none() {
        return nothing(&list, may_write);
    }
    let summary = counted(list.lines.len(), "subject", "subjects");
    let first = list.query.after.is_some().then(|| list.query.from_the_first().href());
    let next = list.next.as_deref().map(|cursor| list.query.after(cursor).href());
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns = [Text("Subject"), Text("Kind"), Text("Member of"), Text("State")];
    view! {
        {framed("Subjects by id", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: SubjectLine) -> AnyView {
    let href = format!("{}/{}", SUBJECTS.path, encode(&line.id));
    let id = (line.id != line.name).then(|| {
        view! {
            <small class="mono">
                <UntrustedLine text=line.id.clone()/>
            </small>
        }
    });
    let state = if line.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Disabled"</span> }.into_any()
    };
    let off = (!line.active).then_some("row-off");
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Subject">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.name/>
                </a>
                {id}
            </td>
            <td class="cell-word" data-label="Kind">
                <span>{kind_label(line.kind)}</span>
            </td>
            <td data-label="Member of">{memberships(line.memberships, line.more_memberships)}</td>
            <td data-label="State">{state}</td>
        </tr>
    }
    .into_any()
}

fn memberships(memberships: Vec<(String, Vec<String>)>, more: usize) -> AnyView {
    if memberships.is_empty() {
        return view! { <Nothing word="no tenant"/> }.into_any();
    }
    let chips: Vec<AnyView> = memberships
        .into_iter()
        .map(|(tenant, roles)| {
            let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
            view! {
                <span class="chip">
                    <span>
                        <UntrustedLine text=tenant/>
                    </span>
                    <UntrustedLine text=roles/>
                </span>
            }
            .into_any()
        })
        .collect();
    let more = (more > 0).then(|| view! { <span class="muted">{format!("and {more} more")}</span> });
    view! {
        <span class="chips">
            {chips}
            {more}
        </span>
    }
    .into_any()
}

fn nothing(list: &SubjectList, may_write: bool) -> AnyView {
    if list.query.narrows() || list.query.after.is_some() {
        return view! { <EmptyFiltered text="No subject fits all of the filters above." clear=SUBJECTS.path/> }
            .into_any();
    }
    let add = (may_write && list.query.ask.is_none()).then(|| {
        let href = list.query.asking(Ask::New).href();
        view! {
            <a class="button" href=href rel="external">
                "Add the first subject"
            </a>
        }
    });
    view! {
        <Empty
            glyph=Glyph::Subjects
            title="No subjects yet"
            text="People, agents and services that call tools. Each is a member of tenants, holds roles there, and may have API keys of its own."
        >
            {add}
        </Empty>
    }
    .into_any()
}

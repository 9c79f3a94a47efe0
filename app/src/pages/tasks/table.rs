//! The list of tasks: a table, cards on narrow screens; a row is one link.

use super::read::{TaskLine, TaskList};
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Figure, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::routes::TASKS;
use crate::url::encode;
use leptos::prelude::*;

pub fn table(list: TaskList) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list);
    }
    let summary = counted(list.lines.len(), "task", "tasks");
    let first = list.query.after.is_some().then(|| list.query.beyond(None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(row).collect();
    let columns =
        [Text("Purpose"), Text("Subject"), Text("State"), Figure("Calls"), Text("Opened"), Figure("Expires")];
    view! {
        {framed("Tasks, newest first", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

/// The state in a pill; what asks for attention stands out.
pub fn pill(state: String) -> AnyView {
    let class = if state == "Paused" { "pill pill-strong" } else { "pill" };
    view! { <span class=class>{state}</span> }.into_any()
}

fn row(line: TaskLine) -> AnyView {
    let href = format!("{}/{}", TASKS.path, encode(&line.id));
    view! {
        <tr>
            <td class="cell-title" data-label="Purpose">
                <a class="row-link" href=href>
                    <UntrustedLine text=line.purpose/>
                </a>
            </td>
            <td data-label="Subject">
                <UntrustedLine text=line.subject/>
                <small>
                    "in "
                    <UntrustedLine text=line.tenant/>
                </small>
            </td>
            <td data-label="State">{pill(line.state)}</td>
            <td class="num" data-label="Calls">
                <span>{line.used}</span>
            </td>
            <td data-label="Opened">
                <Time moment=line.opened/>
                <small>{format!("by {}", line.opened_by)}</small>
            </td>
            <td class="num" data-label="Expires">
                <Time moment=line.expires/>
            </td>
        </tr>
    }
    .into_any()
}

fn nothing(list: &TaskList) -> AnyView {
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No task fits all of the filters above." clear=TASKS.path/> }
            .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Tasks
            title="No open tasks"
            text="A task says what an agent is doing now: why, with which tools, how many calls, and until when. It narrows what the rules allow."
        >
            <p>
                "Agents and platforms open tasks with " <code>"POST /api/v1/tasks"</code>
                "; calls name them."
            </p>
        </Empty>
    }
    .into_any()
}

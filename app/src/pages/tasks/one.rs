//! `/tasks/{id}`: one task, and its calls as a timeline.

use super::read::{TaskLine, TaskView, read_task};
use super::save::SetTask;
use super::table::pill;
use crate::components::copyable::Copyable;
use crate::components::definition::{Definition, Nothing};
use crate::components::icon::Icon;
use crate::components::loaded::loaded;
use crate::components::page_head::{Crumbs, PageHead};
use crate::components::time::Time;
use crate::components::tool_name::ToolName;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::drawn::server_drawn;
use crate::pages::changes::query::ChangeQuery;
use crate::pages::decisions::read::DecisionLine;
use crate::pages::form::answer::{Answer, Done};
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::Filled;
use crate::pages::form::may;
use crate::pages::form::notice::{Answered, Undo};
use crate::pages::form::place::{Ask, Place};
use crate::permission::Permission;
use crate::routes::{self, DECISIONS, SUBJECTS, TASKS};
use crate::status::PageStatus;
use crate::url::{encode, href, parameter, use_parameters};
use crate::verdict::Verdict;
use crate::wire::resource;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page of this task.
pub fn page_of(id: &str) -> Place {
    Place::new(format!("{}/{}", TASKS.path, encode(id)))
}

#[component]
pub fn TaskPage() -> impl IntoView {
    server_drawn(routes::TASK, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| {
            (id, parameter(map, "older_than").unwrap_or_default(), Ask::read(map), Answer::read(map))
        })
    });
    // What came of a form is part of the question, so that the task is read anew after it.
    let found = resource(
        move || asked.get(),
        |(id, older, ask, answer)| async move {
            read_task(id, older).await.map(|found| found.map(|task| (task, ask, answer)))
        },
    );
    let status = PageStatus::current();
    let may_write = may(Permission::WriteTasks);
    loaded(found, move |found| match found {
        Some((task, ask, answer)) => draw(task, ask, &answer, may_write),
        None => {
            status.not_found();
            view! {
                <PageHead title="No such task"/>
                <section class="error-page">
                    <p>"There is no such task. Its subject was deleted, or the address is misspelt."</p>
                    <div class="button-row">
                        <a class="button button-primary" href=TASKS.path>
                            "Go to Tasks"
                        </a>
                    </div>
                </section>
            }
            .into_any()
        }
    })
}

fn draw(task: TaskView, ask: Option<Ask>, answer: &Answer, may_write: bool) -> AnyView {
    let may_write = may_write && task.open;
    let panel = ask.filter(|_| may_write).and_then(|ask| panel(&task, ask, answer));
    let actions = (may_write && panel.is_none()).then(|| actions(&task));
    let paused = answer.saved.as_ref().is_some_and(|saved| saved.done == Done::TaskPaused);
    let undo = (paused && task.paused && may_write).then(|| {
        let values = vec![("id".to_owned(), task.line.id.clone()), ("state".to_owned(), "active".to_owned())];
        view! { <Undo action=SetTask::url() values=values label="Undo: resume it"/> }
    });
    // A form that is no longer offered may have been refused all the same: the task was over before it was sent.
    let over: &[Ask] = if panel.is_none() { &[Ask::Complete, Ask::Revoke] } else { &[] };
    let refused = || over.iter().find_map(|ask| Filled::new(ask.as_str(), answer).summary());
    let summary = Filled::new("", answer).summary().or_else(refused);
    let changes = ChangeQuery {
        kind: Some("task".to_owned()),
        object: Some(task.line.id.clone()),
        ..ChangeQuery::default()
    };
    let purpose = task.line.purpose.clone();
    view! {
        <Title text=plain(&purpose)/>
        <header class="page-head">
            <Crumbs href=TASKS.path label="Tasks"/>
            <h1>
                <UntrustedLine text=purpose/>
            </h1>
            {pill(task.line.state.clone())}
            {actions}
        </header>
        <div class="stack">
            {summary}
            <Answered answer=answer.clone()/>
            {undo}
            {panel}
            {facts(task.line.clone(), task.actor, task.tools)}
            {timeline(&task.line.id, task.calls, task.older)}
            <p>
                <a href=changes.href()>"All changes of this task"</a>
            </p>
        </div>
    }
    .into_any()
}

fn actions(task: &TaskView) -> AnyView {
    let (state, label) = if task.active { ("paused", "Pause") } else { ("active", "Resume") };
    view! {
        <div class="page-actions">
            <form method="post" action=SetTask::url()>
                <input type="hidden" name="id" value=task.line.id.clone()/>
                <input type="hidden" name="state" value=state/>
                <button class="button" title="Takes effect on the next call">
                    {label}
                </button>
            </form>
            <a class="button" href=page_of(&task.line.id).asking(Ask::Complete).href() rel="external">
                "Complete"
            </a>
            <a
                class="button button-danger"
                href=page_of(&task.line.id).asking(Ask::Revoke).href()
                rel="external"
            >
                "Revoke"
            </a>
        </div>
    }
    .into_any()
}

fn panel(task: &TaskView, ask: Ask, answer: &Answer) -> Option<AnyView> {
    match ask {
        Ask::Complete => Some(complete(task, answer)),
        Ask::Revoke => Some(revoke(task, answer)),
        _ => None,
    }
}

fn complete(task: &TaskView, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Complete.as_str(), answer),
        title: "Complete this task?".to_owned(),
        url: SetTask::url(),
        values: vec![("id", task.line.id.clone()), ("state", "completed".to_owned())],
        lead: vec![format!(
            "{} calls are used. It is written down as done: from the next call on it covers none, for good. To hold it up for a while, pause it instead.",
            task.line.used
        )],
        fields: Vec::new(),
        button: "Complete the task",
        destructive: true,
        cancel: page_of(&task.line.id).href(),
    }
    .draw()
}

fn revoke(task: &TaskView, answer: &Answer) -> AnyView {
    FormCard {
        filled: Filled::new(Ask::Revoke.as_str(), answer),
        title: "Revoke this task?".to_owned(),
        url: SetTask::url(),
        values: vec![("id", task.line.id.clone()), ("state", "revoked".to_owned())],
        lead: vec![format!(
            "{} calls are used. From the next call on it covers none, for good. To hold it up for a while, pause it instead.",
            task.line.used
        )],
        fields: Vec::new(),
        button: "Revoke the task",
        destructive: true,
        cancel: page_of(&task.line.id).href(),
    }
    .draw()
}

fn facts(line: TaskLine, actor: Option<String>, tools: String) -> AnyView {
    let subject = format!("{}/{}", SUBJECTS.path, encode(&line.subject));
    let actor = match actor {
        Some(actor) => view! { <UntrustedLine text=actor/> }.into_any(),
        None => view! { <Nothing word="whoever acts for the subject"/> }.into_any(),
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Facts"</h2>
                <p>"Read with each call that names it."</p>
            </header>
            <dl class="definition-list definition-list-wide">
                <Definition term="Subject">
                    <a href=subject>
                        <UntrustedLine text=line.subject/>
                    </a>
                    <small>
                        "in "
                        <UntrustedLine text=line.tenant/>
                    </small>
                </Definition>
                <Definition term="Agent">{actor}</Definition>
                <Definition term="Tools">
                    <UntrustedLine text=tools mono=true/>
                </Definition>
                <Definition term="Calls">
                    <span>{line.used}</span>
                </Definition>
                <Definition term="Expires">
                    <Time moment=line.expires/>
                </Definition>
                <Definition term="Opened">
                    <Time moment=line.opened/>
                    <small>{format!("by {}", line.opened_by)}</small>
                </Definition>
                <Definition term="Id">
                    <Copyable value=line.id what="task id"/>
                </Definition>
            </dl>
        </section>
    }
    .into_any()
}

fn timeline(id: &str, calls: Vec<DecisionLine>, older: Option<String>) -> AnyView {
    let body = if calls.is_empty() {
        view! {
            <div class="card-body">
                <p class="quiet">"No call has named it yet."</p>
            </div>
        }
        .into_any()
    } else {
        let items: Vec<AnyView> = calls.into_iter().map(call).collect();
        view! { <ol class="timeline">{items}</ol> }.into_any()
    };
    let older = older.map(|cursor| {
        let href = href(&page_of(id).href(), [("older_than", Some(cursor.as_str()))]);
        view! {
            <nav class="paging" aria-label="Pages">
                <a class="button button-small" rel="next" href=href>
                    "Older"
                </a>
            </nav>
        }
    });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Calls"</h2>
                <p>"Newest first; those that were denied took nothing of the budget."</p>
            </header>
            {body}
            {older}
        </section>
    }
    .into_any()
}

fn call(line: DecisionLine) -> AnyView {
    let href = format!("{}/{}", DECISIONS.path, encode(&line.id));
    let dot = match line.verdict {
        Verdict::Allowed => "timeline-dot timeline-allow",
        Verdict::Denied => "timeline-dot timeline-deny",
        Verdict::Waiting => "timeline-dot timeline-approval",
    };
    let words = match line.verdict {
        Verdict::Allowed => line.verdict.label().to_owned(),
        verdict => format!("{}: {}", verdict.label(), line.reason),
    };
    view! {
        <li>
            <span class=dot>
                <Icon glyph=line.verdict.glyph()/>
            </span>
            <div>
                <p>
                    <a href=href>
                        <ToolName server=line.server tool=line.tool action=line.action/>
                    </a>
                </p>
                <p class="muted">
                    {words}
                    " · "
                    <Time moment=line.at/>
                </p>
            </div>
        </li>
    }
    .into_any()
}

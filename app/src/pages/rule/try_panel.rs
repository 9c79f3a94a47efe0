//! Try, beside the editor: a call decided by the live policy with this draft in place, anew after every edit.
//! Nothing is recorded.

use super::checks::after_change;
use super::editing::Editing;
use super::read::Example;
use crate::components::icon::{Glyph, Icon};
use crate::components::text_area::TextArea;
use crate::error::AppError;
use crate::pages::try_call::form::{subjects, tools};
use crate::pages::try_call::query::TryQuery;
use crate::pages::try_call::read::{TryAnswer, try_draft};
use crate::pages::try_call::result;
use crate::routes::TRY;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const SETTLED: Duration = Duration::from_millis(450);

/// What is typed, and what came of it last.
#[derive(Clone, Copy)]
struct Trial {
    call: RwSignal<TryQuery>,
    answer: RwSignal<Option<Result<TryAnswer, AppError>>>,
    newest: StoredValue<u64>,
}

pub fn panel(editing: Editing, example: Example) -> AnyView {
    let given = |text: String| (!text.is_empty()).then_some(text);
    let trial = Trial {
        call: RwSignal::new(TryQuery {
            subject: given(example.subject),
            agent: given(example.agent),
            tenant: given(example.tenant),
            tool: given(example.tool),
            arguments: given(example.arguments),
            ..TryQuery::default()
        }),
        answer: RwSignal::new(None),
        newest: StoredValue::new(0),
    };
    let asked = Memo::new(move |_| (editing.draft.get(), trial.call.get()));
    after_change(asked, SETTLED, move || decide(editing, trial));
    // Once, when the browser has taken the page over.
    Effect::new(move |_| {
        if trial.call.with_untracked(TryQuery::is_asked) {
            decide(editing, trial);
        }
    });
    let follow_tool = editing.part(super::draft::Draft::exact_tool);
    Effect::new(move |previous: Option<Option<(String, String)>>| {
        let tool = follow_tool.get();
        if previous.is_some()
            && let Some((server, name)) = &tool
        {
            trial.call.update(|call| call.tool = Some(format!("{server}/{name}")));
        }
        tool
    });
    view! {
        <aside class="stack" aria-label="Try" data-needs-script="">
            <section class="card try-panel">
                <header class="card-head">
                    <h2>"Try a call"</h2>
                    <a href=move || trial.call.with(TryQuery::href)>"Open"</a>
                </header>
                <div class="card-body">{fields(editing, trial)}</div>
                <div class="card-body" role="status">
                    {move || trial.answer.with(|answer| answer.as_ref().map(outcome))}
                </div>
                <p class="card-foot">
                    <span>
                        "Not recorded. Decided by the live policy with this draft in place, as if it were enforced. The page "
                        <a href=TRY.path>"Try a call"</a>
                        " asks without it."
                    </span>
                </p>
            </section>
            {move || trial.answer.get().and_then(Result::ok).and_then(result::why)}
        </aside>
    }
    .into_any()
}

fn outcome(answer: &Result<TryAnswer, AppError>) -> AnyView {
    match answer {
        Ok(answer) => result::banner(answer),
        Err(error) => view! {
            <p class="field-error">
                <Icon glyph=Glyph::Warning/>
                <span>{format!("{}. {}", error.title(), error.advice())}</span>
            </p>
        }
        .into_any(),
    }
}

fn decide(editing: Editing, trial: Trial) {
    let Some(draft) = editing.draft.try_get_untracked() else { return };
    let Some(call) = trial.call.try_get_untracked() else { return };
    let ticket = trial.newest.try_update_value(|count| {
        *count += 1;
        *count
    });
    spawn_local(async move {
        let Some(id) = editing.id.try_get_value() else { return };
        let answer = try_draft(draft, id, call).await;
        // An answer that was overtaken says nothing any more.
        if trial.newest.try_get_value() == ticket {
            trial.answer.try_set(Some(answer));
        }
    });
}

/// A part of the call that is typed in one line.
#[derive(Debug, Clone, Copy)]
struct Line {
    id: &'static str,
    label: &'static str,
    /// The element that holds what may be meant.
    list: Option<&'static str>,
    hint: Option<&'static str>,
    optional: bool,
}

impl Line {
    fn new(id: &'static str, label: &'static str) -> Self {
        Self { id, label, list: None, hint: None, optional: false }
    }

    /// `read` and `write` say which part of the call it is.
    fn draw(
        self,
        trial: Trial,
        read: fn(&TryQuery) -> Option<&str>,
        write: fn(&mut TryQuery, Option<String>),
    ) -> AnyView {
        let Self { id, label, list, hint, optional } = self;
        let value = move || trial.call.with(|call| read(call).unwrap_or_default().to_owned());
        view! {
            <div class="field">
                <label for=id>
                    {label}
                    {optional.then(|| view! { <span class="optional">" optional"</span> })}
                </label>
                <input
                    id=id
                    type="text"
                    class="input-code"
                    list=list
                    placeholder=hint
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    value=untrack(value)
                    prop:value=value
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        trial.call.update(|call| write(call, filled(text)));
                    }
                />
            </div>
        }
        .into_any()
    }
}

fn fields(editing: Editing, trial: Trial) -> AnyView {
    let arguments = move || trial.call.with(|call| call.arguments.clone().unwrap_or_default());
    let subject = Line { list: Some("try-subjects"), ..Line::new("try-subject", "Subject") };
    let agent = Line {
        id: "try-agent",
        label: "Through",
        list: subject.list,
        hint: Some("agent that acts"),
        optional: true,
    };
    let tool = Line { list: Some("try-tools"), ..Line::new("try-tool", "Tool") };
    let tenant = Line { optional: true, ..Line::new("try-tenant", "Tenant") };
    let lists = editing.choices.with_value(|choices| {
        view! {
            {subjects("try-subjects", &choices.subjects)}
            {tools("try-tools", &choices.tools)}
        }
        .into_any()
    });
    view! {
        <div class="form">
            {subject.draw(trial, |call| call.subject.as_deref(), |call, text| call.subject = text)}
            {agent.draw(trial, |call| call.agent.as_deref(), |call, text| call.agent = text)}
            <div class="field-row">
                {tool.draw(trial, |call| call.tool.as_deref(), |call, text| call.tool = text)}
                {tenant.draw(trial, |call| call.tenant.as_deref(), |call, text| call.tenant = text)}
            </div>
            {lists}
            <div class="field">
                <label for="try-arguments">"Arguments"</label>
                <TextArea
                    id="try-arguments"
                    name="arguments"
                    value=untrack(arguments)
                    rows=6
                    code=true
                    prop:value=arguments
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        trial.call.update(|call| call.arguments = filled(text));
                    }
                />
            </div>
        </div>
    }
    .into_any()
}

fn filled(text: String) -> Option<String> {
    (!text.trim().is_empty()).then_some(text)
}

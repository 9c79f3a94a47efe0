//! Controls of the editor, each bound to a part of the draft.

use super::draft::Draft;
use super::editing::Editing;
use super::remarks;
use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::{UntrustedLine, plain};
use leptos::ev;
use leptos::prelude::*;

/// A control of one line, and the field whose remarks it shows.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    pub id: &'static str,
    pub label: &'static str,
    pub field: &'static str,
    pub kind: &'static str,
    pub optional: bool,
}

impl Line {
    pub fn text(id: &'static str, label: &'static str, field: &'static str) -> Self {
        Self { id, label, field, kind: "text", optional: false }
    }

    pub fn number(id: &'static str, label: &'static str, field: &'static str) -> Self {
        Self { kind: "number", ..Self::text(id, label, field) }
    }

    /// A date and time, in UTC; may stay empty.
    pub fn moment(id: &'static str, label: &'static str, field: &'static str) -> Self {
        Self { kind: "datetime-local", optional: true, ..Self::text(id, label, field) }
    }

    /// `read` and `write` say which part of the draft it is.
    pub fn draw(
        self,
        editing: Editing,
        read: fn(&Draft) -> String,
        write: fn(&mut Draft, String),
    ) -> AnyView {
        let Self { id, label, field, kind, optional } = self;
        let value = editing.part(read);
        view! {
            <div class="field">
                <label for=id>
                    {label}
                    {optional.then(|| view! { <span class="optional">" optional"</span> })}
                </label>
                <input
                    id=id
                    type=kind
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby=format!("{field}-remarks")
                    aria-invalid=move || remarks::is_invalid(editing, field).then_some("true")
                    value=value.get_untracked()
                    prop:value=move || value.get()
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        editing.change(|draft| write(draft, text));
                    }
                />
            </div>
        }
        .into_any()
    }
}

/// One box to tick. `name` may come from outside.
pub fn tick(
    name: String,
    ticked: impl Fn() -> bool + Copy + Send + Sync + 'static,
    on_change: impl Fn(bool) + 'static,
) -> AnyView {
    let now = untrack(ticked);
    view! {
        <label class="check">
            <input
                type="checkbox"
                checked=now
                prop:checked=ticked
                on:change=move |event| on_change(event_target_checked(&event))
            />
            <span>
                <UntrustedLine text=name/>
            </span>
        </label>
    }
    .into_any()
}

/// A list of names as chips, each with a button that removes it.
pub fn chips(
    list: Memo<Vec<String>>,
    what: &'static str,
    code: bool,
    remove: impl Fn(String) + Copy + Send + Sync + 'static,
) -> AnyView {
    let draw = move || {
        let names = list.get();
        if names.is_empty() {
            return ().into_any();
        }
        let chips: Vec<AnyView> = names.into_iter().map(|name| chip(name, what, code, remove)).collect();
        view! { <ul class="chips">{chips}</ul> }.into_any()
    };
    draw.into_any()
}

fn chip(
    name: String,
    what: &'static str,
    code: bool,
    remove: impl Fn(String) + Copy + Send + Sync + 'static,
) -> AnyView {
    let label = format!("Remove {what} {}", plain(&name));
    let text = name.clone();
    let shown = if code {
        view! {
            <code>
                <UntrustedLine text=text/>
            </code>
        }
        .into_any()
    } else {
        view! {
            <b>
                <UntrustedLine text=text/>
            </b>
        }
        .into_any()
    };
    view! {
        <li class="chip">
            {shown}
            <button type="button" aria-label=label on:click=move |_| remove(name.clone())>
                <Icon glyph=Glyph::Cross/>
            </button>
        </li>
    }
    .into_any()
}

/// A field that adds to a list, with the button that does it; Enter does it too.
pub fn adder(
    id: &'static str,
    list: Option<&'static str>,
    placeholder: &'static str,
    described_by: &'static str,
    add: impl Fn(String) + Copy + Send + Sync + 'static,
) -> AnyView {
    let typed = RwSignal::new(String::new());
    let put = move || {
        let text = typed.get_untracked().trim().to_owned();
        if !text.is_empty() {
            add(text);
            typed.set(String::new());
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" {
            event.prevent_default();
            put();
        }
    };
    view! {
        <div class="input-group">
            <input
                id=id
                type="text"
                class="input-code"
                list=list
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described_by
                prop:value=move || typed.get()
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=on_key
            />
            <button type="button" class="button" on:click=move |_| put()>
                "Add"
            </button>
        </div>
    }
    .into_any()
}

//! The jump box. A search field stands in the rail and works without script; `/` and Ctrl/Cmd K open a dialog on
//! every page that finds while one types.

use super::jump_list::{Answer, after, before, list, option_at, option_id, options, status};
use crate::components::icon::{Glyph, Icon};
use crate::components::list_keys::is_typed;
use crate::pages::rule::checks::after_change;
use crate::pages::search::found::Extent;
use crate::pages::search::query::{LONGEST, SearchQuery};
use crate::pages::search::read::search;
use crate::routes::SEARCH;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::{ev, html};
use leptos_router::NavigateOptions;
use leptos_router::components::Form;
use leptos_router::hooks::use_navigate;
use std::time::Duration;
use web_sys::{Element, KeyboardEvent};

/// How long after the last key the server is asked.
const SETTLED: Duration = Duration::from_millis(150);

/// The dialog, for those who open and close it.
#[derive(Clone, Copy)]
pub struct Jump(NodeRef<html::Dialog>);

impl Jump {
    pub fn create() -> Self {
        Self(NodeRef::new())
    }

    fn open(self) {
        if let Some(dialog) = self.0.get_untracked()
            && !dialog.open()
        {
            // Fails where the page is on its way out.
            let _ = dialog.show_modal();
        }
    }

    /// The browser gives the focus back to what had it.
    pub fn close(self) {
        if let Some(dialog) = self.0.get_untracked()
            && dialog.open()
        {
            dialog.close();
        }
    }
}

/// The field of the rail: a form that leads to the page of results. A click on it opens the dialog.
#[component]
pub fn JumpField(jump: Jump, tenant: Memo<Option<String>>) -> impl IntoView {
    let chosen = move || tenant.get().map(|slug| view! { <input type="hidden" name="tenant" value=slug/> });
    view! {
        <Form method="get" action=SEARCH.path attr:class="jump" attr:role="search">
            <label class="visually-hidden" for="jump">
                "Jump to"
            </label>
            <Icon glyph=Glyph::Search/>
            <input
                id="jump"
                type="search"
                name="q"
                placeholder="Jump to …"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength=LONGEST
                on:click=move |_| jump.open()
            />
            {chosen}
            <kbd class="kbd" aria-hidden="true" data-needs-script="">
                "/"
            </kbd>
        </Form>
    }
}

/// The dialog: a combobox over the list of what is found. Without script it never opens.
#[component]
pub fn JumpBox(jump: Jump, tenant: Memo<Option<String>>) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let active = RwSignal::new(None::<usize>);
    let answer = RwSignal::new(Answer::None);
    let asked = Memo::new(move |_| text.with(|text| SearchQuery::new(text, tenant.get())));
    after_change(asked, SETTLED, move || ask(asked, answer, active));
    open_by_key(jump);
    let typed = move |now: String| {
        active.set(None);
        if now.trim().is_empty() {
            answer.set(None);
        }
        text.set(now);
    };
    let navigate = use_navigate();
    let to_page = move || {
        let query = asked.get_untracked();
        if query.text.is_some() {
            jump.close();
            navigate(&query.href(), NavigateOptions::default());
        }
    };
    let press = move |event: KeyboardEvent| {
        // Such a key chooses among the proposals of an input method.
        if event.is_composing() {
            return;
        }
        let count = answer.with_untracked(options);
        match event.key().as_str() {
            "ArrowDown" => choose(active, after(active.get_untracked(), count)),
            "ArrowUp" => choose(active, before(active.get_untracked(), count)),
            "Enter" => match active.get_untracked().and_then(option_at) {
                Some(option) => option.click(),
                None => to_page(),
            },
            _ => return,
        }
        event.prevent_default();
    };
    // The backdrop belongs to the dialog; everything else is within it.
    let leave = move |event: ev::MouseEvent| {
        if event_target::<Element>(&event).matches("dialog").unwrap_or(false) {
            jump.close();
        }
    };
    // The router follows the link; this is for the case that it leads to the very page.
    let follow = move |event: ev::MouseEvent| {
        if event_target::<Element>(&event).closest("[role=option]").is_ok_and(|option| option.is_some()) {
            jump.close();
        }
    };
    let nothing = move || answer.with(options) == 0;
    let Jump(dialog) = jump;
    view! {
        <dialog
            class="jump-box"
            aria-label="Jump to"
            node_ref=dialog
            on:click=leave
            on:close=move |_| typed(String::new())
        >
            <div class="jump-head">
                <Icon glyph=Glyph::Search/>
                <input
                    type="text"
                    role="combobox"
                    aria-label="Jump to"
                    aria-autocomplete="list"
                    aria-controls="jump-results"
                    aria-expanded=move || if nothing() { "false" } else { "true" }
                    aria-activedescendant=move || active.get().map(option_id)
                    placeholder="Jump to …"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="search"
                    maxlength=LONGEST
                    prop:value=move || text.get()
                    on:input=move |event| typed(event_target_value(&event))
                    on:keydown=press
                />
                <button
                    type="button"
                    class="button button-quiet button-icon"
                    aria-label="Close"
                    on:click=move |_| jump.close()
                >
                    <Icon glyph=Glyph::Cross/>
                </button>
            </div>
            <div
                id="jump-results"
                class="jump-results"
                role="listbox"
                aria-label="Results"
                hidden=nothing
                on:click=follow
            >
                {move || answer.with(|answer| list(answer, active))}
            </div>
            <p class="jump-status" role="status">
                {move || {
                    let is_asked = asked.with(|query| query.text.is_some());
                    answer.with(|answer| status(is_asked, answer))
                }}
            </p>
        </dialog>
    }
}

/// `/` where nobody types, and Ctrl or Cmd with K everywhere.
fn open_by_key(jump: Jump) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if is_chord(&event) {
                // The browser would take it for its own search.
                event.prevent_default();
                // An open dialog wants its answer first.
                if matches!(document().query_selector("dialog[open]"), Ok(None)) {
                    jump.open();
                }
            } else if event.key() == "/" && !is_typed(&event) {
                event.prevent_default();
                jump.open();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn is_chord(event: &KeyboardEvent) -> bool {
    event.key().eq_ignore_ascii_case("k")
        && event.ctrl_key() != event.meta_key()
        && !event.alt_key()
        && !event.shift_key()
        && !event.default_prevented()
}

fn ask(asked: Memo<SearchQuery>, answer: RwSignal<Answer>, active: RwSignal<Option<usize>>) {
    let Some(query) = asked.try_get_untracked() else { return };
    let Some(text) = query.text.clone() else { return };
    spawn_local(async move {
        let found = search(text, query.tenant.clone(), Extent::Box).await;
        // What was typed meanwhile is another question, and has its own answer.
        if asked.try_get_untracked() == Some(query) {
            // Nothing is chosen in a list that one has not seen.
            active.try_set(None);
            answer.try_set(Some(found));
        }
    });
}

fn choose(active: RwSignal<Option<usize>>, option: Option<usize>) {
    active.set(option);
    if let Some(option) = option.and_then(option_at) {
        option.scroll_into_view_with_bool(false);
    }
}

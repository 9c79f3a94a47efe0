//! `/approvals/{id}`: one request, so that a careful person decides in ten seconds, on a phone as well.

pub mod arguments;
pub mod bar;
pub mod parts;
pub mod read;
pub mod rule;
pub mod tool;
pub mod view;

#[cfg(feature = "ssr")]
mod bound;
#[cfg(feature = "ssr")]
mod difference;
#[cfg(feature = "ssr")]
mod gather;
#[cfg(feature = "ssr")]
mod moved;
#[cfg(feature = "ssr")]
mod moved_rules;
#[cfg(feature = "ssr")]
mod words;

#[cfg(feature = "ssr")]
pub use gather::may_see;

use super::approvals::keys::{APPROVE, REASON};
use super::form::answer::Answer;
use super::form::input::Filled;
use super::form::notice::Answered;
use super::guarded;
use crate::components::list_keys::is_typed;
use crate::components::loaded::loaded;
use crate::components::notice::WarningNotice;
use crate::components::page_head::PageHead;
use crate::components::tool_name::tool_text;
use crate::routes::{self, APPROVALS};
use crate::status::PageStatus;
use crate::url::{parameter, use_parameters};
use crate::wire::resource;
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};
use read::read_approval;
use view::{Answering, Changed, RequestView};
use web_sys::HtmlElement;

#[component]
pub fn ApprovalPage() -> impl IntoView {
    guarded(routes::APPROVAL, page)
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let map = use_parameters();
    let asked = Memo::new(move |_| {
        let id = params.with(|params| params.get("id")).unwrap_or_default();
        map.with(|map| (id, parameter(map, "changed").unwrap_or_default(), Answer::read(map)))
    });
    // What came of a form is part of the question, so that the request is read anew after it.
    let found = resource(
        move || asked.get(),
        |(id, changed, answer)| async move {
            read_approval(id, changed).await.map(|found| found.map(|request| (request, answer)))
        },
    );
    let status = PageStatus::current();
    let hash = use_location().hash;
    Effect::new(move |_| {
        // A key of the inbox leads to the button or to the reason, once they are drawn.
        if let Some(Ok(Some(_))) = found.get() {
            let place = hash.get_untracked().trim_start_matches('#').to_owned();
            if [APPROVE, REASON].contains(&place.as_str()) {
                request_animation_frame(move || go_to(&place));
            }
        }
    });
    follow_keys();
    loaded(found, move |found| match found {
        Some((request, answer)) => draw(request, &answer),
        None => {
            status.not_found();
            view! {
                <PageHead title="No such request"/>
                <section class="error-page">
                    <p>"There is no such request, or it does not ask you."</p>
                    <div class="button-row">
                        <a class="button button-primary" href=APPROVALS.path>
                            "Go to Approvals"
                        </a>
                    </div>
                </section>
            }
            .into_any()
        }
    })
}

/// `a` goes to Approve, `d` to the reason of a denial, `j` to the next request. None of them decides.
fn follow_keys() {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            let place = match event.key().as_str() {
                "a" => APPROVE,
                "d" => REASON,
                "j" => bar::NEXT,
                _ => return,
            };
            if is_typed(&event) {
                return;
            }
            event.prevent_default();
            if place == bar::NEXT {
                if let Some(link) = element(place) {
                    link.click();
                }
            } else {
                go_to(place);
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn go_to(id: &str) {
    if let Some(element) = element(id) {
        let _ = element.focus();
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

fn draw(mut request: RequestView, answer: &Answer) -> AnyView {
    let call =
        tool_text(request.asking.server.as_deref(), request.asking.tool.as_deref(), &request.asking.action);
    let changed = request.changed.take().map(changed);
    let refused = Filled::new(bar::FORM, answer).summary();
    let bar = bar::draw(&request, answer);
    let body = parts::body(request, answer);
    view! {
        <Title text=format!("Approve {call}?")/>
        {body.head}
        <div class="stack">
            {changed}
            {refused}
            <Answered answer=answer.clone()/>
            {body.rest}
        </div>
        {bar}
    }
    .into_any()
}

/// Why the click was refused. What stands now is drawn below it, and of the tool and the rules how they were as well.
fn changed(changed: Changed) -> AnyView {
    let item = |is: bool, text: &'static str| is.then(|| view! { <li>{text}</li> });
    let Changed { tool: moved, arguments, rules } = changed;
    let (is_other, ask_otherwise) = (moved.is_some(), rules.is_some());
    let cards = moved.map(tool::cards);
    let rules = rules.map(rule::cards);
    let lead = if is_other || arguments || ask_otherwise {
        "Nothing was decided. Below stands what is true now; look at it, then decide once more."
    } else {
        "It is again as you saw it. Decide once more."
    };
    view! {
        <WarningNotice title="Something changed since you looked" answers=true>
            <ul>
                {item(is_other, "The tool changed: see “What changed in the tool”.")}
                {item(arguments, "The arguments are other ones, or what else is bound.")}
                {item(
                    ask_otherwise,
                    "A rule that asks was changed, or asks no more: see “What changed in the rule”.",
                )}
            </ul>
            <p>{lead}</p>
        </WarningNotice>
        {cards}
        {rules}
    }
    .into_any()
}

/// Whether the reader may answer it now.
fn waits(answering: &Answering) -> bool {
    matches!(answering, Answering::May(_))
}

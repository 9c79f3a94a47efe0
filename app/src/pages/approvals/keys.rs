//! `a` and `d` on a row of the inbox lead to its page, to the button that approves or to the reason of a denial. They
//! decide nothing: what is answered has been seen.

use crate::components::list_keys::is_typed;
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use web_sys::HtmlElement;

/// The ids of what the keys lead to, on the page of a request.
pub const APPROVE: &str = "approve";
pub const REASON: &str = "answer-reason";

/// Where the row leads that has the focus.
pub(super) fn focused_row() -> Option<String> {
    let row = document().active_element().filter(|active| active.matches(".row-link").unwrap_or(false));
    row.and_then(|row| row.get_attribute("href"))
}

/// Gives the focus to the row that leads there, if it is there.
pub(super) fn focus_row(href: &str) {
    let Ok(links) = document().query_selector_all(".row-link") else { return };
    let rows = (0..links.length()).filter_map(|at| links.get(at)?.dyn_into::<HtmlElement>().ok());
    for row in rows {
        if row.get_attribute("href").as_deref() == Some(href) {
            let _ = row.focus();
        }
    }
}

/// Put beside a list whose rows hold a `.row-link`.
#[component]
pub fn RowKeys() -> impl IntoView {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let handle = window_event_listener(ev::keydown, move |event| {
            let place = match event.key().as_str() {
                "a" => APPROVE,
                "d" => REASON,
                _ => return,
            };
            if is_typed(&event) {
                return;
            }
            if let Some(href) = focused_row() {
                navigate(&format!("{href}#{place}"), NavigateOptions::default());
            }
        });
        on_cleanup(move || handle.remove());
    });
}

//! The inbox follows what changes: the server says so in a stream of events, the page asks for its list anew, and the
//! badge, the title and, if it may, the browser say how many wait.
//!
//! A stream keeps one of the six connections that a browser has to a server, so the inbox alone holds one, and where
//! nobody looks at it only if the browser may notify.

use crate::frame::waiting::Waiting;
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::prelude::Closure;
use web_sys::{EventSource, MessageEvent, Notification, NotificationPermission};

/// Where the server says that something changed: the id of the last event, and how many wait for the reader.
pub const LIVE: &str = "/approvals/live";

/// Follows from the event `marker` on, as soon as it is known: `changed` counts what came.
pub fn follow(marker: RwSignal<Option<String>>, changed: RwSignal<u32>, waiting: Waiting) {
    Effect::new(move |_| {
        // Once: the list that is asked for anew brings a later marker, which the stream knows already.
        let Some(known) = marker.get_untracked().or_else(|| marker.get()) else { return };
        let known = StoredValue::new(known);
        // Not what the page shows: a list asked for anew may have a request before the stream tells of it.
        let last = StoredValue::new(waiting.count.get_untracked());
        let stream = StoredValue::new_local(None::<EventSource>);
        let told = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let count = event.data().as_string().and_then(|text| text.parse::<u64>().ok());
            let id = event.last_event_id();
            let before = waiting.count.try_get_untracked().flatten();
            let grew = last.try_get_value().is_some_and(|last| count > last);
            last.try_set_value(count);
            // A stream begins with what stands: it may be what the page shows.
            if count == before && known.try_with_value(|known| *known == id) != Some(false) {
                return;
            }
            known.try_set_value(id);
            waiting.count.try_set(count);
            changed.try_update(|turn| *turn = turn.wrapping_add(1));
            // More than so many are not counted, so whoever has them is told of none that is added.
            if grew {
                notify();
            }
        });
        let told = StoredValue::new_local(told);
        let attend = move || {
            let wanted = !document().hidden() || stands_at(NotificationPermission::Granted);
            stream.update_value(|stream| match (wanted, stream.take()) {
                (true, None) => {
                    let opened = EventSource::new(LIVE).ok();
                    if let Some(opened) = &opened {
                        told.with_value(|told| opened.set_onmessage(Some(told.as_ref().unchecked_ref())));
                    }
                    *stream = opened;
                }
                (false, Some(open)) => open.close(),
                (_, kept) => *stream = kept,
            });
        };
        attend();
        let handle = window_event_listener_untyped("visibilitychange", move |_| attend());
        on_cleanup(move || {
            handle.remove();
            stream.try_update_value(|stream| {
                if let Some(open) = stream.take() {
                    open.close();
                }
            });
        });
    });
}

/// Tells who is somewhere else. It says nothing of the call: a notification is read by whoever sees the screen.
fn notify() {
    if document().hidden() && stands_at(NotificationPermission::Granted) {
        // A browser that does not want to is left alone.
        let _ = Notification::new("A call waits for your approval");
    }
}

/// Whether the browser's leave to notify stands so. Some browsers have no notifications, and so none of it.
fn stands_at(permission: NotificationPermission) -> bool {
    window().get("Notification").is_some() && Notification::permission() == permission
}

/// Asks the browser for leave to notify. Hidden without script, and where the question was answered.
#[component]
pub fn NotifyButton() -> impl IntoView {
    let asks = RwSignal::new(false);
    Effect::new(move |_| asks.set(stands_at(NotificationPermission::Default)));
    let ask = move |_: ev::MouseEvent| {
        // What was answered is read from the browser when it matters.
        let _promise = Notification::request_permission();
        asks.set(false);
    };
    view! {
        <button type="button" class="button" hidden=move || !asks.get() on:click=ask>
            "Notify me"
        </button>
    }
}

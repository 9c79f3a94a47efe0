//! Keys of lists: `j` and `k` move along the rows, Enter opens (a row is a link), `?` lists the keys. Single
//! letters rest while somebody types.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// Once, beside all pages: it serves every list whose rows hold a `.row-link`.
#[component]
pub fn ListKeys() -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if is_typed(&event) {
                return;
            }
            match event.key().as_str() {
                "j" => move_along_rows(1),
                "k" => move_along_rows(-1),
                "?" => {
                    if let Some(dialog) = dialog.get_untracked() {
                        let _ = dialog.show_modal();
                    }
                }
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <dialog class="dialog" aria-labelledby="list-keys" node_ref=dialog>
            <form method="dialog">
                <h2 id="list-keys">"Keys"</h2>
                <dl class="definition-list">
                    <div>
                        <dt><kbd class="kbd">"j"</kbd></dt>
                        <dd>"Next row"</dd>
                    </div>
                    <div>
                        <dt><kbd class="kbd">"k"</kbd></dt>
                        <dd>"Row before"</dd>
                    </div>
                    <div>
                        <dt><kbd class="kbd">"Enter"</kbd></dt>
                        <dd>"Open the row"</dd>
                    </div>
                    <div>
                        <dt><kbd class="kbd">"a"</kbd> " " <kbd class="kbd">"d"</kbd></dt>
                        <dd>"Among approvals: open the row, and go to Approve, or to the reason of a denial"</dd>
                    </div>
                    <div>
                        <dt><kbd class="kbd">"/"</kbd> " " <kbd class="kbd">"Ctrl K"</kbd></dt>
                        <dd>"Jump to a server, tool, subject, rule or id; Cmd K on a Mac"</dd>
                    </div>
                    <div>
                        <dt><kbd class="kbd">"?"</kbd></dt>
                        <dd>"This list"</dd>
                    </div>
                </dl>
                <div class="dialog-actions">
                    <button class="button">"Close"</button>
                </div>
            </form>
        </dialog>
    }
}

/// Whether the key belongs to a control, to the browser, or to an open dialog. Keys that are single letters ask
/// this, whatever they do.
pub fn is_typed(event: &KeyboardEvent) -> bool {
    if event.default_prevented() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return true;
    }
    let Some(active) = document().active_element() else {
        return false;
    };
    let within = |selector: &str| active.closest(selector).is_ok_and(|around| around.is_some());
    // What a dialog held in focus keeps it when the dialog closes, until the browser draws the next frame.
    if within("dialog:not([open])") {
        return false;
    }
    let types = active.matches("input, textarea, select, [contenteditable]").unwrap_or(true);
    types || within("dialog, [popover]:not(#rail)")
}

/// Moves the focus to the row before or after the one that has it; to the first where none has.
fn move_along_rows(step: i64) {
    let Ok(links) = document().query_selector_all(".row-link") else {
        return;
    };
    let rows: Vec<HtmlElement> =
        (0..links.length()).filter_map(|index| links.get(index)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let here = active.and_then(|active| rows.iter().position(|row| row.is_same_node(Some(&active))));
    let next = match here {
        None => Some(0),
        Some(here) => i64::try_from(here).ok().and_then(|here| usize::try_from(here + step).ok()),
    };
    if let Some(row) = next.and_then(|next| rows.get(next)) {
        let _ = row.focus();
    }
}

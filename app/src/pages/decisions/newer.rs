//! "14 newer decisions": rows that came in are counted every ten seconds and never push the list.

use super::query::DecisionQuery;
use super::read::{MOST_NEWER, count_newer_decisions};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(10);

/// A link to the newest page; where there is script it counts, and draws the list anew without a page load.
#[component]
pub fn Newer(query: DecisionQuery, newest: String, refresh: Callback<()>) -> impl IntoView {
    let count = RwSignal::new(0_u32);
    let href = query.from_the_newest().href();
    poll(query, newest, count);
    let show = move |event: ev::MouseEvent| {
        let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
        if plain && event.button() == 0 {
            event.prevent_default();
            refresh.run(());
        }
    };
    view! {
        <a
            class="newer"
            class:newer-none=move || count.get() == 0
            href=href
            on:click=show
        >
            <span aria-live="polite">{move || words(count.get())}</span>
        </a>
    }
}

fn words(count: u32) -> String {
    match count {
        0 => "Look for newer decisions".to_owned(),
        1 => "1 newer decision".to_owned(),
        MOST_NEWER.. => format!("{MOST_NEWER} or more newer decisions"),
        more => format!("{more} newer decisions"),
    }
}

/// Asks while the page is looked at, and no more after the first failure: the session may have ended.
fn poll(query: DecisionQuery, newest: String, count: RwSignal<u32>) {
    Effect::new(move |_| {
        let failed = StoredValue::new(false);
        let (query, newest) = (query.clone(), newest.clone());
        let tick = move || {
            if document().hidden() || failed.try_get_value() != Some(false) {
                return;
            }
            let (query, newest) = (query.clone(), newest.clone());
            spawn_local(async move {
                match count_newer_decisions(newest, query).await {
                    Ok(newer) => {
                        count.try_set(newer);
                    }
                    Err(_) => {
                        failed.try_set_value(true);
                    }
                }
            });
        };
        if let Ok(handle) = set_interval_with_handle(tick, INTERVAL) {
            on_cleanup(move || handle.clear());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_count_reads_as_a_sentence() {
        assert_eq!(words(1), "1 newer decision");
        assert_eq!(words(14), "14 newer decisions");
        assert_eq!(words(1_000), "1000 or more newer decisions");
    }
}

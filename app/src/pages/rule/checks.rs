//! What follows every edit: the draft is checked, and the arguments of its tool are fetched, both by the server
//! and a moment after the last key.

use super::editing::Editing;
use super::read::{check_draft, read_tool_form};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const SETTLED: Duration = Duration::from_millis(300);

/// Runs `run` a moment after the last change of `watched`; not for what it is at first.
pub fn after_change<T>(watched: Memo<T>, wait: Duration, run: impl Fn() + Clone + 'static)
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |previous: Option<T>| {
        let value = watched.get();
        if previous.is_some_and(|previous| previous != value) {
            if let Some(Some(waiting)) = timer.try_get_value() {
                waiting.clear();
            }
            timer.set_value(set_timeout_with_handle(run.clone(), wait).ok());
        }
        value
    });
    on_cleanup(move || {
        if let Some(Some(waiting)) = timer.try_get_value() {
            waiting.clear();
        }
    });
}

/// Keeps what is said of the draft up to date.
pub fn follow(editing: Editing) {
    let draft = editing.part(Clone::clone);
    let newest = StoredValue::new(0_u64);
    after_change(draft, SETTLED, move || {
        let Some(draft) = editing.draft.try_get_untracked() else { return };
        let ticket = newest.try_update_value(|count| {
            *count += 1;
            *count
        });
        spawn_local(async move {
            let Some(id) = editing.id.try_get_value() else { return };
            let answer = check_draft(draft, id).await;
            // An answer that was overtaken says nothing any more.
            if newest.try_get_value() != ticket {
                return;
            }
            match answer {
                Ok(checked) => {
                    editing.checked.try_set(checked);
                    editing.failed.try_set(None);
                }
                Err(error) => {
                    editing.failed.try_set(Some(error));
                }
            }
        });
    });
    let tool = editing.part(super::draft::Draft::exact_tool);
    after_change(tool, SETTLED, move || {
        let Some(wanted) = tool.try_get_untracked() else { return };
        let Some((server, name)) = wanted.clone() else {
            editing.form.try_set(None);
            return;
        };
        spawn_local(async move {
            let answer = read_tool_form(server, name).await;
            if tool.try_get_untracked() != Some(wanted) {
                return;
            }
            match answer {
                Ok(form) => {
                    editing.form.try_set(form);
                }
                Err(error) => {
                    editing.failed.try_set(Some(error));
                }
            }
        });
    });
}

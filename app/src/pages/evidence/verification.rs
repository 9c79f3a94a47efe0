//! The last verification on the page: how far it is, what it found, or what stood in its way. One that runs is
//! followed by asking; without script the page is loaded again.

use super::read::{FindingLine, Stage, VerificationView, read_verification};
use crate::components::notice::{Notice, SuccessNotice, WarningNotice};
use crate::components::time::Time;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(700);

/// `again` reads the whole page anew.
pub fn verification(last: Option<VerificationView>, again: Callback<()>) -> AnyView {
    let Some(last) = last else {
        return view! {
            <Notice>
                <p>
                    <b>"Not verified since this server started. "</b>
                    "Verify now walks every chain from its start to its end and names what is not as it was written."
                </p>
            </Notice>
        }
        .into_any();
    };
    match last.stage {
        Stage::Running => view! { <Running last=last again=again/> }.into_any(),
        Stage::Sound => {
            let words = last.words.clone();
            view! {
                <SuccessNotice>
                    <p>
                        <b>"The record is sound. "</b>
                        {words}
                    </p>
                    {who_and_when(last)}
                </SuccessNotice>
            }
            .into_any()
        }
        Stage::Unsound => unsound(last),
        Stage::Failed => {
            let words = last.words.clone();
            view! {
                <WarningNotice title="The record could not be verified">
                    <p>{words}</p>
                    {who_and_when(last)}
                </WarningNotice>
            }
            .into_any()
        }
    }
}

fn unsound(mut last: VerificationView) -> AnyView {
    let rows: Vec<AnyView> = std::mem::take(&mut last.findings).into_iter().map(finding).collect();
    let more = (last.more > 0).then(|| {
        view! {
            <p>
                {format!("{} more; ", last.more)} <code>"countersign audit verify"</code> " names all of them."
            </p>
        }
    });
    let words = last.words.clone();
    view! {
        <WarningNotice title="The record is not sound">
            <p>{words}</p>
            <p>"The first finding of each chain:"</p>
            <ul class="findings">{rows}</ul>
            {more}
            <p>"Keep a copy of the database as it is now, and find out who could write to it."</p>
            {who_and_when(last)}
        </WarningNotice>
    }
    .into_any()
}

fn finding(line: FindingLine) -> AnyView {
    let record = line.record.map(|href| view! { <a href=href>"See the record"</a> });
    view! {
        <li>
            <Untrusted text=line.text/>
            {record}
        </li>
    }
    .into_any()
}

fn who_and_when(last: VerificationView) -> AnyView {
    let ended = last.ended.map(|at| {
        view! {
            <li>
                "ended "
                <Time moment=at/>
            </li>
        }
    });
    view! {
        <ul class="facts">
            <li>
                "started "
                <Time moment=last.started/>
                " by "
                <UntrustedLine text=last.by/>
            </li>
            {ended}
        </ul>
    }
    .into_any()
}

#[component]
fn Running(last: VerificationView, again: Callback<()>) -> impl IntoView {
    let words = RwSignal::new(last.words.clone());
    follow(words, again);
    view! {
        <Notice>
            <p>
                <b>"The chains are being walked."</b>
            </p>
            <progress aria-label="Verifying"></progress>
            <p class="muted">{move || words.get()}</p>
            {who_and_when(last)}
            <a class="button button-small" href="" rel="external">
                "Look again"
            </a>
        </Notice>
    }
}

/// Asks while the page is looked at, and no more once it has ended: then the page is read anew.
fn follow(words: RwSignal<String>, again: Callback<()>) {
    Effect::new(move |_| {
        let over = StoredValue::new(false);
        let tick = move || {
            if document().hidden() || over.try_get_value() != Some(false) {
                return;
            }
            spawn_local(async move {
                match read_verification().await {
                    Ok(Some(last)) if last.stage == Stage::Running => {
                        words.try_set(last.words);
                    }
                    // What it is instead is for the page to say, unless it is gone or was told already.
                    _ => {
                        if over.try_get_value() == Some(false) {
                            over.try_set_value(true);
                            again.run(());
                        }
                    }
                }
            });
        };
        if let Ok(handle) = set_interval_with_handle(tick, INTERVAL) {
            on_cleanup(move || handle.clear());
        }
    });
}

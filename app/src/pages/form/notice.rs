//! What came of the last form, on top of the page.

use super::answer::{Answer, Saved};
use crate::components::copyable::Copyable;
use crate::components::notice::{SuccessNotice, WarningNotice};
use crate::error::AppError;
use crate::routes::CHANGES;
use crate::url::encode;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::time::Duration;
use web_sys::HtmlElement;

/// Nothing where no form was sent. What is wrong with a form stands on the form.
#[component]
pub fn Answered(answer: Answer) -> impl IntoView {
    let failed = answer.failed.map(failed);
    let saved = answer.saved.map(saved);
    view! {
        {failed}
        {saved}
    }
}

fn saved(saved: Saved) -> AnyView {
    let live = saved.revision.map(|revision| {
        view! {
            <p>
                <b>{format!("Revision {revision} is live.")}</b>
                " It takes effect on the next call."
            </p>
        }
    });
    let change = saved.change.map(|change| {
        let href = format!("{}/{}", CHANGES.path, encode(&change));
        view! {
            <p>
                <a href=href>"See the change"</a>
            </p>
        }
    });
    view! {
        <SuccessNotice answers=true>
            <p>{saved.done.sentence()}</p>
            {live}
            {change}
        </SuccessNotice>
    }
    .into_any()
}

fn failed(error: AppError) -> AnyView {
    let correlation = (!error.correlation.is_empty()).then(|| {
        view! {
            <p class="muted">
                "Correlation id "
                <Copyable value=error.correlation.clone() what="correlation id"/>
            </p>
        }
    });
    view! {
        <WarningNotice title=error.title() answers=true>
            <p>{error.advice()}</p>
            <p>"Nothing was changed as far as is known. What you typed is kept below."</p>
            {correlation}
        </WarningNotice>
    }
    .into_any()
}

/// One click takes the last change back: a form of its own. With script it is offered for ten seconds.
#[component]
pub fn Undo(
    action: &'static str,
    /// What the form sends.
    values: Vec<(String, String)>,
    #[prop(into)] label: String,
) -> impl IntoView {
    let values: Vec<AnyView> = values
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
        .collect();
    view! {
        <form class="notice" data-undo="" method="post" action=action>
            {values}
            <button class="button button-small">{label}</button>
        </form>
    }
}

/// How long something can be taken back with one click.
const UNDO: Duration = Duration::from_secs(10);

/// Ends the offers of the page that was loaded: each comes with the page that answers a form, never later.
pub fn end_undo() {
    Effect::new(|_| {
        let end = || {
            let Ok(offers) = document().query_selector_all("form[data-undo]") else { return };
            for offer in (0..offers.length()).filter_map(|index| offers.get(index)) {
                if let Ok(offer) = offer.dyn_into::<HtmlElement>() {
                    offer.set_hidden(true);
                }
            }
        };
        set_timeout(end, UNDO);
    });
}

//! What came of the last form, on top of the page.

use super::answer::{Answer, Saved};
use crate::components::copyable::Copyable;
use crate::components::notice::{SuccessNotice, WarningNotice};
use crate::error::AppError;
use crate::routes::CHANGES;
use crate::url::encode;
use leptos::prelude::*;

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
        <SuccessNotice>
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
        <WarningNotice title=error.title()>
            <p>{error.advice()}</p>
            <p>"Nothing was changed as far as is known. What you typed is kept below."</p>
            {correlation}
        </WarningNotice>
    }
    .into_any()
}

/// One click takes the last change back: a form of its own. With script it is offered for ten seconds (`style/notice.css`).
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
        <form class="notice notice-undo" method="post" action=action>
            {values}
            <button class="button button-small">{label}</button>
        </form>
    }
}

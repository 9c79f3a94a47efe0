//! What happened, on the page: a plain notice, a success, and a failure with its correlation id.

use super::copyable::Copyable;
use super::icon::{Glyph, Icon};
use crate::error::AppError;
use leptos::prelude::*;

/// Something to know.
#[component]
pub fn Notice(children: Children) -> impl IntoView {
    view! {
        <div class="notice" role="status">
            <Icon glyph=Glyph::Info/>
            <div>{children()}</div>
        </div>
    }
}

/// Something was done.
#[component]
pub fn SuccessNotice(
    /// It answers a form, and takes the focus: what a page comes with is not announced.
    #[prop(optional)]
    answers: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div
            class="notice notice-success"
            role="status"
            tabindex=answers.then_some("-1")
            autofocus=answers
        >
            <Icon glyph=Glyph::Check/>
            <div>{children()}</div>
        </div>
    }
}

/// Something that cannot be shown or done, for a reason that is not a failure of the request.
#[component]
pub fn WarningNotice(
    #[prop(into)] title: String,
    /// As of a [`SuccessNotice`].
    #[prop(optional)]
    answers: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <div
            class="notice notice-error"
            role="alert"
            tabindex=answers.then_some("-1")
            autofocus=answers
        >
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>{title}</h2>
                {children()}
            </div>
        </div>
    }
}

/// A request that failed: what, what to do, the correlation id, and a way on.
#[component]
pub fn ErrorNotice(error: AppError) -> impl IntoView {
    let correlation = error.correlation.clone();
    let way_on = if error.asks_to_sign_in() {
        view! { <a class="button button-small" href="/sign-in" rel="external">"Sign in"</a> }.into_any()
    } else {
        // `external`: the browser itself loads the page anew.
        view! { <a class="button button-small" href="" rel="external">"Try again"</a> }.into_any()
    };
    view! {
        <div class="notice notice-error" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>{error.title()}</h2>
                <p>{error.advice()}</p>
                {(!correlation.is_empty())
                    .then(|| {
                        view! {
                            <p class="muted">
                                "Correlation id "
                                <Copyable value=correlation what="correlation id"/>
                            </p>
                        }
                    })}
                {way_on}
            </div>
        </div>
    }
}

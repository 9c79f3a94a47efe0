//! The five steps towards the first decision. The last one waits for it, and turns the page when it is there.

use super::read::{Overview, Step};
use crate::components::icon::{Glyph, Icon};
use crate::error::AppError;
use crate::pages::decisions::query::DecisionQuery;
use crate::pages::decisions::read::count_newer_decisions;
use crate::wire::Resource;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_secs(4);

pub fn steps(steps: Vec<Step>, overview: Resource<Result<Overview, AppError>>) -> AnyView {
    poll(overview);
    let all_done = steps.iter().all(|step| step.done).then_some("step");
    let last = (steps.len() + 1).to_string();
    let steps: Vec<AnyView> = steps.into_iter().enumerate().map(|(at, step)| draw(at + 1, step)).collect();
    view! {
        <ol class="steps" aria-label="First steps">
            {steps}
            <li class="step" aria-current=all_done>
                <span class="step-number">{last}</span>
                <div>
                    <h2>"Waiting for the first call …"</h2>
                    <p>"Its decision appears here as soon as a server has asked."</p>
                    // `external`: the browser itself loads the page anew.
                    <a class="button button-small" href="" rel="external">
                        "Look again"
                    </a>
                </div>
            </li>
        </ol>
    }
    .into_any()
}

fn draw(number: usize, step: Step) -> AnyView {
    let (class, mark) = if step.done {
        ("step step-done", view! { <Icon glyph=Glyph::Check/> }.into_any())
    } else {
        ("step", view! { <span class="step-number">{number.to_string()}</span> }.into_any())
    };
    let done = step.done.then(|| view! { <span class="visually-hidden">"Done: "</span> });
    let action = step.href.clone().filter(|_| step.current).map(|href| {
        view! {
            <a class="button button-small button-primary" href=href>
                {step.action}
            </a>
        }
    });
    let title = match step.href {
        Some(href) => view! { <a href=href>{step.title}</a> }.into_any(),
        None => step.title.into_any(),
    };
    view! {
        <li class=class aria-current=step.current.then_some("step")>
            {mark}
            <div>
                <h2>{done} {title}</h2>
                <p>{step.text}</p>
                {action}
            </div>
        </li>
    }
    .into_any()
}

/// Looks for the first decision while the page is looked at, and no more after the first failure: the session may
/// have ended.
fn poll(overview: Resource<Result<Overview, AppError>>) {
    Effect::new(move |_| {
        let over = StoredValue::new(false);
        let tick = move || {
            if document().hidden() || over.try_get_value() != Some(false) {
                return;
            }
            spawn_local(async move {
                let found = count_newer_decisions(String::new(), DecisionQuery::default()).await;
                if found != Ok(0) {
                    over.try_set_value(true);
                }
                if found.is_ok_and(|count| count > 0) {
                    overview.refetch();
                }
            });
        };
        if let Ok(handle) = set_interval_with_handle(tick, INTERVAL) {
            on_cleanup(move || handle.clear());
        }
    });
}

//! `/`: what needs attention, the last 24 hours, and before the first decision five steps towards it.

pub mod parts;
pub mod read;
pub mod steps;

#[cfg(feature = "ssr")]
mod attention;
#[cfg(feature = "ssr")]
mod chart;
#[cfg(feature = "ssr")]
mod gather;
#[cfg(feature = "ssr")]
mod progress;

use super::guarded;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::error::AppError;
use crate::permission::ConsoleRole;
use crate::routes;
use crate::session;
use crate::url::{parameter, use_parameters};
use crate::wire::{Resource, resource};
use leptos::prelude::*;
use leptos_router::components::Redirect;
use read::{Overview, read_overview};

/// Approvers, and those of some tenants, have nothing here: whoever follows the wordmark goes on to where they start.
#[component]
pub fn OverviewPage() -> impl IntoView {
    match session::current() {
        Some(signed_in) if signed_in.role == ConsoleRole::Approver || signed_in.is_bound() => {
            let path = routes::landing(signed_in.role, signed_in.is_bound());
            view! {
                <PageHead title="Start"/>
                <p>
                    <a href=path>"Go on"</a>
                </p>
                <Redirect path=path/>
            }
            .into_any()
        }
        _ => guarded(routes::OVERVIEW, page),
    }
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let tenant = Memo::new(move |_| map.with(|map| parameter(map, "tenant")));
    let overview = resource(move || tenant.get(), read_overview);
    loaded(overview, move |found| draw(found, overview))
}

fn draw(found: Overview, overview: Resource<Result<Overview, AppError>>) -> AnyView {
    let begun = found.steps.is_empty();
    let primary = found.attention.first().filter(|_| begun).map(|first| {
        view! {
            <div class="page-actions page-actions-compact">
                <a class="button button-primary" href=first.href.clone()>
                    {first.action.clone()}
                </a>
            </div>
        }
    });
    let attention = parts::attention(found.attention);
    let body = if begun {
        view! {
            <div class="stack">
                {attention}
                {parts::day(found.day)}
                {parts::foot(found.foot)}
            </div>
        }
        .into_any()
    } else {
        view! {
            <p class="page-lead">"Nobody has asked yet. Five steps to the first decision."</p>
            <div class="stack page-form">
                {steps::steps(found.steps, overview)}
                {attention}
                {parts::foot(found.foot)}
            </div>
        }
        .into_any()
    };
    view! {
        <PageHead title=routes::OVERVIEW.title>{primary}</PageHead>
        {body}
    }
    .into_any()
}

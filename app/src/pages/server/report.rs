//! The last discovery on the page: what was found, or what was tried and what came back.

use super::asking::{Asking, DiscoverForm};
use super::discovery::{DiscoveryState, DiscoveryView, Failure, Found, Names};
use crate::components::icon::{Glyph, Icon};
use crate::components::time::Time;
use crate::components::untrusted::{Untrusted, UntrustedLine};
use crate::moment::Moment;
use leptos::prelude::*;

/// `may_write`: whether the reader may try again.
#[component]
pub fn DiscoveryReport(
    discovery: DiscoveryView,
    slug: String,
    asking: Asking,
    may_write: bool,
) -> impl IntoView {
    let DiscoveryView { at, state } = discovery;
    match state {
        DiscoveryState::Running(words) => running(at, words),
        DiscoveryState::Found(found) => draw_found(at, &found),
        DiscoveryState::Failed(failure) => {
            let again = may_write.then(|| {
                view! { <DiscoverForm slug=slug label="Try again" asking=asking look="button button-small"/> }
            });
            draw_failure(at, failure, again.into_any())
        }
    }
}

fn running(at: Moment, words: String) -> AnyView {
    view! {
        <div class="notice" role="status">
            <Icon glyph=Glyph::Clock/>
            <div>
                <p>
                    <b>"The server is being asked for its tools, since "</b>
                    <Time moment=at/>
                    "."
                </p>
                <p class="muted">
                    <bdi>{words}</bdi>
                </p>
                <a class="button button-small" href="" rel="external">
                    "Look again"
                </a>
            </div>
        </div>
    }
    .into_any()
}

fn draw_found(at: Moment, found: &Found) -> AnyView {
    let own = (!found.server.is_empty()).then(|| {
        view! {
            <li>
                "it calls itself "
                <UntrustedLine text=format!("{} {}", found.server, found.version)/>
            </li>
        }
    });
    view! {
        <div class="notice notice-success" role="status">
            <Icon glyph=Glyph::Check/>
            <div>
                <p>
                    <b>"The server listed its tools. "</b>
                    {found.words()}
                </p>
                {names("New", &found.new)}
                {names("Changed since review", &found.changed)}
                {names("As reviewed again", &found.restored)}
                {names("Gone", &found.gone)}
                <ul class="facts">
                    <li>
                        <Time moment=at/>
                    </li>
                    {own}
                    <li>
                        "protocol "
                        <UntrustedLine text=found.protocol.clone()/>
                    </li>
                </ul>
            </div>
        </div>
    }
    .into_any()
}

fn names(label: &'static str, names: &Names) -> Option<AnyView> {
    if names.count == 0 {
        return None;
    }
    let listed: Vec<AnyView> = names
        .first
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let comma = (index > 0).then_some(", ");
            view! {
                {comma}
                <UntrustedLine text=name.clone() mono=true/>
            }
            .into_any()
        })
        .collect();
    let more = (names.more() > 0).then(|| format!(" and {} more", names.more()));
    let line = view! {
        <p>
            {label}
            ": "
            {listed}
            {more}
        </p>
    };
    Some(line.into_any())
}

fn draw_failure(at: Moment, failure: Failure, again: AnyView) -> AnyView {
    view! {
        <div class="notice notice-error" role="alert">
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>"The server could not be asked for its tools"</h2>
                <p>
                    "Tried "
                    <Time moment=at/>
                    ":"
                </p>
                <Untrusted text=failure.tried/>
                <p>"Came back:"</p>
                <div class="untrusted-block">
                    <Untrusted text=failure.came_back/>
                </div>
                {failure.advice.map(|advice| view! { <p>{advice}</p> })}
                <p class="muted">"Nothing of the catalog was changed."</p>
                {again}
            </div>
        </div>
    }
    .into_any()
}

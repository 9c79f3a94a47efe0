//! The banner: icon, outcome, one sentence, and when, under which revision, why, which.

use super::view::DecisionView;
use crate::components::copyable::Copyable;
use crate::components::icon::Icon;
use crate::components::time::Time;
use crate::components::untrusted::{drawn, split_behind};
use leptos::prelude::*;

/// Longer sentences are cut; the record holds them whole.
const SENTENCE: usize = 600;

#[component]
pub fn Banner(decision: DecisionView) -> impl IntoView {
    let sentence = decision.sentence.unwrap_or_else(|| format!("Reason: {}.", decision.reason_title));
    let exact = decision.at.exact.clone();
    view! {
        <section class=decision.verdict.banner_class() aria-labelledby="outcome">
            <span class="decision-icon">
                <Icon glyph=decision.verdict.glyph()/>
            </span>
            <div>
                <h2 id="outcome">{decision.verdict.label()}</h2>
                <p class="decision-sentence">{with_code(&sentence)}</p>
                <ul class="facts">
                    <li>
                        <Time moment=decision.at/>
                    </li>
                    <li>{exact}</li>
                    {decision.revision.map(|revision| view! { <li>{format!("Revision {revision}")}</li> })}
                    <li>
                        <code title=decision.reason_title>{decision.reason}</code>
                    </li>
                    <li>
                        <Copyable value=decision.id what="decision id"/>
                    </li>
                </ul>
            </div>
        </section>
    }
}

/// Our sentences put names and values between backticks.
pub fn with_code(sentence: &str) -> Vec<AnyView> {
    let (shown, rest) = split_behind(sentence, SENTENCE);
    let mut parts: Vec<AnyView> = shown
        .split('`')
        .enumerate()
        .filter(|(_, part)| !part.is_empty())
        .map(|(index, part)| {
            let text = drawn(part, false);
            if index % 2 == 1 {
                view! { <code class="untrusted">{text}</code> }.into_any()
            } else {
                view! { <bdi>{text}</bdi> }.into_any()
            }
        })
        .collect();
    if !rest.is_empty() {
        parts.push("…".into_any());
    }
    parts
}

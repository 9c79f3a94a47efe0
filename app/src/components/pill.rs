//! Pills: an icon and a word for outcomes and effects. Colour is never the only signal.

use super::icon::Icon;
use crate::verdict::{EffectWords, Verdict};
use leptos::prelude::*;

/// The outcome of a decision.
#[component]
pub fn VerdictPill(verdict: Verdict) -> impl IntoView {
    view! {
        <span class=verdict.pill_class()>
            <Icon glyph=verdict.glyph()/>
            {verdict.label()}
        </span>
    }
}

/// What a rule does, or would have done.
#[component]
pub fn EffectPill(words: EffectWords) -> impl IntoView {
    view! {
        <span class=words.pill_class()>
            <Icon glyph=words.glyph()/>
            {words.label()}
        </span>
    }
}

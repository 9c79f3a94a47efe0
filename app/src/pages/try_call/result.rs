//! How a trial came out: a small banner, and why. Used by the page and beside the rule editor.

use super::read::{Tried, TryAnswer};
use crate::components::icon::{Glyph, Icon};
use crate::pages::decision::banner::with_code;
use crate::pages::decision::why::WhyCard;
use leptos::prelude::*;

/// The outcome, in a card's body.
pub fn banner(answer: &TryAnswer) -> AnyView {
    match answer {
        TryAnswer::Decided(tried) => outcome(tried),
        TryAnswer::Problem(note) => view! {
            <p class="field-error">
                <Icon glyph=Glyph::Warning/>
                <span>{with_code(&note.text)}</span>
            </p>
        }
        .into_any(),
    }
}

fn outcome(tried: &Tried) -> AnyView {
    let class = format!("{} decision-banner-small", tried.verdict.banner_class());
    view! {
        <section class=class aria-label="Outcome">
            <span class="decision-icon">
                <Icon glyph=tried.verdict.glyph()/>
            </span>
            <div>
                <h3>{tried.verdict.label()}</h3>
                <p class="decision-sentence">{with_code(&tried.sentence)}</p>
                <ul class="facts">
                    <li>
                        <code title=tried.reason_title.clone()>{tried.reason.clone()}</code>
                    </li>
                    <li>{format!("Revision {}", tried.revision)}</li>
                </ul>
            </div>
        </section>
    }
    .into_any()
}

/// The rules that took part; nothing where the call could not be tried.
pub fn why(answer: TryAnswer) -> Option<AnyView> {
    match answer {
        TryAnswer::Decided(tried) => {
            let Tried { verdict, why, .. } = *tried;
            Some(view! { <WhyCard why=why verdict=verdict/> }.into_any())
        }
        TryAnswer::Problem(_) => None,
    }
}

//! What the rule does: four large radios, and the terms of approval where it asks.

use super::draft::EffectChoice;
use super::editing::Editing;
use super::terms::approval;
use crate::components::icon::Icon;
use leptos::prelude::*;

pub fn effect(editing: Editing) -> AnyView {
    let cards: Vec<AnyView> = EffectChoice::ALL.iter().map(|choice| card(editing, *choice)).collect();
    let asks = editing.part(|draft| draft.effect.asks());
    view! {
        <fieldset class="radios radios-pairs">
            <legend>"Effect"</legend>
            {cards}
        </fieldset>
        {move || asks.get().then(|| approval(editing))}
    }
    .into_any()
}

fn card(editing: Editing, choice: EffectChoice) -> AnyView {
    let chosen = move || editing.draft.with(|draft| draft.effect == choice);
    view! {
        <label class=choice.card_class()>
            <input
                type="radio"
                name="effect"
                value=choice.as_str()
                checked=untrack(chosen)
                prop:checked=chosen
                on:change=move |_| editing.change(|draft| draft.effect = choice)
            />
            <span class="radio-title">
                <Icon glyph=choice.glyph()/>
                {choice.label()}
            </span>
            <span class="radio-help">{choice.help()}</span>
        </label>
    }
    .into_any()
}

//! What the rule does: four large radios, and who approves where it asks.

use super::draft::EffectChoice;
use super::editing::{Editing, holds, toggle};
use super::fields::{Line, tick};
use super::remarks;
use super::who::roles_of;
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

/// Who must say yes, how many of them, and how long the answer holds.
fn approval(editing: Editing) -> AnyView {
    let roles = roles_of(editing, |draft| draft.approvers.clone());
    let boxes = move || -> Vec<AnyView> {
        roles
            .get()
            .into_iter()
            .map(|name| {
                let role = StoredValue::new(name.clone());
                tick(
                    name,
                    move || editing.draft.with(|draft| holds(role, &draft.approvers)),
                    move |on| editing.change(|draft| toggle(&mut draft.approvers, role.get_value(), on)),
                )
            })
            .collect()
    };
    view! {
        <section class="form-section">
            <h2>"Approval"</h2>
            <fieldset class="field" aria-describedby="approval-remarks">
                <legend>"Who may approve"</legend>
                <div class="param-controls">{boxes}</div>
            </fieldset>
            <div class="field-row">
                {Line::number("quorum", "How many of them", "approval")
                    .draw(editing, |draft| draft.quorum.clone(), |draft, text| draft.quorum = text)}
                {Line::text("expires_in", "Good for, such as 30m or 1h", "approval")
                    .draw(editing, |draft| draft.expires_in.clone(), |draft, text| draft.expires_in = text)}
                {Line::number("uses", "How often", "approval")
                    .draw(editing, |draft| draft.uses.clone(), |draft, text| draft.uses = text)}
            </div>
            {remarks::at_field(editing, "approval")}
        </section>
    }
    .into_any()
}

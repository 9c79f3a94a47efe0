//! The name, when the rule holds (CEL), for how long, and what callers are told.

use super::draft::moment_text;
use super::editing::Editing;
use super::fields::Line;
use super::remarks;
use crate::components::text_area::TextArea;
use leptos::prelude::*;

pub fn name(editing: Editing) -> AnyView {
    view! {
        <div>
            {Line::text("name", "Name", "name")
                .draw(editing, |draft| draft.name.clone(), |draft, text| draft.name = text)}
            {remarks::at_field(editing, "name")}
        </div>
    }
    .into_any()
}

pub fn when(editing: Editing) -> AnyView {
    let text = editing.part(|draft| draft.when.clone());
    view! {
        <section class="form-section">
            <h2>"When"</h2>
            <div class="field" class:field-invalid=move || remarks::is_invalid(editing, "when")>
                <label for="when">
                    "Condition "
                    <span class="optional">"CEL, optional"</span>
                </label>
                <TextArea
                    id="when"
                    name="when"
                    value=text.get_untracked()
                    rows=2
                    described_by="when-help when-remarks"
                    code=true
                    prop:value=move || text.get()
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        editing.change(|draft| draft.when = text);
                    }
                />
                <p class="field-help" id="when-help">
                    "Speaks about "
                    <code>"subject"</code>
                    ", "
                    <code>"resource"</code>
                    ", "
                    <code>"args"</code>
                    ", "
                    <code>"tenant"</code>
                    ", "
                    <code>"context"</code>
                    " and "
                    <code>"now"</code>
                    "; such as "
                    <code>"args.amount < 50 && now.getHours() >= 8"</code>
                    "."
                </p>
                {remarks::at_field(editing, "when")}
            </div>
        </section>
    }
    .into_any()
}

pub fn validity(editing: Editing) -> AnyView {
    view! {
        <section class="form-section">
            <h2>"Validity"</h2>
            <p>"In UTC. Without dates it holds until it is changed."</p>
            <div class="field-row">
                {Line::moment("from", "From", "valid")
                    .draw(editing, |draft| moment_text(&draft.from), |draft, text| draft.from = text)}
                {Line::moment("until", "Until", "valid")
                    .draw(editing, |draft| moment_text(&draft.until), |draft, text| draft.until = text)}
            </div>
            {remarks::at_field(editing, "valid")}
        </section>
    }
    .into_any()
}

/// Whether a caller may learn by how much it missed.
pub fn explain(editing: Editing) -> AnyView {
    let on = editing.part(|draft| draft.explain);
    view! {
        <section class="form-section">
            <h2>"What callers are told"</h2>
            <label class="check">
                <input
                    type="checkbox"
                    checked=on.get_untracked()
                    prop:checked=move || on.get()
                    on:change=move |event| {
                        let on = event_target_checked(&event);
                        editing.change(|draft| draft.explain = on);
                    }
                />
                <span>
                    "Tell a caller which bounds were missed "
                    <small>"Such as: the call would be allowed if /amount were at most 100."</small>
                </span>
            </label>
        </section>
    }
    .into_any()
}

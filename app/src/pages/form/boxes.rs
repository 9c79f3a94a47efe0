//! Boxes of forms: a list to tick any of, and a switch.

use super::input::{Choice, Filled, complaint_of};
use crate::components::untrusted::UntrustedLine;
use leptos::prelude::*;

/// Boxes to tick any of. `held`: those that are ticked unless the form was refused. `class` is `field`, or
/// `field boxes-pairs`.
pub fn boxes(
    filled: &Filled,
    name: &'static str,
    legend: &'static str,
    help: &'static str,
    class: &'static str,
    choices: &[Choice],
    held: &[String],
) -> AnyView {
    let id = filled.id(name);
    let complaint = filled.complaint(name);
    let help_id = format!("{id}-help");
    let error_id = complaint.as_ref().map(|_| format!("{id}-error"));
    let described = error_id.iter().fold(help_id.clone(), |ids, error_id| format!("{ids} {error_id}"));
    let boxes: Vec<AnyView> = choices
        .iter()
        .map(|choice| {
            let ticked = filled.ticked(name, &choice.value, held.contains(&choice.value));
            let sent = format!("{name}[]");
            view! {
                <label class="check">
                    <input type="checkbox" name=sent value=choice.value.clone() checked=ticked/>
                    <span>
                        <UntrustedLine text=choice.label.clone()/>
                        <small class="mono">{choice.value.clone()}</small>
                    </span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! {
        <fieldset class=class id=id tabindex="-1" aria-describedby=described>
            <legend>{legend}</legend>
            {boxes}
            <p class="field-help" id=help_id>
                {help}
            </p>
            {complaint.map(|text| complaint_of(error_id, text))}
        </fieldset>
    }
    .into_any()
}

/// A switch with what it does.
pub fn switch(
    filled: &Filled,
    name: &'static str,
    label: &'static str,
    help: &'static str,
    otherwise: bool,
) -> AnyView {
    let on = filled.ticked(name, "true", otherwise);
    view! {
        <label class="check">
            <input type="checkbox" class="switch" role="switch" name=name value="true" checked=on/>
            <span>
                {label}
                <small>{help}</small>
            </span>
        </label>
    }
    .into_any()
}

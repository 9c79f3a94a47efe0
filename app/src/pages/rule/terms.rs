//! The terms of approval: who must say yes, how many of them, how long the answer holds, and the rarer ones.

use super::draft::Draft;
use super::editing::Editing;
use super::fields::Line;
use super::remarks;
use super::who::{role_boxes, roles_of, subject_chips};
use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::plain;
use leptos::prelude::*;

pub fn approval(editing: Editing) -> AnyView {
    view! {
        <section class="form-section">
            <h2>"Approval"</h2>
            <fieldset class="field" aria-describedby="approval-remarks">
                <legend>"Who may approve"</legend>
                {role_boxes(editing, |draft| &draft.approvers, |draft| &mut draft.approvers)}
            </fieldset>
            <div class="field">
                <label for="approver">
                    "Persons who may approve "
                    <span class="optional">"optional"</span>
                </label>
                {subject_chips(
                    editing,
                    "approver",
                    "approver",
                    "approval-remarks",
                    |draft| &draft.approver_subjects,
                    |draft| &mut draft.approver_subjects,
                )}
            </div>
            <div class="field-row">
                {Line::number("quorum", "How many of them", "approval")
                    .draw(editing, |draft| draft.quorum.clone(), |draft, text| draft.quorum = text)}
                {Line::text("expires_in", "Good for, such as 30m or 1h", "approval")
                    .draw(editing, |draft| draft.expires_in.clone(), |draft, text| draft.expires_in = text)}
                {Line::number("uses", "How often", "approval")
                    .draw(editing, |draft| draft.uses.clone(), |draft, text| draft.uses = text)}
            </div>
            {more(editing)}
            {remarks::at_field(editing, "approval")}
        </section>
    }
    .into_any()
}

/// What few rules say: folded away where this one does not.
fn more(editing: Editing) -> AnyView {
    let open = editing.now(Draft::says_more_of_approval);
    let after = Line::text("escalate_after", "Once it has waited for, such as 20m", "approval");
    let after = Line { optional: true, ..after };
    view! {
        <details class="disclosure" open=open>
            <summary>
                <Icon glyph=Glyph::ChevronRight/>
                "More about approval"
            </summary>
            <div class="form">
                <fieldset class="field" aria-describedby="excluded-help">
                    <legend>"Who may not approve"</legend>
                    {role_boxes(editing, |draft| &draft.exclude_roles, |draft| &mut draft.exclude_roles)}
                    <p class="field-help" id="excluded-help">
                        "None of them, nor of the persons below, has a say in a call that this rule asks for."
                    </p>
                </fieldset>
                <div class="field">
                    <label for="excluded">
                        "Persons who may not approve "
                        <span class="optional">"optional"</span>
                    </label>
                    {subject_chips(
                        editing,
                        "excluded",
                        "excluded person",
                        "excluded-help",
                        |draft| &draft.exclude_subjects,
                        |draft| &mut draft.exclude_subjects,
                    )}
                </div>
                <div class="field-row">
                    {later(editing)}
                    {after.draw(
                        editing,
                        |draft| draft.escalate_after.clone(),
                        |draft, text| draft.escalate_after = text,
                    )}
                </div>
            </div>
        </details>
    }
    .into_any()
}

/// The role that is asked as well, later.
fn later(editing: Editing) -> AnyView {
    let names = roles_of(editing, |draft| {
        Some(draft.escalate_to.clone()).filter(|role| !role.is_empty()).into_iter().collect()
    });
    // Options come and go with the tenant: each says by itself whether it is the one.
    let options = move || -> Vec<AnyView> {
        std::iter::once(String::new())
            .chain(names.get())
            .map(|name| {
                let label = if name.is_empty() { "Nobody".to_owned() } else { plain(&name) };
                let role = StoredValue::new(name.clone());
                let chosen = move || {
                    editing.draft.with(|draft| {
                        role.try_with_value(|role| *role == draft.escalate_to).unwrap_or_default()
                    })
                };
                let now = untrack(chosen);
                view! {
                    <option value=name selected=now prop:selected=chosen>
                        {label}
                    </option>
                }
                .into_any()
            })
            .collect()
    };
    view! {
        <div class="field">
            <label for="escalate_to">"Whom to ask as well"</label>
            <select
                id="escalate_to"
                aria-describedby="approval-remarks"
                on:change=move |event| {
                    let role = event_target_value(&event);
                    editing.change(|draft| draft.escalate_to = role);
                }
            >
                {options}
            </select>
        </div>
    }
    .into_any()
}

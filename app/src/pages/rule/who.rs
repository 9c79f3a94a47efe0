//! Who the rule is about: tenant, roles, subjects, kinds.

use super::draft::Draft;
use super::editing::{Editing, holds, toggle};
use super::fields::{adder, chips, tick};
use super::remarks;
use crate::pages::try_call::form::subjects as subject_list;
use leptos::prelude::*;
use policy::SubjectKind;

pub fn who(editing: Editing) -> AnyView {
    view! {
        <section class="form-section">
            <h2>"Who"</h2>
            {tenant(editing)}
            {roles(editing)}
            {subjects(editing)}
            {kinds(editing)}
            {remarks::at_field(editing, "who")}
        </section>
    }
    .into_any()
}

fn tenant(editing: Editing) -> AnyView {
    let chosen = editing.now(|draft| draft.tenant.clone());
    let mut slugs = editing.choices.with_value(|choices| choices.tenants.clone());
    if !chosen.is_empty() && !slugs.contains(&chosen) {
        slugs.push(chosen.clone());
    }
    let options: Vec<AnyView> = std::iter::once((String::new(), "Every tenant".to_owned()))
        .chain(slugs.into_iter().map(|slug| (slug.clone(), slug)))
        .map(|(value, label)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {label}
                </option>
            }
            .into_any()
        })
        .collect();
    let value = editing.part(|draft| draft.tenant.clone());
    view! {
        <div class="field">
            <label for="tenant">"Tenant"</label>
            <select
                id="tenant"
                aria-describedby="who-remarks"
                prop:value=move || value.get()
                on:change=move |event| {
                    let slug = event_target_value(&event);
                    editing.change(|draft| draft.tenant = slug);
                }
            >
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// Roles that can be held where the rule counts, and those it names already.
pub fn roles_of(
    editing: Editing,
    named: impl Fn(&Draft) -> Vec<String> + Send + Sync + 'static,
) -> Memo<Vec<String>> {
    Memo::new(move |_| {
        let (tenant, named) = editing.draft.with(|draft| (draft.tenant.clone(), named(draft)));
        let mut names: Vec<String> = editing.choices.with_value(|choices| {
            let here = choices
                .roles
                .iter()
                .filter(|role| tenant.is_empty() || role.tenant.as_ref().is_none_or(|own| *own == tenant));
            here.map(|role| role.name.clone()).collect()
        });
        names.extend(named);
        names.sort();
        names.dedup();
        names
    })
}

/// A box for each of these roles. `read` and `write` say which list of the draft holds the ticked ones.
pub fn role_boxes(
    editing: Editing,
    read: fn(&Draft) -> &[String],
    write: fn(&mut Draft) -> &mut Vec<String>,
) -> AnyView {
    let names = roles_of(editing, move |draft| read(draft).to_vec());
    let boxes = move || -> Vec<AnyView> {
        names
            .get()
            .into_iter()
            .map(|name| {
                let role = StoredValue::new(name.clone());
                tick(
                    name,
                    move || editing.draft.with(|draft| holds(role, read(draft))),
                    move |on| editing.change(|draft| toggle(write(draft), role.get_value(), on)),
                )
            })
            .collect()
    };
    view! { <div class="param-controls">{boxes}</div> }.into_any()
}

/// The subjects of a list as chips, and the field that adds one. `what` is the word for one of them.
pub fn subject_chips(
    editing: Editing,
    id: &'static str,
    what: &'static str,
    described_by: &'static str,
    read: fn(&Draft) -> &[String],
    write: fn(&mut Draft) -> &mut Vec<String>,
) -> AnyView {
    let named = editing.part(move |draft| read(draft).to_vec());
    view! {
        {chips(
            named,
            what,
            false,
            move |name| editing.change(|draft| toggle(write(draft), name, false)),
        )}
        {adder(
            id,
            Some("rule-subjects"),
            "Add a subject id",
            described_by,
            move |name| editing.change(|draft| toggle(write(draft), name, true)),
        )}
    }
    .into_any()
}

fn roles(editing: Editing) -> AnyView {
    view! {
        <fieldset class="field" aria-describedby="who-help who-remarks">
            <legend>"Roles"</legend>
            {role_boxes(editing, |draft| &draft.roles, |draft| &mut draft.roles)}
            <p class="field-help" id="who-help">
                "Holders of any of these roles, and the subjects below. Without either: any member."
            </p>
        </fieldset>
    }
    .into_any()
}

fn subjects(editing: Editing) -> AnyView {
    let options = editing.choices.with_value(|choices| subject_list("rule-subjects", &choices.subjects));
    view! {
        <div class="field">
            <label for="subject">
                "Subjects "
                <span class="optional">"optional"</span>
            </label>
            {subject_chips(
                editing,
                "subject",
                "subject",
                "who-remarks",
                |draft| &draft.subjects,
                |draft| &mut draft.subjects,
            )}
            {options}
        </div>
    }
    .into_any()
}

fn kinds(editing: Editing) -> AnyView {
    let word = |kind: SubjectKind| match kind {
        SubjectKind::User => "People",
        SubjectKind::Agent => "Agents",
        SubjectKind::Service => "Services",
    };
    let boxes: Vec<AnyView> = SubjectKind::ALL
        .iter()
        .map(|kind| {
            let kind = *kind;
            tick(
                word(kind).to_owned(),
                move || editing.draft.with(|draft| draft.kinds.contains(&kind)),
                move |on| editing.change(|draft| toggle(&mut draft.kinds, kind, on)),
            )
        })
        .collect();
    view! {
        <fieldset class="field">
            <legend>
                "Only these kinds "
                <span class="optional">"optional"</span>
            </legend>
            <div class="param-controls">{boxes}</div>
        </fieldset>
    }
    .into_any()
}

//! The editor: the rule as one sentence, its parts in reading order, and Try beside them.

use super::arguments::arguments;
use super::checks;
use super::conditions::{explain, name, validity, when};
use super::confirm::Saving;
use super::editing::Editing;
use super::effect::effect;
use super::head::{self, Told};
use super::read::EditorData;
use super::remarks;
use super::text_form::text_form;
use super::tools::tools;
use super::try_panel;
use super::who::who;
use crate::components::icon::{Glyph, Icon};
use crate::components::time::Time;
use crate::components::untrusted::UntrustedLine;
use crate::pages::form::may;
use crate::permission::Permission;
use crate::sentence::sentence;
use crate::sentence::view::pieces;
use leptos::prelude::*;

pub fn editor(data: EditorData, told: &Told, go: Callback<String>) -> AnyView {
    let editing = Editing::new(&data);
    let saving = Saving::new(go);
    checks::follow(editing);
    view! {
        {head::head(&data, Some((editing, saving)))}
        {head::told(&data, told, true)}
        {head::state(&data)}
        {text_form(&data)}
        <div class="split-editor" data-needs-script="">
            <div class="form">
                {saving.summary(editing)}
                {spoken(editing)}
                {failed(editing)}
                {remarks::at_field(editing, "rule")}
                {wider(editing)}
                {name(editing)}
                {effect(editing)}
                {who(editing)}
                {tools(editing)}
                {arguments(editing)}
                {when(editing)}
                {validity(editing)}
                {explain(editing)}
                {last_change(&data)}
            </div>
            {may(Permission::TryCalls).then(|| try_panel::panel(editing, data.example.clone()))}
        </div>
        {saving.dialog(editing)}
    }
    .into_any()
}

/// The rule as one sentence, which follows every edit.
fn spoken(editing: Editing) -> AnyView {
    let spoken = editing.part(|draft| sentence(&draft.to_rule().0));
    view! {
        <p class="sentence sentence-large" role="status">
            {move || spoken.with(pieces)}
        </p>
    }
    .into_any()
}

/// The check itself failed: what is said below may be out of date.
fn failed(editing: Editing) -> AnyView {
    let draw = move || {
        editing.failed.get().map(|error| {
            view! {
                <p class="flag">
                    <Icon glyph=Glyph::Warning/>
                    <span>{format!("The rule could not be checked: {}. {}", error.title(), error.advice())}</span>
                </p>
            }
        })
    };
    draw.into_any()
}

fn wider(editing: Editing) -> AnyView {
    let respects = Memo::new(move |_| editing.checked.with(|checked| checked.wider.clone()));
    let draw = move || {
        let respects = respects.get();
        (!respects.is_empty()).then(|| {
            let text = format!("Lets more through than the stored version: {}.", respects.join("; "));
            view! {
                <p class="flag">
                    <Icon glyph=Glyph::Warning/>
                    <span>{crate::pages::decision::banner::with_code(&text)}</span>
                </p>
            }
        })
    };
    draw.into_any()
}

/// Who changed it last, and when.
pub fn last_change(data: &EditorData) -> Option<AnyView> {
    let changed = data.changed.clone()?;
    let by = data.changed_by.clone().map(|by| {
        view! {
            " by "
            <UntrustedLine text=by/>
        }
    });
    let history = data.id.as_deref().map(|id| format!("{}/history", head::path_of(id)));
    Some(
        view! {
            <p class="quiet">
                {data.version.map(|version| format!("Version {version}, changed "))}
                <Time moment=changed/>
                {by}
                {history.map(|href| view! { ". " <a href=href>"History"</a> })}
            </p>
        }
        .into_any(),
    )
}

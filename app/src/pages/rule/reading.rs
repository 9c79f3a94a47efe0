//! A rule for those who only read: the sentence, what is odd about it, and the rule as it is written.

use super::editor::last_change;
use super::head::{self, Told};
use super::read::EditorData;
use super::remarks;
use crate::components::untrusted::Untrusted;
use crate::sentence::sentence;
use crate::sentence::view::pieces;
use leptos::prelude::*;

pub fn reading(data: &EditorData, told: &Told) -> AnyView {
    let checked = &data.checked;
    let mut others = checked.never.clone();
    others.extend(checked.hints.iter().cloned());
    view! {
        {head::head(data, None)}
        {head::told(data, told, false)}
        {head::state(data)}
        <div class="stack page-form">
            <p class="sentence sentence-large">{pieces(&sentence(&data.draft.to_rule().0))}</p>
            {remarks::drawn(&checked.problems, &others)}
            <section class="card">
                <header class="card-head">
                    <h2>"As it is written"</h2>
                </header>
                <div class="card-body">
                    <Untrusted text=data.yaml.clone() mono=true/>
                </div>
            </section>
            {last_change(data)}
        </div>
    }
    .into_any()
}

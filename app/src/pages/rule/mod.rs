//! `/rules/new`, `/rules/{id}` and its history: one rule, written, tried and saved.
//!
//! With script it is a form that follows every edit; without, one text area with the rule as YAML. Both end at
//! `pdp::drafts`.

pub mod arguments;
pub mod bound;
pub mod checks;
pub mod conditions;
pub mod confirm;
pub mod draft;
pub mod editing;
pub mod editor;
pub mod effect;
pub mod fields;
pub mod head;
pub mod history;
pub mod read;
pub mod reading;
pub mod remarks;
pub mod save;
pub mod schema;
pub mod spec;
pub mod terms;
pub mod text_form;
pub mod tools;
pub mod try_panel;
pub mod who;

#[cfg(feature = "ssr")]
mod carried;
#[cfg(feature = "ssr")]
pub(in crate::pages) mod example;
#[cfg(feature = "ssr")]
mod reach_words;
#[cfg(feature = "ssr")]
pub(in crate::pages) mod service;
#[cfg(feature = "ssr")]
mod service_save;

use super::guarded;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::routes;
use crate::status::PageStatus;
use crate::url::{parameter, use_parameters};
use crate::wire::resource;
use head::Told;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use read::{Beginning, EditorData, WhyNot, read_editor};

#[component]
pub fn NewRulePage() -> impl IntoView {
    guarded(routes::RULE_NEW, page)
}

#[component]
pub fn RulePage() -> impl IntoView {
    guarded(routes::RULE, page)
}

/// What the page is asked for. After a save the address differs, so the rule is read anew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    /// Empty: a new rule.
    id: String,
    beginning: Beginning,
    told: Told,
}

fn page() -> impl IntoView {
    let params = use_params_map();
    let query = use_parameters();
    let asked = Memo::new(move |_| Asked {
        id: params.with(|params| params.get("id")).unwrap_or_default(),
        beginning: query.with(|map| Beginning {
            tenant: parameter(map, "tenant"),
            tool: parameter(map, "tool"),
            text: parameter(map, "text"),
            why: parameter(map, "why").and_then(|word| WhyNot::read(&word)),
        }),
        told: query.with(Told::read),
    });
    let editor =
        resource(move || asked.get(), |asked| async move { read_editor(asked.id, asked.beginning).await });
    let navigate = use_navigate();
    let go = Callback::new(move |path: String| navigate(&path, NavigateOptions::default()));
    let status = PageStatus::current();
    loaded(editor, move |found: Option<EditorData>| match found {
        Some(data) => {
            let told = asked.with_untracked(|asked| asked.told.clone());
            if data.may_write { editor::editor(data, &told, go) } else { reading::reading(&data, &told) }
        }
        None => {
            status.not_found();
            unknown()
        }
    })
}

fn unknown() -> AnyView {
    view! {
        <PageHead title="No such rule"/>
        <section class="error-page">
            <p>"There is no such rule, or it was deleted. Its changes are still on record."</p>
            <div class="button-row">
                <a class="button button-primary" href=routes::RULES.path>
                    "Go to Rules"
                </a>
            </div>
        </section>
    }
    .into_any()
}

//! `/settings/sign-in`: the providers by which people sign in, and which of their groups stand for which role.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::keys::query::KeysQuery;
use super::tenants::tabs::SettingsTabs;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::PROVIDERS;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use read::{ProviderList, read_providers};

#[component]
pub fn ProvidersPage() -> impl IntoView {
    server_drawn(PROVIDERS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (KeysQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_providers(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSettings);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(PROVIDERS.path).asking(Ask::New).href();
            view! {
                <div class="page-actions">
                    <a class="button button-primary" href=href rel="external">
                        <Icon glyph=Glyph::Plus/>
                        "Add provider"
                    </a>
                </div>
            }
        })
    };
    view! {
        <PageHead title="Sign-in">{create}</PageHead>
        <SettingsTabs current=PROVIDERS.path/>
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

fn draw(list: ProviderList, answer: Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(&list, &answer)).flatten();
    view! {
        <div class="stack">
            <Answered answer=answer/>
            {panel}
            <div>{table::table(list, may_write)}</div>
        </div>
    }
    .into_any()
}

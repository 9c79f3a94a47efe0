//! `/settings/accounts`: who may use the console, as what, and how they come in.

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
use super::keys::search;
use super::tenants::tabs::SettingsTabs;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::ACCOUNTS;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use read::{AccountList, read_accounts};

#[component]
pub fn AccountsPage() -> impl IntoView {
    server_drawn(ACCOUNTS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (KeysQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the list is read anew after it.
    let list = resource(
        move || asked.get(),
        |(query, answer)| async move { read_accounts(query).await.map(|list| (list, answer)) },
    );
    let may_write = may(Permission::WriteSettings);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(ACCOUNTS.path).asking(Ask::New).href();
            view! {
                <div class="page-actions">
                    <a class="button button-primary" href=href rel="external">
                        <Icon glyph=Glyph::Plus/>
                        "Invite"
                    </a>
                </div>
            }
        })
    };
    view! {
        <PageHead title="Accounts">{create}</PageHead>
        <SettingsTabs current=ACCOUNTS.path/>
        {move || search(ACCOUNTS.path, "Login or name", asked.with(|(query, _)| query.search.clone()))}
        {loaded(list, move |(list, answer)| draw(list, answer, may_write))}
    }
}

fn draw(list: AccountList, answer: Answer, may_write: bool) -> AnyView {
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

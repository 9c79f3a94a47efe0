//! `/settings/notifications`: webhooks and mail about requests for approval, and what could not be delivered.

pub mod mail_panel;
pub mod panel;
pub mod query;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
mod gather;
#[cfg(feature = "ssr")]
pub mod write;
#[cfg(feature = "ssr")]
mod write_mail;

use super::form::answer::Answer;
use super::form::may;
use super::form::notice::Answered;
use super::form::place::{Ask, Place};
use super::tenants::tabs::SettingsTabs;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::drawn::server_drawn;
use crate::permission::Permission;
use crate::routes::NOTIFICATIONS;
use crate::url::use_parameters;
use crate::wire::resource;
use leptos::prelude::*;
use query::NotificationsQuery;
use read::{NotificationsView, read_notifications};

#[component]
pub fn NotificationsPage() -> impl IntoView {
    server_drawn(NOTIFICATIONS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let asked = Memo::new(move |_| map.with(|map| (NotificationsQuery::read(map), Answer::read(map))));
    // What came of a form is part of the question, so that the page is read anew after it.
    let found = resource(
        move || asked.get(),
        |(query, answer)| async move { read_notifications(query).await.map(|view| (view, answer)) },
    );
    let may_write = may(Permission::WriteSettings);
    let create = move || {
        (may_write && asked.with(|(query, _)| query.ask.is_none())).then(|| {
            let href = Place::new(NOTIFICATIONS.path).asking(Ask::New).href();
            view! {
                <div class="page-actions">
                    <a class="button button-primary" href=href rel="external">
                        <Icon glyph=Glyph::Plus/>
                        "New webhook"
                    </a>
                </div>
            }
        })
    };
    view! {
        <PageHead title=NOTIFICATIONS.title>{create}</PageHead>
        <SettingsTabs current=NOTIFICATIONS.path/>
        {loaded(found, move |(view, answer)| draw(view, answer, may_write))}
    }
}

fn draw(view: NotificationsView, answer: Answer, may_write: bool) -> AnyView {
    let panel = may_write.then(|| panel::panel(&view, &answer)).flatten();
    let NotificationsView { query, webhooks, dead, next, mail, addresses, waiting, .. } = view;
    view! {
        <div class="stack">
            <Answered answer=answer/>
            {panel}
            {table::webhooks(webhooks, may_write)}
            {table::waiting(waiting)}
            {table::dead_letters(dead, next, query.before.is_some(), may_write)}
            {table::mail(mail, may_write)}
            {table::addresses(addresses, may_write)}
        </div>
    }
    .into_any()
}

//! `/settings/sign-in`: the providers by which people sign in, and which of their groups stand for which role.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::settings::Settings;
use crate::drawn::server_drawn;
use crate::routes::PROVIDERS;
use leptos::prelude::*;
use read::{ProviderList, read_providers};

#[component]
pub fn ProvidersPage() -> impl IntoView {
    server_drawn(PROVIDERS, page)
}

fn page() -> impl IntoView {
    let settings = Settings { page: PROVIDERS, add: "Add provider", search: None };
    settings.draw(read_providers, draw)
}

fn draw(list: ProviderList, answer: &Answer, may_write: bool) -> (Option<AnyView>, AnyView) {
    let form = may_write.then(|| panel::panel(&list, answer)).flatten();
    (form, table::table(list, may_write))
}

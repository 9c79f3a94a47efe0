//! `/settings/keys`: enforcement keys, whom they belong to, and how they are rotated and ended.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;
pub mod view;

#[cfg(feature = "ssr")]
pub mod reveal;
#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::settings::Settings;
use crate::drawn::server_drawn;
use crate::routes::KEYS;
use leptos::prelude::*;
use read::read_keys;
use view::KeyList;

#[component]
pub fn KeysPage() -> impl IntoView {
    server_drawn(KEYS, page)
}

fn page() -> impl IntoView {
    let settings = Settings { page: KEYS, add: "New key", search: Some("Name, server or tenant") };
    settings.draw(read_keys, draw)
}

fn draw(list: KeyList, answer: &Answer, may_write: bool) -> (Option<AnyView>, AnyView) {
    let form = may_write.then(|| panel::panel(&list, answer)).flatten();
    (form, table::table(list, answer, may_write))
}

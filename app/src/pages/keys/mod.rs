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

/// The page of accounts asks and searches as the other lists of the settings do.
pub mod query {
    pub use crate::pages::settings::query::ListQuery as KeysQuery;
}

/// Searches a list of the settings; `what` says where in.
pub fn search(path: &'static str, what: &'static str, value: Option<String>) -> AnyView {
    crate::components::list::search(path, what, value, [])
}

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

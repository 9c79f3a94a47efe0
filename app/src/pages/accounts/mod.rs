//! `/settings/accounts`: who may use the console, as what, and how they come in.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::settings::Settings;
use crate::drawn::server_drawn;
use crate::routes::ACCOUNTS;
use leptos::prelude::*;
use read::{AccountList, read_accounts};

#[component]
pub fn AccountsPage() -> impl IntoView {
    server_drawn(ACCOUNTS, page)
}

fn page() -> impl IntoView {
    let settings = Settings { page: ACCOUNTS, add: "Invite", search: Some("Login or name") };
    settings.draw(read_accounts, draw)
}

fn draw(list: AccountList, answer: &Answer, may_write: bool) -> (Option<AnyView>, AnyView) {
    let form = may_write.then(|| panel::panel(&list, answer)).flatten();
    (form, table::table(list, may_write))
}

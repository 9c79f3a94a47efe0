//! `/settings/tokens`: administrator tokens for the API, how they are made and revoked.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub mod write;

use super::form::answer::Answer;
use super::settings::Settings;
use crate::drawn::server_drawn;
use crate::routes::TOKENS;
use leptos::prelude::*;
use read::{TokenList, read_tokens};

#[component]
pub fn TokensPage() -> impl IntoView {
    server_drawn(TOKENS, page)
}

fn page() -> impl IntoView {
    let settings = Settings { page: TOKENS, add: "New token", search: Some("Name") };
    settings.draw(read_tokens, draw)
}

fn draw(list: TokenList, answer: &Answer, may_write: bool) -> (Option<AnyView>, AnyView) {
    let form = may_write.then(|| panel::panel(&list, answer)).flatten();
    (form, table::table(list, answer, may_write))
}

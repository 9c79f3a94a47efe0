//! `/settings/tenants`: the tenants, and how they are created, suspended and deleted.

pub mod panel;
pub mod read;
pub mod save;
pub mod table;
pub mod tabs;

use super::form::answer::Answer;
use super::settings::Settings;
use crate::drawn::server_drawn;
use crate::routes::TENANTS;
use leptos::prelude::*;
use read::{TenantList, read_tenants};

#[component]
pub fn TenantsPage() -> impl IntoView {
    server_drawn(TENANTS, page)
}

fn page() -> impl IntoView {
    let settings = Settings { page: TENANTS, add: "New tenant", search: Some("Slug or name") };
    settings.draw(read_tenants, draw)
}

fn draw(list: TenantList, answer: &Answer, may_write: bool) -> (Option<AnyView>, AnyView) {
    let form = may_write.then(|| panel::panel(&list, answer)).flatten();
    (form, table::table(list, answer, may_write))
}

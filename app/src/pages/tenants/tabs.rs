//! The pages of the settings, as tabs above each of them.

use crate::routes::{ACCOUNTS, KEYS, NOTIFICATIONS, PROVIDERS, Page, TENANTS, TOKENS};
use crate::session;
use leptos::prelude::*;

const TABS: &[(Page, &str)] = &[
    (TENANTS, "Tenants"),
    (KEYS, "Enforcement keys"),
    (TOKENS, "Administrator tokens"),
    (ACCOUNTS, "Accounts"),
    (PROVIDERS, "Sign-in"),
    (NOTIFICATIONS, "Notifications"),
];

/// `current` is the path of the page they stand on.
#[component]
pub fn SettingsTabs(current: &'static str) -> impl IntoView {
    let role = session::current().map(|signed_in| signed_in.role);
    let tabs: Vec<AnyView> = TABS
        .iter()
        .filter(|(page, _)| role.is_some_and(|role| role.may(page.permission)))
        .map(|(page, label)| {
            let here = (page.path == current).then_some("page");
            view! {
                <a href=page.path aria-current=here>
                    {*label}
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <nav class="tabs" aria-label="Settings">
            {tabs}
        </nav>
    }
}

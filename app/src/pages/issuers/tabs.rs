//! Issuers, and who came with their tokens and is known by nobody: tabs above both pages.

use crate::routes::{ISSUERS, UNMAPPED};
use leptos::prelude::*;

/// Where the blocked ones are listed.
pub const BLOCKED: &str = "/unmapped?state=blocked";

const TABS: &[(&str, &str)] =
    &[(ISSUERS.path, "Issuers"), (UNMAPPED.path, "Unmapped callers"), (BLOCKED, "Blocked")];

/// `current` is the address of the tab they stand on; `waiting` how many callers wait, where that is known.
pub fn tabs(current: &'static str, waiting: Option<String>) -> AnyView {
    let tabs: Vec<AnyView> = TABS
        .iter()
        .map(|(path, label)| {
            let here = (*path == current).then_some("page");
            let count = waiting.clone().filter(|_| *path == UNMAPPED.path);
            view! {
                <a href=*path aria-current=here>
                    {*label}
                    " "
                    {count.map(|count| view! { <span class="badge">{count}</span> })}
                </a>
            }
            .into_any()
        })
        .collect();
    view! {
        <nav class="tabs" aria-label="Identities">
            {tabs}
        </nav>
    }
    .into_any()
}

//! What stands at the address of a page that one's role may not see: names the role that may.

use crate::permission::ConsoleRole;
use crate::routes::{Page, landing};
use crate::status::PageStatus;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ForbiddenPage(page: Page, role: ConsoleRole) -> impl IntoView {
    PageStatus::current().forbidden();
    let needed = format!("{} needs the role {}", page.title, page.permission.holders_in_words());
    let article = if matches!(role, ConsoleRole::PolicyAuthor) { "a" } else { "an" };
    let held = format!("You are signed in as {article} {}. Ask an owner to change your role.", role.title());
    view! {
        <Title text="Not for your role"/>
        <section class="error-page">
            <p class="error-code">"403"</p>
            <h1>{needed}</h1>
            <p>{held}</p>
            <div class="button-row">
                <a class="button button-primary" href=landing(role)>
                    "Go to the start page"
                </a>
            </div>
        </section>
    }
}

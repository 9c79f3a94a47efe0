//! What stands at the address of a page that one's role may not see: names the role that may.

use crate::permission::ConsoleRole;
use crate::routes::{Page, landing};
use crate::session::SignedIn;
use crate::status::PageStatus;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn ForbiddenPage(page: Page, signed_in: SignedIn) -> impl IntoView {
    PageStatus::current().forbidden();
    let role = signed_in.role;
    // Of some tenants alone, where the same role of all of them would do.
    let elsewhere = role.may(page.permission);
    let where_to = if elsewhere { " in every tenant" } else { "" };
    let needed = format!("{} needs the role {}{where_to}", page.title, page.permission.holders_in_words());
    let article = if matches!(role, ConsoleRole::PolicyAuthor) { "a" } else { "an" };
    let held =
        format!("You are signed in as {article} {}. Ask an owner to change your role.", signed_in.title());
    let start = landing(role, signed_in.is_bound());
    view! {
        <Title text="Not for your role"/>
        <section class="error-page">
            <p class="error-code">"403"</p>
            <h1>{needed}</h1>
            <p>{held}</p>
            <div class="button-row">
                <a class="button button-primary" href=start>
                    "Go to the start page"
                </a>
            </div>
        </section>
    }
}

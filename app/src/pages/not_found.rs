//! What stands at an address that is no page: the wildcard route.

use crate::routes::landing;
use crate::session;
use crate::status::PageStatus;
use leptos::prelude::*;
use leptos_meta::Title;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    PageStatus::current().not_found();
    let home = session::current().map_or("/", |signed_in| landing(signed_in.role, signed_in.is_bound()));
    view! {
        <Title text="Not found"/>
        <section class="error-page">
            <p class="error-code">"404"</p>
            <h1>"There is no such page"</h1>
            <p>"The address may be misspelt, or what stood here is gone."</p>
            <div class="button-row">
                <a class="button button-primary" href=home>
                    "Go to the start page"
                </a>
            </div>
        </section>
    }
}

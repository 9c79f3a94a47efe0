//! `/`: sends everyone to the page they start with.

use crate::components::page_head::PageHead;
use crate::routes::landing;
use crate::session;
use leptos::prelude::*;
use leptos_router::components::Redirect;

#[component]
pub fn HomePage() -> impl IntoView {
    let path = session::current().map_or("/sign-in", |signed_in| landing(signed_in.role));
    view! {
        <PageHead title="Start"/>
        <p>
            <a href=path>"Go on"</a>
        </p>
        <Redirect path=path/>
    }
}

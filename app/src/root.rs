//! The root: who is signed in, the frame, and which page stands at which path.

use crate::frame::Frame;
use crate::pages::account::AccountPage;
use crate::pages::change::ChangePage;
use crate::pages::changes::ChangesPage;
use crate::pages::decision::DecisionPage;
use crate::pages::decisions::DecisionsPage;
use crate::pages::home::HomePage;
use crate::pages::not_found::NotFoundPage;
use crate::session;
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

/// The app, on the server and in the browser. Every route waits for its data, so that pages are whole without
/// script; `routes::PAGES` names the same paths.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // The browser reads what the server wrote; it has no other way to know.
    if let Some(signed_in) = SharedValue::new(session::current).into_inner() {
        provide_context(signed_in);
    }
    view! {
        <Title formatter=|title: String| format!("{title} · Countersign")/>
        <Router>
            <Frame>
                <FlatRoutes fallback=|| view! { <NotFoundPage/> }>
                    <Route path=path!("/") view=HomePage ssr=SsrMode::Async/>
                    <Route path=path!("/decisions") view=DecisionsPage ssr=SsrMode::Async/>
                    <Route path=path!("/decisions/:id") view=DecisionPage ssr=SsrMode::Async/>
                    <Route path=path!("/changes") view=ChangesPage ssr=SsrMode::Async/>
                    <Route path=path!("/changes/:id") view=ChangePage ssr=SsrMode::Async/>
                    <Route path=path!("/account") view=AccountPage ssr=SsrMode::Async/>
                    <Route path=path!("/*rest") view=NotFoundPage ssr=SsrMode::Async/>
                </FlatRoutes>
            </Frame>
        </Router>
    }
}

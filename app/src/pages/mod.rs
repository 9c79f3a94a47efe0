//! The pages, one folder or file each. A page creates its resources first, then draws them.

pub mod access;
pub mod account;
pub mod accounts;
pub mod approval;
pub mod approvals;
pub mod change;
pub mod changes;
pub mod decision;
pub mod decisions;
pub mod emergency;
pub mod evidence;
pub mod forbidden;
pub mod form;
pub mod issuer;
pub mod issuers;
pub mod keys;
pub mod not_found;
pub mod notifications;
pub mod overview;
pub mod providers;
pub mod request;
pub mod resources;
pub mod review;
pub mod role;
pub mod roles;
pub mod rule;
pub mod rules;
pub mod search;
pub mod server;
pub mod servers;
pub mod settings;
pub mod subject;
pub mod subjects;
pub mod tasks;
pub mod tenants;
pub mod tokens;
pub mod tool;
pub mod try_call;
pub mod unmapped;

use crate::routes::Page;
use crate::session;
use forbidden::ForbiddenPage;
use leptos::prelude::*;

/// Draws the page for those who may see it; everyone else learns which role is missing. What the page shows is
/// guarded once more where it is read.
pub(crate) fn guarded<V: IntoView + 'static>(page: Page, draw: impl FnOnce() -> V) -> AnyView {
    match session::current() {
        Some(signed_in) if signed_in.sees(&page) => draw().into_any(),
        Some(signed_in) => view! { <ForbiddenPage page=page signed_in=signed_in/> }.into_any(),
        // The server sends those who are not signed in to the sign-in page; this is for the moment between.
        None => view! { <SignedOut/> }.into_any(),
    }
}

#[component]
fn SignedOut() -> impl IntoView {
    view! {
        <section class="error-page">
            <h1>"You are signed out"</h1>
            <p>"Sign in to see this page."</p>
            <div class="button-row">
                <a class="button button-primary" href="/sign-in" rel="external">
                    "Sign in"
                </a>
            </div>
        </section>
    }
}

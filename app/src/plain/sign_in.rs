//! The sign-in page. Posts `login` and `password` to `/sign-in`, or nothing to `/sign-in/passkey`.

use super::{Field, PlainPage, SIGN_IN_BY_PASSKEY, document, summary};
use crate::components::untrusted::UntrustedLine;
use leptos::prelude::*;

/// Where a sign-in by a provider begins: its id follows.
pub const PROVIDER_LINK: &str = "/sign-in/with/";

/// Where a provider leads back to: its id follows. Each has an address of its own, so that the answer of one is never
/// taken for another's (RFC 9700, section 4.4.2).
pub const PROVIDER_CALLBACK: &str = "/sign-in/callback/";

/// What the page is filled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInForm {
    pub login: String,
    /// A whole sentence for the person at the door.
    pub error: Option<String>,
    /// Id and name of those by whom one may sign in instead.
    pub providers: Vec<(String, String)>,
    /// Whether the console's address can have passkeys.
    pub passkeys: bool,
}

/// The providers, in front of the form: who has one is meant to use it.
fn providers(known: Vec<(String, String)>) -> Option<AnyView> {
    if known.is_empty() {
        return None;
    }
    let links: Vec<AnyView> = known
        .into_iter()
        .map(|(id, name)| {
            view! {
                <a class="button" href=format!("{PROVIDER_LINK}{id}")>
                    "Sign in with "
                    <UntrustedLine text=name/>
                </a>
            }
            .into_any()
        })
        .collect();
    Some(view! { <nav class="stack" aria-label="Providers">{links}</nav> }.into_any())
}

/// The way in without login and password.
fn passkeys(usable: bool) -> Option<AnyView> {
    usable.then(|| {
        view! {
            <form class="form" method="post" action=SIGN_IN_BY_PASSKEY>
                <button class="button">"Sign in with a passkey"</button>
            </form>
        }
        .into_any()
    })
}

pub fn sign_in(page: &PlainPage, form: SignInForm) -> String {
    document(page, "Sign in", false, move || {
        view! {
            <div class="card plain-card">
                <h1>"Sign in"</h1>
                {providers(form.providers)}
                <form class="form" method="post" action="/sign-in">
                    {form.error.map(|error| summary(error, Vec::new()))}
                    {Field::text("login", "Login", &form.login, "username").draw()}
                    {Field::password("password", "Password", "current-password").draw()}
                    <button class="button button-primary">"Sign in"</button>
                </form>
                {passkeys(form.passkeys)}
            </div>
            <p class="plain-foot">
                "Lost your password? An operator runs " <code>"countersign account recover"</code> " on the host."
            </p>
        }
        .into_any()
    })
}

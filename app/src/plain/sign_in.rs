//! The sign-in page. Posts `login` and `password` to `/sign-in`.

use super::{Field, PlainPage, document, summary};
use leptos::prelude::*;

/// What the page is filled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInForm {
    pub login: String,
    /// A whole sentence for the person at the door.
    pub error: Option<String>,
}

pub fn sign_in(page: &PlainPage, form: SignInForm) -> String {
    document(page, "Sign in", false, move || {
        view! {
            <div class="card plain-card">
                <h1>"Sign in"</h1>
                <form class="form" method="post" action="/sign-in">
                    {form.error.map(|error| summary(error, Vec::new()))}
                    {Field::text("login", "Login", &form.login, "username").draw()}
                    {Field::password("password", "Password", "current-password").draw()}
                    <button class="button button-primary">"Sign in"</button>
                </form>
            </div>
            <p class="plain-foot">
                "Lost your password? An operator runs " <code>"countersign account recover"</code> " on the host."
            </p>
        }
        .into_any()
    })
}

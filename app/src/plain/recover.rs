//! The recovery page: a new password for an account, by a one-time link made on the host. Posts `code`,
//! `password`, `password_again` to `/recover`.

use super::setup::{PASSWORD_HELP, SetupErrors};
use super::{Field, PlainPage, document};
use leptos::prelude::*;

/// How long it is good for depends on who made the link, and for what.
const CODE_HELP: &str = "The part behind the # of the link. Good for one use.";

/// What the page is filled with. Passwords are never sent back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecoverForm {
    pub code: String,
    /// `login` and `name` stay empty.
    pub errors: SetupErrors,
}

pub fn recover(page: &PlainPage, form: RecoverForm) -> String {
    document(page, "New password", true, move || {
        let errors = form.errors;
        view! {
            <div class="card plain-card">
                <h1>"Choose a new password"</h1>
                <p class="plain-lead">"Every session of the account ends, and the link is used up."</p>
                <form class="form" method="post" action="/recover">
                    {errors.summary()}
                    {Field::password("password", "New password", "new-password")
                        .help(PASSWORD_HELP)
                        .error(errors.password.as_ref())
                        .draw()}
                    {Field::password("password_again", "New password again", "new-password")
                        .error(errors.password_again.as_ref())
                        .draw()}
                    {Field::code(&form.code).help(CODE_HELP).error(errors.code.as_ref()).draw()}
                    <button class="button button-primary">"Set password"</button>
                </form>
            </div>
        }
        .into_any()
    })
}

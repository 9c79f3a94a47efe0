//! The set-up page: creates the owner, once. Posts `code`, `login`, `name`, `password`, `password_again` to
//! `/setup`. The code comes in the link's fragment; without script it is pasted.

use super::{Field, PlainLink, PlainPage, attention, document, message, summary};
use leptos::prelude::*;

/// What the page is filled with. Passwords are never sent back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupForm {
    pub code: String,
    pub login: String,
    pub name: String,
    pub errors: SetupErrors,
}

/// What is wrong with what came, field by field: short sentences that say what to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetupErrors {
    /// Not about one field.
    pub form: Option<String>,
    pub code: Option<String>,
    pub login: Option<String>,
    pub name: Option<String>,
    pub password: Option<String>,
    pub password_again: Option<String>,
}

impl SetupErrors {
    fn links(&self) -> Vec<(&'static str, String)> {
        [
            ("name", &self.name),
            ("login", &self.login),
            ("password", &self.password),
            ("password_again", &self.password_again),
            ("code", &self.code),
        ]
        .into_iter()
        .filter_map(|(id, error)| Some((id, error.clone()?)))
        .collect()
    }

    /// What stands on top of the form.
    pub(super) fn summary(&self) -> Option<AnyView> {
        let links = self.links();
        match (&self.form, links.len()) {
            (Some(title), _) => Some(summary(title.clone(), links)),
            (None, 0) => None,
            (None, count) => Some(summary(attention(count), links)),
        }
    }
}

pub(super) const PASSWORD_HELP: &str = "12 characters or more. A sentence works well.";
const CODE_HELP: &str =
    "The part behind the # of the link on the server's terminal. Good for one hour and one use.";

pub fn setup(page: &PlainPage, form: SetupForm) -> String {
    document(page, "Set up", true, move || {
        let errors = form.errors;
        view! {
            <div class="card plain-card">
                <h1>"Create the owner"</h1>
                <p class="plain-lead">
                    "The first account. It may do everything, and set-up closes once it exists."
                </p>
                <form class="form" method="post" action="/setup">
                    {errors.summary()}
                    {Field::text("name", "Your name", &form.name, "name").error(errors.name.as_ref()).draw()}
                    {Field::text("login", "Login", &form.login, "username")
                        .help("What you sign in with, such as your email address.")
                        .error(errors.login.as_ref())
                        .draw()}
                    {Field::password("password", "Password", "new-password")
                        .help(PASSWORD_HELP)
                        .error(errors.password.as_ref())
                        .draw()}
                    {Field::password("password_again", "Password again", "new-password")
                        .error(errors.password_again.as_ref())
                        .draw()}
                    {Field::code(&form.code).help(CODE_HELP).error(errors.code.as_ref()).draw()}
                    <button class="button button-primary">"Create owner"</button>
                </form>
            </div>
        }
        .into_any()
    })
}

/// An account existed before: set-up never opens again.
pub fn setup_closed(page: &PlainPage) -> String {
    let link = PlainLink { href: "/sign-in".to_owned(), label: "Sign in".to_owned() };
    message(
        page,
        "Set-up is closed",
        "This server already has an owner. To get back in, an operator runs `countersign account recover` on the host.",
        Some(link),
    )
}

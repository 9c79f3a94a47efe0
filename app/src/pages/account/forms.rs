//! Theme and password: plain forms, answered by the server's own handlers.

use crate::session::{PasskeyHolder, Theme};
use leptos::prelude::*;

/// Posts `theme` to `/account/theme`, which keeps it in a cookie.
#[component]
pub fn ThemeForm(theme: Theme) -> impl IntoView {
    let choices: Vec<AnyView> = Theme::ALL.iter().map(|choice| choice_of(*choice, theme)).collect();
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Theme"</h2>
            </header>
            <div class="card-body">
                <form method="post" action="/account/theme" class="form">
                    <fieldset class="radios radios-row">
                        <legend class="visually-hidden">"Theme"</legend>
                        {choices}
                    </fieldset>
                    <div class="form-actions">
                        <button class="button">"Save theme"</button>
                    </div>
                </form>
            </div>
        </section>
    }
}

fn choice_of(choice: Theme, chosen: Theme) -> AnyView {
    let checked = choice == chosen;
    view! {
        <label class="radio-card">
            <input type="radio" name="theme" value=choice.as_str() checked=checked/>
            <span class="radio-title">{choice.label()}</span>
        </label>
    }
    .into_any()
}

/// Posts `current`, `password` and `password_again` to `/account/password`.
#[component]
pub fn PasswordForm(login: String) -> impl IntoView {
    // A passkey that answered a moment ago stands for the current password.
    let current = (!PasskeyHolder::current().proved).then(|| {
        view! {
            <div class="field">
                <label for="current">"Current password"</label>
                <input
                    id="current"
                    name="current"
                    type="password"
                    autocomplete="current-password"
                    required
                />
            </div>
        }
    });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Password"</h2>
            </header>
            <div class="card-body">
                <form method="post" action="/account/password" class="form">
                    // For password managers: whose password this is.
                    <input type="text" name="login" value=login autocomplete="username" hidden/>
                    {current}
                    <div class="field">
                        <label for="password">"New password"</label>
                        <input
                            id="password"
                            name="password"
                            type="password"
                            autocomplete="new-password"
                            aria-describedby="password-help"
                            required
                        />
                        <p class="field-help" id="password-help">
                            "12 characters or more. Every other session ends."
                        </p>
                    </div>
                    <div class="field">
                        <label for="password_again">"New password again"</label>
                        <input
                            id="password_again"
                            name="password_again"
                            type="password"
                            autocomplete="new-password"
                            required
                        />
                    </div>
                    <div class="form-actions">
                        <button class="button">"Change password"</button>
                    </div>
                </form>
            </div>
        </section>
    }
}

/// Who comes in by a provider alone does not give themselves a second way in: it would stay open when the provider no
/// longer vouches for them.
#[component]
pub fn NoPassword() -> impl IntoView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"Password"</h2>
            </header>
            <div class="card-body">
                <p>
                    "You sign in by your provider and have no password here. An owner can make a link with which you choose one."
                </p>
            </div>
        </section>
    }
}

//! The page on which a passkey answers. Its form posts `answer`, the browser's credential as JSON, to `/passkey`; the
//! script `style/static/passkeys.js` fills it in. Without script nothing can ask a passkey, and the page says so.

use super::{PlainPage, document_with};
use leptos::prelude::*;

/// The page, and where its form is sent.
pub const CEREMONY: &str = "/passkey";

/// Where signing in by a passkey alone begins: a form without fields.
pub const SIGN_IN_BY_PASSKEY: &str = "/sign-in/passkey";

/// What the passkey is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Add,
    SignIn,
    SecondFactor,
    Prove,
}

impl Asked {
    const fn title(self) -> &'static str {
        match self {
            Self::Add => "Add a passkey",
            Self::SignIn => "Sign in with a passkey",
            Self::SecondFactor => "Now your passkey",
            Self::Prove => "Your passkey first",
        }
    }

    const fn lead(self) -> &'static str {
        match self {
            Self::Add => {
                "Your browser asks where to keep it. It belongs to this console alone, and never leaves its device or keychain."
            }
            Self::SignIn => "Your browser asks which one. Nobody is asked for a login.",
            Self::SecondFactor => "Your password was right, and your account demands a passkey as well.",
            Self::Prove => {
                "It is longer than 5 minutes ago that you proved who you are, and this takes a fresh proof."
            }
        }
    }

    const fn cancel(self) -> &'static str {
        match self {
            Self::Add | Self::Prove => "/account",
            Self::SignIn | Self::SecondFactor => "/sign-in",
        }
    }

    /// The method of `navigator.credentials`.
    const fn method(self) -> &'static str {
        match self {
            Self::Add => "create",
            Self::SignIn | Self::SecondFactor | Self::Prove => "get",
        }
    }
}

/// What the page is filled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyForm {
    pub asked: Asked,
    /// What the browser is asked (the member `publicKey`), as JSON with base64url in the place of bytes.
    pub options: String,
}

pub fn ceremony(page: &PlainPage, form: CeremonyForm) -> String {
    let CeremonyForm { asked, options } = form;
    let script = (!page.bundle.passkeys.is_empty()).then(|| format!("/pkg/{}", page.bundle.passkeys));
    document_with(page, asked.title(), script, move || {
        view! {
            <div class="card plain-card">
                <h1>{asked.title()}</h1>
                <p class="plain-lead">{asked.lead()}</p>
                <form
                    id="passkey"
                    class="form"
                    method="post"
                    action=CEREMONY
                    data-method=asked.method()
                    data-options=options
                >
                    <input type="hidden" name="answer" value=""/>
                    <p id="passkey-status" role="status">
                        "This page needs JavaScript: only a script can ask a passkey. Without it, go back and use your password."
                    </p>
                    <button class="button button-primary" hidden>
                        "Use the passkey"
                    </button>
                    <a class="button" href=asked.cancel()>
                        "Cancel"
                    </a>
                </form>
            </div>
        }
        .into_any()
    })
}

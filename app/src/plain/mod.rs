//! Pages without a session and without wasm: set-up, recovery, sign-in, passkeys, and short messages.
//!
//! Each is a function from values to a complete document. The forms are plain HTML and are answered by plain
//! handlers of `server`.

mod message;
mod passkey;
mod recover;
mod setup;
mod sign_in;

pub use message::message;
pub use passkey::{Asked, CEREMONY, CeremonyForm, SIGN_IN_BY_PASSKEY, ceremony};
pub use recover::{RecoverForm, recover};
pub use setup::{SetupErrors, SetupForm, setup, setup_closed};
pub use sign_in::{PROVIDER_CALLBACK, PROVIDER_LINK, SignInForm, sign_in};

use crate::components::icon::{Glyph, Icon, Mark};
use crate::console::Bundle;
use crate::session::Theme;
use crate::shell::BundleLinks;
use leptos::prelude::*;

/// What every plain page is drawn with.
#[derive(Debug, Clone, Default)]
pub struct PlainPage {
    pub bundle: Bundle,
    pub theme: Theme,
    /// For the one script of set-up and recovery; the policy in the header must name it.
    pub nonce: String,
}

/// A link at the end of a message: where to, and its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainLink {
    pub href: String,
    pub label: String,
}

/// Takes the secret from the link's fragment, which browsers never send, into the form, and out of the address.
const CODE_SCRIPT: &str = "(() => {\
    const secret = decodeURIComponent(location.hash.slice(1).replace(/^code=/, ''));\
    const field = document.getElementById('code');\
    if (!secret || !field) return;\
    field.value = secret;\
    field.closest('.field').hidden = true;\
    history.replaceState(null, '', location.pathname);\
})();";

/// The whole document. Without a nonce no script is written.
fn document(page: &PlainPage, title: &str, with_code_script: bool, card: impl FnOnce() -> AnyView) -> String {
    let nonce = (with_code_script && !page.nonce.is_empty()).then(|| page.nonce.clone());
    let script =
        move || nonce.map(|nonce| view! { <script nonce=nonce inner_html=CODE_SCRIPT></script> }.into_any());
    document_of(page, title, script, card)
}

/// The same with a script of ours at this address.
fn document_with(
    page: &PlainPage,
    title: &str,
    script: Option<String>,
    card: impl FnOnce() -> AnyView,
) -> String {
    let script = move || script.map(|address| view! { <script src=address></script> }.into_any());
    document_of(page, title, script, card)
}

/// The same with any script, or none.
pub(crate) fn document_of(
    page: &PlainPage,
    title: &str,
    script: impl FnOnce() -> Option<AnyView>,
    card: impl FnOnce() -> AnyView,
) -> String {
    let owner = Owner::new();
    // As inner HTML: a text child would be followed by a marker that a title shows as it is.
    let title_text = escaped(&format!("{title} · Countersign"));
    let html = owner.with(|| {
        view! {
            <html lang="en" data-theme=page.theme.attribute()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <title inner_html=title_text></title>
                    <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                    <BundleLinks bundle=page.bundle.clone()/>
                </head>
                <body class="plain">
                    <main class="plain-main">
                        <p class="wordmark">
                            <Mark/>
                            "Countersign"
                        </p>
                        {card()}
                    </main>
                    {script()}
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>{html}")
}

/// Text for an element whose content is not parsed as HTML but for its character references.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// One field: label, control, help, complaint. The complaint and the help are tied to the control.
struct Field {
    id: &'static str,
    label: &'static str,
    kind: &'static str,
    value: String,
    autocomplete: &'static str,
    help: Option<&'static str>,
    error: Option<String>,
    code: bool,
}

impl Field {
    fn text(id: &'static str, label: &'static str, value: &str, autocomplete: &'static str) -> Self {
        Self {
            id,
            label,
            kind: "text",
            value: value.to_owned(),
            autocomplete,
            help: None,
            error: None,
            code: false,
        }
    }

    /// A password is never sent back to the page.
    fn password(id: &'static str, label: &'static str, autocomplete: &'static str) -> Self {
        Self { kind: "password", ..Self::text(id, label, "", autocomplete) }
    }

    /// The one-time secret of a link.
    fn code(value: &str) -> Self {
        Self { code: true, ..Self::text("code", "One-time code", value, "off") }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    fn error(self, error: Option<&String>) -> Self {
        Self { error: error.cloned(), ..self }
    }

    fn draw(self) -> AnyView {
        let help_id = self.help.map(|_| format!("{}-help", self.id));
        let error_id = self.error.as_ref().map(|_| format!("{}-error", self.id));
        let described: Vec<String> = help_id.iter().chain(&error_id).cloned().collect();
        let described_by = (!described.is_empty()).then(|| described.join(" "));
        let invalid = self.error.is_some();
        let class = if invalid { "field field-invalid" } else { "field" };
        view! {
            <div class=class>
                <label for=self.id>{self.label}</label>
                <input
                    id=self.id
                    name=self.id
                    type=self.kind
                    class=self.code.then_some("input-code")
                    value=self.value
                    autocomplete=self.autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby=described_by
                    aria-invalid=invalid.then_some("true")
                    required
                />
                {self.help.map(|help| view! { <p class="field-help" id=help_id>{help}</p> })}
                {self
                    .error
                    .map(|error| {
                        view! {
                            <p class="field-error" id=error_id>
                                <Icon glyph=Glyph::Warning/>
                                {error}
                            </p>
                        }
                    })}
            </div>
        }
        .into_any()
    }
}

/// What is wrong, on top of a form; it takes the focus.
fn summary(title: String, links: Vec<(&'static str, String)>) -> AnyView {
    let list = (!links.is_empty()).then(|| {
        let items: Vec<_> = links
            .into_iter()
            .map(|(id, text)| {
                view! {
                    <li>
                        <a href=format!("#{id}")>{text}</a>
                    </li>
                }
            })
            .collect();
        view! { <ul>{items}</ul> }
    });
    view! {
        <div class="form-summary" role="alert" tabindex="-1" autofocus>
            <Icon glyph=Glyph::Warning/>
            <div>
                <h2>{title}</h2>
                {list}
            </div>
        </div>
    }
    .into_any()
}

/// "One thing needs your attention".
fn attention(count: usize) -> String {
    match count {
        1 => "One thing needs your attention".to_owned(),
        2 => "Two things need your attention".to_owned(),
        3 => "Three things need your attention".to_owned(),
        more => format!("{more} things need your attention"),
    }
}

#[cfg(test)]
mod tests;

//! The page that shows a secret, once. Plain HTML, never sent again: no script of the app runs beside it, but for
//! a few lines that copy.

use crate::components::icon::{Glyph, Icon};
use crate::pages::form::answer::Saved;
use crate::plain::{PlainPage, document_of};
use leptos::prelude::*;

/// A fresh secret and where to go on once it is stored. Not printable on purpose.
pub struct Fresh {
    /// "The enforcement key crm-pep is ready".
    pub title: String,
    /// Where it belongs, in a sentence.
    pub advice: &'static str,
    pub secret: String,
    pub saved: Saved,
    /// The path of the page to go on to.
    pub next: String,
}

/// Copies the secret; where the browser has no clipboard, selects it.
const COPY_SCRIPT: &str = "(() => {\
    const button = document.getElementById('copy');\
    const field = document.getElementById('secret');\
    const status = document.getElementById('copied');\
    if (!button || !field || !status) return;\
    button.addEventListener('click', async () => {\
        field.focus();\
        field.select();\
        try {\
            await navigator.clipboard.writeText(field.value);\
            status.textContent = 'Copied.';\
        } catch {\
            status.textContent = 'Selected. Copy it with the keyboard.';\
        }\
    });\
})();";

/// What Countersign keeps of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Digest,
    Sealed,
}

/// The whole document. The policy in the header must name the page's nonce.
pub fn reveal(page: &PlainPage, fresh: Fresh) -> String {
    draw(page, fresh, Kept::Digest)
}

/// The same for a secret that Countersign itself uses later, and so keeps in the vault.
pub fn reveal_sealed(page: &PlainPage, fresh: Fresh) -> String {
    draw(page, fresh, Kept::Sealed)
}

fn draw(page: &PlainPage, fresh: Fresh, kept: Kept) -> String {
    let title = fresh.title.clone();
    let nonce = (!page.nonce.is_empty()).then(|| page.nonce.clone());
    let script =
        move || nonce.map(|nonce| view! { <script nonce=nonce inner_html=COPY_SCRIPT></script> }.into_any());
    document_of(page, &title, script, || card(fresh, kept))
}

fn card(fresh: Fresh, kept: Kept) -> AnyView {
    let advice = match kept {
        Kept::Digest => "Copy it now. It is shown only this once; Countersign keeps a digest.",
        Kept::Sealed => {
            "Copy it now. It is shown only this once; Countersign keeps it encrypted, to sign with it."
        }
    };
    let revision = fresh.saved.revision.map(|revision| {
        view! { <input type="hidden" name="revision" value=revision.to_string()/> }
    });
    let change = fresh.saved.change.map(|change| view! { <input type="hidden" name="change" value=change/> });
    view! {
        <section class="card secret-once">
            <h1>{fresh.title}</h1>
            <p>{advice}</p>
            <div class="input-group">
                <input
                    id="secret"
                    class="input-code"
                    readonly
                    value=fresh.secret
                    autocomplete="off"
                    spellcheck="false"
                    aria-label="The key"
                />
                <button class="button" type="button" id="copy" data-needs-script="">
                    <Icon glyph=Glyph::Copy/>
                    "Copy"
                </button>
            </div>
            <p class="muted" id="copied" role="status"></p>
            <p>{fresh.advice}</p>
            <form method="get" action=fresh.next>
                <input type="hidden" name="done" value=fresh.saved.done.as_str()/>
                {revision}
                {change}
                <label class="check">
                    <input type="checkbox" required/>
                    " I stored it"
                </label>
                <button class="button button-primary">"Done"</button>
            </form>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::form::answer::Done;

    fn fresh() -> Fresh {
        Fresh {
            title: "The enforcement key <b>pep</b> is ready".to_owned(),
            advice: "Give it to the server.",
            secret: "cse_secret".to_owned(),
            saved: Saved { done: Done::KeyCreated, revision: Some(7), change: Some("0190".to_owned()) },
            next: "/settings/keys".to_owned(),
        }
    }

    #[test]
    fn the_secret_stands_once_and_names_are_escaped() {
        let page = PlainPage { nonce: "n0nce".to_owned(), ..PlainPage::default() };
        let html = reveal(&page, fresh());
        assert_eq!(html.matches("cse_secret").count(), 1, "{html}");
        assert!(!html.contains("<b>pep</b>"), "{html}");
        assert!(html.contains("nonce=\"n0nce\""), "{html}");
        assert!(html.contains("name=\"revision\"") && html.contains("value=\"7\""), "{html}");
        assert!(!html.contains("wasm"), "{html}");
    }

    #[test]
    fn what_is_kept_of_it_is_said() {
        let page = PlainPage::default();
        assert!(reveal(&page, fresh()).contains("keeps a digest"));
        assert!(reveal_sealed(&page, fresh()).contains("keeps it encrypted"));
    }

    #[test]
    fn without_a_nonce_there_is_no_script() {
        assert!(!reveal(&PlainPage::default(), fresh()).contains("<script"));
    }
}

//! A text area whose text is safe on the server as well: Leptos does not escape the children of `<textarea>`.

use leptos::prelude::*;

/// Draws `value` as the initial text. The control needs its label beside it, `for` its `id`.
#[component]
pub fn TextArea(
    #[prop(into)] id: String,
    name: &'static str,
    #[prop(into)] value: String,
    #[prop(default = 8)] rows: u32,
    /// The id of what helps or complains.
    #[prop(optional, into)]
    described_by: Option<String>,
    #[prop(optional)] code: bool,
    #[prop(optional)] invalid: bool,
) -> impl IntoView {
    // Spelling is checked in prose, never in code.
    let spellcheck = if code { "false" } else { "true" };
    view! {
        <textarea
            id=id
            name=name
            class=code.then_some("input-code")
            rows=rows
            spellcheck=spellcheck
            aria-describedby=described_by
            aria-invalid=invalid.then_some("true")
            inner_html=inside(&value)
        ></textarea>
    }
}

/// A parser of HTML drops one newline after `<textarea>`; setting the inside from script does not.
fn inside(value: &str) -> String {
    let escaped = escape(value);
    if cfg!(feature = "ssr") { format!("\n{escaped}") } else { escaped }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn text_cannot_leave_the_control() {
        assert_eq!(escape("</textarea><script>&"), "&lt;/textarea&gt;&lt;script&gt;&amp;");
    }
}

//! Raw JSON behind a toggle. What it holds came from outside.

use super::icon::{Glyph, Icon};
use super::untrusted::{drawn, split_behind};
use leptos::prelude::*;

/// Longer texts are cut: a page must stay a page.
const SHOWN: usize = 50_000;

#[component]
pub fn RawJson(label: &'static str, #[prop(into)] text: String) -> impl IntoView {
    let (shown, rest) = split_behind(&text, SHOWN);
    let cut = rest.chars().count();
    let cut =
        (cut > 0).then(|| view! { <p class="muted">{format!("{cut} more characters are not shown.")}</p> });
    view! {
        <details class="disclosure">
            <summary>
                <Icon glyph=Glyph::ChevronRight/>
                {label}
            </summary>
            <pre class="raw" tabindex="0" role="region" aria-label=label>
                <code class="untrusted">{drawn(shown, true)}</code>
            </pre>
            {cut}
        </details>
    }
}

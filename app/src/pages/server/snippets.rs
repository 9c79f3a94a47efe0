//! How a server asks, in code: short, and failing closed. The whole of each stands in `examples/`.

use crate::components::icon::{Glyph, Icon};
use leptos::prelude::*;

/// Stands in the snippets for the address of the evaluation endpoint.
const ENDPOINT: &str = "{{endpoint}}";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    Python,
    TypeScript,
    Curl,
}

impl Language {
    pub const ALL: &'static [Self] = &[Self::Rust, Self::Python, Self::TypeScript, Self::Curl];

    fn label(self) -> &'static str {
        match self {
            Self::Rust => "Rust (reqwest)",
            Self::Python => "Python (FastMCP)",
            Self::TypeScript => "TypeScript, JavaScript (fetch)",
            Self::Curl => "curl",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Self::Rust => include_str!("snippets/ask.rs.txt"),
            Self::Python => include_str!("snippets/ask.py.txt"),
            Self::TypeScript => include_str!("snippets/ask.mjs.txt"),
            Self::Curl => include_str!("snippets/ask.sh.txt"),
        }
    }

    /// The snippet for this endpoint.
    pub fn snippet(self, endpoint: &str) -> String {
        self.template().replace(ENDPOINT, endpoint).trim_end().to_owned()
    }
}

/// A snippet with a button that copies it. The button is hidden where there is no script.
#[component]
pub fn Snippet(language: Language, endpoint: String) -> impl IntoView {
    let text = language.snippet(&endpoint);
    view! {
        <div class="snippet">
            <header>
                <span>{language.label()}</span>
                <button
                    type="button"
                    class="button button-small"
                    data-needs-script=""
                    data-copy=text.clone()
                    aria-label=format!("Copy {}", language.label())
                >
                    <Icon glyph=Glyph::Copy/>
                    <span data-word="">"Copy"</span>
                </button>
                <span class="visually-hidden" role="status"></span>
            </header>
            <pre class="raw" tabindex="0" role="region" aria-label=language.label()>
                <code>{text}</code>
            </pre>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_snippet_names_the_endpoint_and_no_place_is_left() {
        for language in Language::ALL {
            let text = language.snippet("https://c.example/access/v1/evaluation");
            assert!(text.contains("https://c.example/access/v1/evaluation"), "{language:?}");
            assert!(!text.contains(ENDPOINT), "{language:?}");
            assert!(text.contains("COUNTERSIGN_KEY"), "{language:?}");
            assert!(text.lines().all(|line| line.len() <= 100), "{language:?}");
        }
    }
}

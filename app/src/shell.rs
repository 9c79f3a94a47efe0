//! The whole document around the app: head, the bundle's files, and the one script that takes the page over.

use crate::App;
use crate::console::{Bundle, Console};
use crate::session::{self, Theme};
use leptos::config::LeptosOptions;
use leptos::context::use_context;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

/// The document of every page of the app. Expects what [`Console`] says in the context.
///
/// The options are taken because Leptos' handlers have them at hand; files are named by [`Bundle`] alone.
pub fn shell(_options: LeptosOptions) -> impl IntoView {
    let bundle = use_context::<Console>().map(|console| console.bundle).unwrap_or_default();
    let theme = session::current().map_or(Theme::System, |signed_in| signed_in.theme);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <BundleLinks bundle=bundle.clone()/>
                <BundleScript bundle=bundle/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Style and fonts. Nothing where no front end was embedded.
#[component]
pub fn BundleLinks(bundle: Bundle) -> impl IntoView {
    let fonts: Vec<_> = bundle
        .fonts
        .into_iter()
        .map(|font| {
            view! { <link rel="preload" href=file(&font) r#as="font" type="font/woff2" crossorigin="anonymous"/> }
        })
        .collect();
    let css = (!bundle.css.is_empty()).then(|| view! { <link rel="stylesheet" href=file(&bundle.css)/> });
    view! {
        {fonts}
        {css}
    }
}

/// Loads the front end and lets it take the page over.
#[component]
fn BundleScript(bundle: Bundle) -> impl IntoView {
    if bundle.js.is_empty() || bundle.wasm.is_empty() {
        return ().into_any();
    }
    let (js, wasm) = (file(&bundle.js), file(&bundle.wasm));
    // `{:?}` writes a quoted text; the names are our own: letters, digits, hyphens and dots.
    let script = format!(
        "import init, {{ hydrate }} from {js:?}; init({{ module_or_path: {wasm:?} }}).then(() => hydrate());"
    );
    view! {
        <link rel="modulepreload" href=js/>
        <link rel="preload" href=wasm r#as="fetch" type="application/wasm" crossorigin="anonymous"/>
        <script type="module" nonce=use_nonce() inner_html=script></script>
    }
    .into_any()
}

fn file(name: &str) -> String {
    format!("/pkg/{name}")
}

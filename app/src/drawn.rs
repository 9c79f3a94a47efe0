//! Pages that are drawn by the server alone.
//!
//! Most pages are text, links and plain forms: nothing in them moves. So the browser need not hold the code that draws
//! them, nor the data that they are drawn from. It leaves what came with the page as it is, and when it moves on to
//! another such page it asks the server for that page and puts its body in place. `docs/adr/0015-pages-drawn-by-the-server.md`
//! says why.

use crate::components::notice::ErrorNotice;
use crate::error::AppError;
use crate::routes::Page;
use leptos::prelude::*;

#[cfg(not(feature = "ssr"))]
mod browser;

#[cfg(not(feature = "ssr"))]
pub use browser::remember_title;

/// A page whose body only the server draws. Whatever in it would need a signal of the browser stays as it was drawn:
/// filter forms, copying and the keys of lists work, as their listeners are around it.
pub fn server_drawn<V, F>(page: Page, draw: F) -> AnyView
where
    V: IntoView + 'static,
    F: FnOnce() -> V + 'static,
{
    let failed = RwSignal::new(None::<AppError>);
    let body = body(page, draw, failed);
    view! {
        {body}
        {move || failed.try_get().flatten().map(|error| view! { <ErrorNotice error=error/> })}
    }
    .into_any()
}

#[cfg(feature = "ssr")]
fn body<V, F>(page: Page, draw: F, _: RwSignal<Option<AppError>>) -> AnyView
where
    V: IntoView + 'static,
    F: FnOnce() -> V + 'static,
{
    use leptos::reactive::owner::Owner;
    use leptos_meta::Title;
    // The browser never asks for what the page read, so it is not written into the page.
    Owner::with_no_hydration(move || {
        // The title is the page's own; the browser's part names it here, and leaves a mark of the same kind.
        view! {
            <Title/>
            <div class="drawn">{crate::pages::guarded(page, draw)}</div>
        }
        .into_any()
    })
}

/// What such a page reads is a plain function of the server: no door from outside leads to it, so it is behind
/// `#[cfg(feature = "ssr")]`, and demands its permission itself. This is the same function in the browser, which names it,
/// as the page does, and never calls it.
macro_rules! unread {
    ($name:ident($($kind:ty),*) -> $answer:ty) => {
        #[cfg(not(feature = "ssr"))]
        pub async fn $name($(_: $kind),*) -> $answer {
            std::future::pending().await
        }
    };
}
pub(crate) use unread;

/// `draw` is only named here, and by its own type: what nobody calls or points at is no part of the wasm.
#[cfg(not(feature = "ssr"))]
fn body<F>(page: Page, _: F, failed: RwSignal<Option<AppError>>) -> AnyView {
    browser::body(page.path, failed)
}

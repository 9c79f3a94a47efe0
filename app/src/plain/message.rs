//! A short message: what is the matter, and a way on.

use super::{PlainLink, PlainPage, document};
use leptos::prelude::*;

/// Text between backticks is drawn as code.
pub fn message(page: &PlainPage, title: &str, text: &str, link: Option<PlainLink>) -> String {
    let heading = title.to_owned();
    let paragraphs: Vec<AnyView> = text.split('\n').map(paragraph).collect();
    document(page, title, false, move || {
        view! {
            <div class="card plain-card">
                <h1>{heading}</h1>
                {paragraphs}
                {link.map(|link| view! { <a class="button button-primary" href=link.href>{link.label}</a> })}
            </div>
        }
        .into_any()
    })
}

fn paragraph(text: &str) -> AnyView {
    let parts: Vec<AnyView> = text
        .split('`')
        .enumerate()
        .map(|(index, part)| {
            let part = part.to_owned();
            if index % 2 == 1 { view! { <code>{part}</code> }.into_any() } else { part.into_any() }
        })
        .collect();
    view! { <p class="plain-lead">{parts}</p> }.into_any()
}

//! A form in a card: to fill in, or to confirm what has consequences. The same as a dialog would hold, as a page.

use super::input::{Filled, hidden};
use leptos::prelude::*;

/// A form in a card. `url` is where it is sent; `values` go with it unseen.
pub struct FormCard {
    pub filled: Filled,
    pub title: String,
    pub url: &'static str,
    pub values: Vec<(&'static str, String)>,
    /// Says what happens, in numbers.
    pub lead: Vec<String>,
    pub fields: Vec<AnyView>,
    /// The last click.
    pub button: &'static str,
    /// It takes something away.
    pub destructive: bool,
    pub cancel: String,
}

impl FormCard {
    pub fn draw(self) -> AnyView {
        let values: Vec<AnyView> = self.values.into_iter().map(|(name, value)| hidden(name, value)).collect();
        let lead: Vec<AnyView> =
            self.lead.into_iter().map(|text| view! { <p class="quiet">{text}</p> }.into_any()).collect();
        let class = if self.destructive { "button button-deny" } else { "button button-primary" };
        // Whoever comes here by a link begins at its title; after a refusal the summary takes the focus.
        let summary = self.filled.summary();
        let focus = summary.is_none();
        view! {
            <section class="card" aria-labelledby="form-title">
                <form class="form card-body" method="post" action=self.url>
                    {summary}
                    {values}
                    <h2 id="form-title" tabindex="-1" autofocus=focus>
                        {self.title}
                    </h2>
                    {lead}
                    {self.fields}
                    <div class="form-actions">
                        <button class=class>{self.button}</button>
                        <a class="button" href=self.cancel>
                            "Cancel"
                        </a>
                    </div>
                </form>
            </section>
        }
        .into_any()
    }
}

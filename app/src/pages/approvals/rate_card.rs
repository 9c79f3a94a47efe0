//! How often each rule's requests are approved, as a card: the chart, and what it suggests.

use super::read::{Advice, Rates};
use crate::components::untrusted::UntrustedLine;
use leptos::prelude::*;

/// The card. Names of rules are text of whoever wrote them.
pub fn draw(rates: Rates) -> AnyView {
    let Rates { chart, of, advice } = rates;
    let advice: Vec<AnyView> = advice.into_iter().map(line).collect();
    let advice = (!advice.is_empty()).then(|| view! { <ul class="advice">{advice}</ul> });
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"How often each rule is approved"</h2>
                <p>{of} "; those asked most."</p>
            </header>
            <figure class="chart" inner_html=chart></figure>
            {advice}
        </section>
    }
    .into_any()
}

fn line(advice: Advice) -> AnyView {
    let name = view! { <UntrustedLine text=advice.rule/> };
    let name = match advice.href {
        Some(href) => view! { <a href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! { <li>{name} " " {advice.rest} "."</li> }.into_any()
}

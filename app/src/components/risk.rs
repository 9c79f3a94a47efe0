//! Risk: one to four bars in text colour, and its word.

use leptos::prelude::*;
use policy::Risk;

/// The bars are drawn by class (style/pill.css).
#[component]
pub fn RiskBars(risk: Risk) -> impl IntoView {
    const BARS: &str = concat!(
        r#"<rect x="0" y="10" width="3" height="5"/><rect x="4.33" y="7" width="3" height="8"/>"#,
        r#"<rect x="8.66" y="4" width="3" height="11"/><rect x="13" y="1" width="3" height="14"/>"#,
    );
    let (class, word) = match risk {
        Risk::Low => ("risk risk-low", "Low"),
        Risk::Medium => ("risk risk-medium", "Medium"),
        Risk::High => ("risk risk-high", "High"),
        Risk::Critical => ("risk risk-critical", "Critical"),
    };
    view! {
        <span class=class>
            <svg viewBox="0 0 16 16" aria-hidden="true" inner_html=BARS></svg>
            {word}
        </span>
    }
}

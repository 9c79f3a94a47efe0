//! Two forms of one text side by side: what was reviewed, and what is offered now. Text of servers, drawn as untrusted.

use crate::components::untrusted::drawn;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// A part of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    Same(String),
    /// Only on this side.
    Changed(String),
    /// So many lines or characters that both sides share, left out: "34 lines that did not change".
    Skipped(String),
}

/// Both sides; one that is none has no such text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    pub before: Option<Vec<Part>>,
    pub after: Option<Vec<Part>>,
    pub same: bool,
}

impl Sides {
    /// The second side as it is drawn, without what was left out.
    pub fn after_text(&self) -> String {
        let parts = self.after.iter().flatten();
        parts
            .map(|part| match part {
                Part::Same(text) | Part::Changed(text) => text.as_str(),
                Part::Skipped(_) => "",
            })
            .collect()
    }
}

/// Which side of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// How the text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Setting {
    Prose,
    Code,
}

/// Two columns, one under the other where it is narrow, each with its heading. `what` is compared: a page may hold
/// several of them.
pub fn columns(what: &str, sides: Sides, setting: Setting, before: String, after: &'static str) -> AnyView {
    let labels = (format!("{what}: {before}"), format!("{what}: {after}"));
    view! {
        <div class="diff-columns">
            <section>
                <h3>{before}</h3>
                {column(sides.before, Side::Before, setting, labels.0)}
            </section>
            <section>
                <h3>{after}</h3>
                {column(sides.after, Side::After, setting, labels.1)}
            </section>
        </div>
    }
    .into_any()
}

fn column(parts: Option<Vec<Part>>, side: Side, setting: Setting, label: String) -> AnyView {
    let Some(parts) = parts else {
        return view! { <p class="quiet">"none"</p> }.into_any();
    };
    let parts: Vec<AnyView> = parts.into_iter().map(|part| draw(part, side)).collect();
    match setting {
        Setting::Prose => view! {
            <div class="untrusted untrusted-block" dir="auto">
                {parts}
            </div>
        }
        .into_any(),
        Setting::Code => view! {
            <pre class="raw raw-wrap" tabindex="0" role="region" aria-label=label>
                <code class="untrusted">{parts}</code>
            </pre>
        }
        .into_any(),
    }
}

fn draw(part: Part, side: Side) -> AnyView {
    match (part, side) {
        (Part::Same(text), _) => drawn(&text, true).into_any(),
        (Part::Changed(text), Side::Before) => view! { <del>{drawn(&text, true)}</del> }.into_any(),
        (Part::Changed(text), Side::After) => view! { <ins>{drawn(&text, true)}</ins> }.into_any(),
        (Part::Skipped(words), _) => {
            view! { <span class="muted">{format!(" … {words} … \n")}</span> }.into_any()
        }
    }
}

//! What is another of the tool than it was when the reader looked, and how it was. What a definition says is
//! text of the tool's server: it is drawn as untrusted.

use super::view::{LabelChange, PartChange, ToolChange};
use crate::components::definition::Definition;
use crate::components::diff::DiffLegend;
use crate::components::json::RawJson;
use crate::components::untrusted::UntrustedFlags;
use crate::pages::review::parts::columns;
use leptos::prelude::*;

/// The first of them is what the notice above refers to.
pub fn cards(change: ToolChange) -> AnyView {
    match change {
        ToolChange::Told { labels, parts } => told(labels, parts),
        ToolChange::Untold(definition) => {
            let definition = definition.map(|text| view! { <RawJson label="Its definition now" text=text/> });
            let body = view! {
                <div class="card-body">
                    <p>"How it was when you looked is not to be found any more. Look at how it is now."</p>
                </div>
                {definition}
            };
            card(body.into_any())
        }
        ToolChange::Removed => sentence("It is in the catalog no more, so every call of it is denied."),
    }
}

fn told(labels: Vec<LabelChange>, parts: Vec<PartChange>) -> AnyView {
    let first = match (labels.is_empty(), parts.is_empty()) {
        (false, _) => {
            let labels: Vec<AnyView> = labels.into_iter().map(label).collect();
            card(view! { <dl class="definition-list definition-list-wide">{labels}</dl> }.into_any())
        }
        (true, false) => sentence("Its definition, as the parts below show. Its labels are as they were."),
        (true, true) => sentence("Nothing of it that is shown here: its definition reads as it did."),
    };
    let parts: Vec<AnyView> = parts.into_iter().map(part).collect();
    view! {
        {first}
        {parts}
    }
    .into_any()
}

fn card(body: AnyView) -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"What changed in the tool"</h2>
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn sentence(text: &'static str) -> AnyView {
    let body = view! {
        <div class="card-body">
            <p>{text}</p>
        </div>
    };
    card(body.into_any())
}

fn label(change: LabelChange) -> AnyView {
    let LabelChange { name, was, is } = change;
    view! {
        <Definition term=name>
            {is}
            " "
            <span class="was">"was " <s>{was}</s></span>
        </Definition>
    }
    .into_any()
}

fn part(change: PartChange) -> AnyView {
    let text = change.sides.after_text();
    let before = "When you looked".to_owned();
    let columns = columns(&change.title, change.sides, change.setting, before, "Now");
    view! {
        <section class="card">
            <header class="card-head">
                <h2>{change.title}</h2>
                <DiffLegend/>
            </header>
            <div class="card-body">
                {columns}
                <UntrustedFlags text=text/>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::pages::review::parts::{Part, Setting, Sides};

    fn html(change: ToolChange) -> String {
        let owner = Owner::new();
        owner.with(|| cards(change).to_html())
    }

    fn changed(before: &str, after: &str, setting: Setting) -> ToolChange {
        let side = |text: &str| Some(vec![Part::Changed(text.to_owned())]);
        let sides = Sides { before: side(before), after: side(after), same: false };
        let parts = vec![PartChange { title: "Description".to_owned(), setting, sides }];
        ToolChange::Told { labels: Vec::new(), parts }
    }

    #[test]
    fn hostile_definitions_are_seen_and_do_not_act() {
        let hostile = "<img src=x onerror=alert(1)>\u{202E}pay\u{200B}";
        let kept = ToolChange::Untold(Some(hostile.to_owned()));
        for change in
            [changed("Pays", hostile, Setting::Prose), changed(hostile, hostile, Setting::Code), kept]
        {
            let html = html(change);
            assert!(html.contains("What changed in the tool"), "{html}");
            assert!(
                !html.contains("<img") && !html.contains('\u{202E}') && !html.contains('\u{200B}'),
                "{html}"
            );
            assert!(html.contains("U+202E") && html.contains("U+200B"), "{html}");
        }
        let html = html(changed("Pays", hostile, Setting::Prose));
        assert!(html.contains("2 hidden characters"), "{html}");
        assert!(html.contains("<del>") && html.contains("<ins>"), "{html}");
    }

    #[test]
    fn a_label_says_what_it_was() {
        let labels =
            vec![LabelChange { name: "Risk".to_owned(), was: "high".to_owned(), is: "critical".to_owned() }];
        let html = html(ToolChange::Told { labels, parts: Vec::new() });
        assert!(html.contains("critical") && html.contains("<s>high"), "{html}");
        assert!(!html.contains("Its labels are as they were"), "{html}");
    }

    #[test]
    fn where_nothing_can_be_told_it_says_so() {
        let nothing = html(ToolChange::Told { labels: Vec::new(), parts: Vec::new() });
        assert!(nothing.contains("Nothing of it that is shown here"), "{nothing}");
        assert!(html(ToolChange::Removed).contains("in the catalog no more"));
        let untold = html(ToolChange::Untold(None));
        assert!(untold.contains("is not to be found any more") && !untold.contains("<pre"), "{untold}");
    }
}

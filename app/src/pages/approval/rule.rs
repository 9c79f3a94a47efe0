//! What is another of the rules that ask than it was when the reader looked, and how they were. Names and values in a rule
//! come from people, bundles and directories: they are drawn as untrusted.

use super::view::{RuleChange, RuleForms, RulesChange};
use crate::components::definition::Definition;
use crate::components::diff::{DiffLegend, DiffRow, DiffTable};
use crate::components::untrusted::UntrustedLine;
use crate::sentence::Sentence;
use crate::sentence::view::pieces;
use leptos::prelude::*;

/// One card for each rule. The notice above refers to the begin of their headings.
pub fn cards(change: RulesChange) -> Vec<AnyView> {
    match change {
        RulesChange::Told(rules) => rules.into_iter().map(card).collect(),
        RulesChange::Untold => vec![untold()],
    }
}

fn untold() -> AnyView {
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"What changed in the rule"</h2>
            </header>
            <div class="card-body">
                <p>
                    "How it was when you looked is not to be found any more. Look at “Who asks for approval”."
                </p>
            </div>
        </section>
    }
    .into_any()
}

fn card(change: RuleChange) -> AnyView {
    let RuleChange { name, became, forms } = change;
    let became = became.map(|text| {
        view! {
            <div class="card-body">
                <p>{text}</p>
            </div>
        }
    });
    let (legend, forms) = match forms {
        RuleForms::Whole { was, is, rows } => {
            ((!rows.is_empty()).then(|| view! { <DiffLegend/> }), whole(was, is, rows))
        }
        RuleForms::Terms { was, is } => (None, terms(was, is)),
    };
    view! {
        <section class="card">
            <header class="card-head">
                <h2>
                    "What changed in the rule "
                    <UntrustedLine text=name/>
                </h2>
                {legend}
            </header>
            {became}
            {forms}
        </section>
    }
    .into_any()
}

fn whole(was: Option<Sentence>, is: Option<Sentence>, rows: Vec<DiffRow>) -> AnyView {
    let table = (!rows.is_empty()).then(
        || view! { <DiffTable caption="What differs from the rule as it was when you looked" rows=rows/> },
    );
    let sentences = if was == is {
        was.map(|same| view! { <p class="sentence">{pieces(&same)}</p> }.into_any())
    } else {
        let columns = [("When you looked", was), ("Now", is)].into_iter().filter_map(column);
        let columns: Vec<AnyView> = columns.collect();
        Some(view! { <div class="diff-columns">{columns}</div> }.into_any())
    };
    view! {
        <div class="card-body">{sentences}</div>
        {table}
    }
    .into_any()
}

fn column((when, sentence): (&'static str, Option<Sentence>)) -> Option<AnyView> {
    let sentence = sentence?;
    let view = view! {
        <section>
            <h3>{when}</h3>
            <p class="sentence">{pieces(&sentence)}</p>
        </section>
    };
    Some(view.into_any())
}

/// Where both read alike, what became of it says so.
fn terms(was: Option<String>, is: Option<String>) -> AnyView {
    if was == is {
        return ().into_any();
    }
    let lines: Vec<AnyView> = [("When you looked", was), ("Now", is)].into_iter().filter_map(line).collect();
    view! { <dl class="definition-list definition-list-wide">{lines}</dl> }.into_any()
}

fn line((when, asks): (&'static str, Option<String>)) -> Option<AnyView> {
    let asks = asks?;
    let view = view! {
        <Definition term=when>
            <UntrustedLine text=asks/>
        </Definition>
    };
    Some(view.into_any())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::components::diff::Run;
    use crate::sentence::Piece;

    const HOSTILE: &str = "<img src=x onerror=alert(1)>\u{202E}finance";

    fn html(became: Option<&str>, forms: RuleForms) -> String {
        let change = RuleChange { name: format!("ask {HOSTILE}"), became: became.map(str::to_owned), forms };
        let owner = Owner::new();
        owner.with(|| cards(RulesChange::Told(vec![change])).to_html())
    }

    fn says(text: &str) -> Option<Sentence> {
        Some(Sentence(vec![Piece::Text("Allow ".to_owned()), Piece::Strong(text.to_owned())]))
    }

    fn row(before: &str, after: &str) -> DiffRow {
        let side = |text: &str| Some(vec![Run { text: text.to_owned(), same: false }]);
        DiffRow { field: "Roles".to_owned(), before: side(before), after: side(after), same: false }
    }

    #[test]
    fn hostile_rules_are_seen_and_do_not_act() {
        let rows = vec![row("finance", HOSTILE)];
        let whole = RuleForms::Whole { was: says("finance"), is: says(HOSTILE), rows };
        let terms = RuleForms::Terms { was: Some("1 approval".to_owned()), is: Some(HOSTILE.to_owned()) };
        for forms in [whole, terms] {
            let html = html(None, forms);
            assert!(html.contains("What changed in the rule"), "{html}");
            assert!(!html.contains("<img") && !html.contains('\u{202E}'), "{html}");
            assert!(html.contains("U+202E") && html.contains("When you looked"), "{html}");
        }
    }

    #[test]
    fn both_forms_stand_beside_each_other_and_what_differs_beneath() {
        let rows = vec![row("finance", "heads")];
        let html = html(None, RuleForms::Whole { was: says("finance"), is: says("heads"), rows });
        assert!(html.contains("When you looked") && html.contains("Now"), "{html}");
        assert!(html.contains("<del>") && html.contains("<ins>"), "{html}");
    }

    #[test]
    fn what_reads_alike_is_shown_once() {
        let whole = RuleForms::Whole { was: says("finance"), is: says("finance"), rows: Vec::new() };
        let html = html(Some("It was changed, and changed back."), whole);
        assert!(html.contains("changed back") && html.matches("Allow ").count() == 1, "{html}");
        assert!(!html.contains("When you looked") && !html.contains("<table"), "{html}");
    }

    #[test]
    fn what_is_gone_has_one_form() {
        let gone = RuleForms::Whole { was: says("finance"), is: None, rows: Vec::new() };
        let html = html(Some("It was deleted."), gone);
        assert!(html.contains("It was deleted.") && html.contains("When you looked"), "{html}");
        assert!(!html.contains("<h3>Now"), "{html}");
    }

    #[test]
    fn terms_that_read_alike_are_not_repeated() {
        let same = || Some("1 approval by finance".to_owned());
        let html = html(Some("It was changed."), RuleForms::Terms { was: same(), is: same() });
        assert!(html.contains("It was changed.") && !html.contains("1 approval"), "{html}");
    }

    #[test]
    fn what_cannot_be_told_is_not_made_up() {
        let owner = Owner::new();
        let html = owner.with(|| cards(RulesChange::Untold).to_html());
        assert!(html.contains("is not to be found any more"), "{html}");
    }
}

//! The list of the jump box: its options, which of them is chosen, and what is said of them.

use crate::components::icon::{Glyph, Icon};
use crate::components::untrusted::UntrustedLine;
use crate::error::AppError;
use crate::pages::form::count::Count;
use crate::pages::search::found::{Found, Group};
use crate::pages::search::results::beside;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// What came of a question; none until there is an answer.
pub(super) type Answer = Option<Result<Found, AppError>>;

/// How many options the list has.
pub(super) fn options(answer: &Answer) -> usize {
    match answer {
        Some(Ok(found)) if !found.groups.is_empty() => hits(found) + 1,
        _ => 0,
    }
}

fn hits(found: &Found) -> usize {
    found.groups.iter().map(|group| group.hits.len()).sum()
}

/// The option below, the first again behind the last.
pub(super) fn after(active: Option<usize>, count: usize) -> Option<usize> {
    let next = active.map_or(0, |active| active + 1);
    if next < count { Some(next) } else { (count > 0).then_some(0) }
}

/// The option above, the last again before the first.
pub(super) fn before(active: Option<usize>, count: usize) -> Option<usize> {
    active.unwrap_or(0).checked_sub(1).or_else(|| count.checked_sub(1))
}

pub(super) fn option_id(number: usize) -> String {
    format!("jump-{number}")
}

pub(super) fn option_at(number: usize) -> Option<HtmlElement> {
    document().get_element_by_id(&option_id(number))?.dyn_into().ok()
}

/// What the dialog says below, and a screen reader with it.
pub(super) fn status(is_asked: bool, answer: &Answer) -> String {
    match answer {
        _ if !is_asked => {
            "Type a part of a name, the beginning of a resource's id, or the whole id of a decision or a task. Arrow keys choose, Enter opens.".to_owned()
        }
        None => "Searching …".to_owned(),
        Some(Err(error)) => format!("{}. {}", error.title(), error.advice()),
        Some(Ok(found)) => match hits(found) {
            0 => "Nothing found".to_owned(),
            count => {
                let more = found.groups.iter().any(|group| group.more);
                Count { more, ..Count::new(count) }.of("result", "results")
            }
        },
    }
}

/// The results by kind, and the way to the page of all of them.
pub(super) fn list(answer: &Answer, active: RwSignal<Option<usize>>) -> Option<AnyView> {
    let found = answer.as_ref()?.as_ref().ok().filter(|found| !found.groups.is_empty())?;
    let mut first = 0;
    let mut groups: Vec<AnyView> = Vec::with_capacity(found.groups.len());
    for group in &found.groups {
        groups.push(draw(group, first, active));
        first += group.hits.len();
    }
    let all = view! {
        <Icon glyph=Glyph::Search/>
        <span class="hit-name">"All results"</span>
    };
    Some(
        view! {
            {groups}
            {option(first, found.query.href(), active, all.into_any())}
        }
        .into_any(),
    )
}

/// The options of one kind; the first has the number `first`.
fn draw(group: &Group, first: usize, active: RwSignal<Option<usize>>) -> AnyView {
    let kind = group.kind;
    let options: Vec<AnyView> = group
        .hits
        .iter()
        .cloned()
        .enumerate()
        .map(|(number, hit)| {
            let inside = view! {
                <Icon glyph=kind.glyph()/>
                <span class="hit-name">
                    <UntrustedLine text=hit.name/>
                </span>
                {beside(hit.detail, hit.note)}
            };
            option(first + number, hit.href, active, inside.into_any())
        })
        .collect();
    view! {
        <div role="group" aria-label=kind.title()>
            <div class="jump-kind" aria-hidden="true">
                {kind.title()}
            </div>
            {options}
        </div>
    }
    .into_any()
}

fn option(number: usize, href: String, active: RwSignal<Option<usize>>, inside: AnyView) -> AnyView {
    view! {
        <a
            class="hit"
            role="option"
            id=option_id(number)
            href=href
            tabindex="-1"
            aria-selected=move || if active.get() == Some(number) { "true" } else { "false" }
        >
            {inside}
        </a>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::search::found::{Hit, Kind};

    fn found(kind: Kind, hits: usize, more: bool) -> Group {
        let hit = Hit { href: "/x".to_owned(), name: "x".to_owned(), detail: None, note: None };
        Group { kind, hits: vec![hit; hits], more, all: None }
    }

    #[test]
    fn arrows_go_round() {
        assert_eq!(after(None, 3), Some(0));
        assert_eq!(after(Some(1), 3), Some(2));
        assert_eq!(after(Some(2), 3), Some(0));
        assert_eq!(before(None, 3), Some(2));
        assert_eq!(before(Some(0), 3), Some(2));
        assert_eq!(before(Some(2), 3), Some(1));
        assert_eq!((after(None, 0), before(None, 0)), (None, None));
    }

    #[test]
    fn every_state_has_its_words() {
        let say = |groups: Vec<Group>| status(true, &Some(Ok(Found { groups, ..Found::default() })));
        assert_eq!(say(Vec::new()), "Nothing found");
        assert_eq!(say(vec![found(Kind::Server, 1, false)]), "1 result");
        assert_eq!(say(vec![found(Kind::Server, 2, false), found(Kind::Tool, 5, true)]), "7 or more results");
        assert_eq!(status(true, &None), "Searching …");
        assert!(status(false, &None).starts_with("Type a part of a name"));
        let error = AppError { code: crate::error::UNAVAILABLE.to_owned(), correlation: String::new() };
        assert!(status(true, &Some(Err(error))).starts_with("The database did not answer."));
    }

    #[test]
    fn the_way_to_all_results_is_an_option() {
        let groups = vec![found(Kind::Server, 2, false), found(Kind::Tool, 5, true)];
        assert_eq!(options(&Some(Ok(Found { groups, ..Found::default() }))), 8);
        assert_eq!(options(&Some(Ok(Found::default()))), 0);
        assert_eq!(options(&None), 0);
    }
}

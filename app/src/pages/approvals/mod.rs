//! `/approvals`: what waits for the reader, live; `?view=history`: what became of requests.

pub mod cover;
pub mod keys;
pub mod live;
pub mod query;
pub mod rate_card;
pub mod read;
pub mod save;
pub mod table;

#[cfg(feature = "ssr")]
pub(crate) mod gather;
#[cfg(feature = "ssr")]
mod past;
#[cfg(feature = "ssr")]
pub(crate) mod rates;
#[cfg(feature = "ssr")]
pub(crate) mod words;

use super::form::answer::Answer;
use super::form::input::Filled;
use super::form::notice::Answered;
use super::form::place::Ask;
use super::guarded;
use crate::components::chips::FilterChips;
use crate::components::empty::Empty;
use crate::components::fields::options;
use crate::components::icon::{Glyph, Icon};
use crate::components::loaded::loaded;
use crate::components::notice::Notice;
use crate::components::untrusted::plain;
use crate::frame::waiting::{MOST, Waiting, at_most};
use crate::routes::{self, APPROVALS};
use crate::url::use_parameters;
use crate::wire::resource;
use keys::RowKeys;
use leptos::prelude::*;
use leptos_meta::Title;
use live::NotifyButton;
use query::{ApprovalsQuery, STATES};
use read::{ApprovalsView, History, Inbox, follow_approvals, read_approvals};

#[component]
pub fn ApprovalsPage() -> impl IntoView {
    guarded(routes::APPROVALS, page)
}

fn page() -> impl IntoView {
    let map = use_parameters();
    let changed = RwSignal::new(0_u32);
    let asked = Memo::new(move |_| map.with(|map| (ApprovalsQuery::read(map), Answer::read(map))));
    let seen = StoredValue::new(0_u32);
    // What came of a form is part of the question, so that the page is read anew after it.
    let found = resource(
        move || {
            let asked = asked.get();
            // Nothing is drawn anew under somebody who fills in a form, as the history's filters are.
            let turn = if asked.0.ask.is_none() && !asked.0.history { changed.get() } else { 0 };
            (asked, turn)
        },
        move |((query, answer), turn)| async move {
            // What the page asks for by itself is no sign that somebody is at the desk.
            let by_itself = seen.try_get_value() != Some(turn);
            seen.try_set_value(turn);
            let view = if by_itself { follow_approvals(query).await } else { read_approvals(query).await };
            view.map(|view| (view, answer))
        },
    );
    let marker = RwSignal::new(None);
    let waiting = use_context::<Waiting>();
    // Said to those who do not see the list, once something came or went while they are here.
    let said = move || {
        let count = waiting.filter(|_| changed.get() > 0).and_then(|waiting| waiting.count.get());
        count.map(in_words)
    };
    if let Some(waiting) = waiting {
        // The row that has the focus keeps it, wherever it stands when the list is drawn anew.
        let held = StoredValue::new(None::<String>);
        Effect::new(move |_| {
            changed.track();
            held.try_set_value(keys::focused_row());
        });
        Effect::new(move |_| {
            if let Some(Ok((view, _))) = found.get() {
                waiting.count.set(Some(view.waiting));
                marker.set(Some(view.marker));
                if let Some(href) = held.try_update_value(Option::take).flatten() {
                    request_animation_frame(move || keys::focus_row(&href));
                }
            }
        });
        live::follow(marker, changed, waiting);
    }
    view! {
        {loaded(found, move |(view, answer)| draw(view, &answer, waiting))}
        <NotifyButton/>
        <p class="visually-hidden" role="status">
            {said}
        </p>
        <RowKeys/>
    }
}

fn in_words(count: u64) -> String {
    match count {
        0 => "No call waits for you any more".to_owned(),
        1 => "1 call waits for you".to_owned(),
        more if more > MOST => format!("More than {MOST} calls wait for you"),
        more => format!("{more} calls wait for you"),
    }
}

fn draw(view: ApprovalsView, answer: &Answer, waiting: Option<Waiting>) -> AnyView {
    let drawn = view.waiting;
    // The history stays as it was drawn; how many wait does not. The title is written once the page is done, and its signals gone.
    let count = move || waiting.and_then(|waiting| waiting.count.try_get().flatten()).unwrap_or(drawn);
    let title = move || match count() {
        0 => APPROVALS.title.to_owned(),
        count => format!("({}) {}", at_most(count), APPROVALS.title),
    };
    let tabs = tabs(&view, count);
    let summary = Filled::new("", answer).summary();
    let body = match (view.inbox, view.history) {
        (_, Some(history)) => draw_history(history, &view.query),
        (Some(inbox), None) => draw_inbox(inbox, &view.query, answer),
        (None, None) => ().into_any(),
    };
    view! {
        <Title text=title/>
        <header class="page-head">
            <h1>{APPROVALS.title}</h1>
        </header>
        {tabs}
        {summary}
        <Answered answer=answer.clone()/>
        {body}
    }
    .into_any()
}

fn tabs(view: &ApprovalsView, count: impl Fn() -> u64 + Copy + Send + 'static) -> AnyView {
    let tenant = view.query.tenant.clone();
    let inbox = ApprovalsQuery { tenant: tenant.clone(), ..ApprovalsQuery::default() }.href();
    let history = ApprovalsQuery { tenant, ..ApprovalsQuery::history() }.href();
    let current = |here: bool| here.then_some("page");
    let badge = move || {
        let count = Some(count()).filter(|count| *count > 0);
        count.map(|count| view! { <span class="badge">{at_most(count)}</span> })
    };
    view! {
        <nav class="tabs" aria-label="Approvals">
            <a href=inbox aria-current=current(!view.query.history)>
                "Waiting for you "
                {badge}
            </a>
            <a href=history aria-current=current(view.query.history)>
                "History"
            </a>
        </nav>
    }
    .into_any()
}

fn draw_inbox(inbox: Inbox, query: &ApprovalsQuery, answer: &Answer) -> AnyView {
    let panel =
        (query.ask == Some(Ask::New) && !inbox.unlinked).then(|| cover::panel(&inbox.persons, answer));
    let unlinked = inbox.unlinked.then(|| {
        view! {
            <Notice>
                <p>"This account is not linked to a person, so it can answer nothing. An owner links it to one."</p>
            </Notice>
        }
    });
    let below = cover::below(&inbox);
    let list = table::waiting(inbox.lines, query, inbox.next);
    let empty = list.is_none().then(|| nothing(query));
    view! {
        <div class="stack">{panel} {unlinked} {list} {empty} {below}</div>
    }
    .into_any()
}

fn nothing(query: &ApprovalsQuery) -> AnyView {
    if query.after.is_some() {
        return view! {
            <p class="quiet">
                "The list ends here. " <a href=query.href()>"Back to the first"</a>
            </p>
        }
        .into_any();
    }
    if query.tenant.is_some() {
        return view! {
            <p class="quiet">
                "Nothing waits for you in this tenant. " <a href=APPROVALS.path>"Look in all of them"</a>
            </p>
        }
        .into_any();
    }
    view! {
        <Empty
            glyph=Glyph::Approvals
            title="Nothing waits for you"
            text="Calls that need your approval appear here by themselves, the gravest first."
        >
            ""
        </Empty>
    }
    .into_any()
}

fn draw_history(history: History, query: &ApprovalsQuery) -> AnyView {
    let lead = (!history.all).then(|| view! { <p class="page-lead">"What you answered."</p> });
    let filters = filters(query, &history);
    let body = table::history(history, query);
    view! {
        {lead}
        {filters}
        {body}
    }
    .into_any()
}

/// A form by GET: it works without script.
fn filters(query: &ApprovalsQuery, history: &History) -> AnyView {
    let states = options("Any outcome", query.state.as_deref(), STATES);
    let rules = rules(query.rule.as_deref(), &history.rules);
    let kept = query.tenant.clone().map(|tenant| {
        view! { <input type="hidden" name="tenant" value=tenant/> }
    });
    view! {
        <form method="get" action=APPROVALS.path class="filters">
            <input type="hidden" name="view" value="history"/>
            {kept}
            <label class="filter filter-search">
                <Icon glyph=Glyph::Search/>
                <span class="visually-hidden">"Subject id"</span>
                <input
                    class="bare"
                    type="search"
                    name="subject"
                    placeholder="Subject id"
                    autocomplete="off"
                    value=query.subject.clone()
                />
            </label>
            <label class="filter">
                <span>"Outcome"</span>
                <select name="state">{states}</select>
            </label>
            <label class="filter">
                <span>"Rule"</span>
                <select name="rule">{rules}</select>
            </label>
            <button class="button">"Apply"</button>
        </form>
        <FilterChips filters=query.active_filters(history.rule.clone()) clear=query.whole()/>
    }
    .into_any()
}

/// The rules that can be chosen, by their names; and the one that is, of which nothing may be known.
fn rules(chosen: Option<&str>, known: &[(String, String)]) -> Vec<AnyView> {
    let option = |value: &str, label: String| {
        let selected = chosen.unwrap_or_default() == value;
        view! {
            <option value=value.to_owned() selected=selected>
                {label}
            </option>
        }
        .into_any()
    };
    let other = chosen.filter(|chosen| known.iter().all(|(id, _)| id != chosen));
    std::iter::once(option("", "Any rule".to_owned()))
        .chain(known.iter().map(|(id, name)| option(id, plain(name))))
        .chain(other.map(|id| option(id, plain(id))))
        .collect()
}

//! Who answers while the reader is away: those who do, and the form that names one.

use super::read::{CoverLine, CoveredLine, DecidedLine, Inbox};
use super::save::{EndSubstitute, PutSubstitute};
use super::table;
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Choice, Filled, Input, select};
use crate::pages::form::place::{Ask, Place};
use crate::routes::APPROVALS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The form that names a substitute.
pub fn panel(persons: &[(String, String)], answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::New.as_str(), answer);
    let choices: Vec<Choice> = std::iter::once(Choice::new("", "Choose a person"))
        .chain(persons.iter().map(|(id, words)| Choice::new(id, words)))
        .collect();
    let fields = vec![
        select(&filled, "substitute", "Who", None, &choices, ""),
        Input::moment("until", "Until")
            .required()
            .help("In UTC, 90 days from now at the most. It ends by itself.")
            .draw(&filled, ""),
    ];
    FormCard {
        filled,
        title: "Who answers while you are away?".to_owned(),
        url: PutSubstitute::url(),
        values: Vec::new(),
        lead: vec![
            "From now on this person is asked wherever you are, and may answer in your place. What you asked for \
             yourself they answer as before: not in your place."
                .to_owned(),
        ],
        fields,
        button: "Name the substitute",
        destructive: false,
        cancel: APPROVALS.path.to_owned(),
    }
    .draw()
}

/// Who covers for the reader, and for whom the reader does.
pub fn section(cover: Vec<CoverLine>, covers: Vec<CoveredLine>) -> AnyView {
    let nobody =
        cover.is_empty().then(|| view! { <p class="quiet">"Nobody answers while you are away."</p> });
    let cover: Vec<AnyView> = cover.into_iter().map(cover_line).collect();
    let covers: Vec<AnyView> = covers
        .into_iter()
        .map(|line| {
            view! {
                <p>
                    "You answer for "
                    <b>
                        <UntrustedLine text=line.name/>
                    </b>
                    " until "
                    <Time moment=line.until/>
                    "."
                </p>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="card">
            <header class="card-head">
                <h2>"While you are away"</h2>
                <a class="button button-small" href=Place::new(APPROVALS.path).asking(Ask::New).href() rel="external">
                    "Name a substitute"
                </a>
            </header>
            <div class="card-body">{nobody} {cover} {covers}</div>
        </section>
    }
    .into_any()
}

fn cover_line(line: CoverLine) -> AnyView {
    let label = format!("End: {} answers for you", plain(&line.name));
    view! {
        <form class="cover" method="post" action=EndSubstitute::url()>
            <input type="hidden" name="id" value=line.id/>
            <p>
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                " answers for you until "
                <Time moment=line.until/>
                "."
            </p>
            <button class="button button-small" aria-label=label>
                "End"
            </button>
        </form>
    }
    .into_any()
}

/// What stands below an inbox.
pub fn below(inbox: &Inbox) -> AnyView {
    let answers = answers(inbox.answers.clone());
    let cover = (!inbox.unlinked).then(|| section(inbox.cover.clone(), inbox.covers.clone()));
    view! {
        {answers}
        {cover}
    }
    .into_any()
}

fn answers(lines: Vec<DecidedLine>) -> Option<AnyView> {
    (!lines.is_empty()).then(|| {
        view! {
            <div class="section-head">
                <h2>"Your last answers"</h2>
                <a href=super::query::ApprovalsQuery::history().href()>"All of them"</a>
            </div>
            {table::decided("Your last answers", lines)}
        }
        .into_any()
    })
}

//! The form that gives an identity to a subject.

use super::read::{MOST_SUBJECTS, UnmappedLine, UnmappedList};
use super::save::MapIdentity;
use crate::components::notice::WarningNotice;
use crate::components::untrusted::plain;
use crate::pages::form::answer::Answer;
use crate::pages::form::confirm::FormCard;
use crate::pages::form::input::{Filled, Input};
use crate::pages::form::place::Ask;
use crate::routes::UNMAPPED;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The id of the suggestions.
const SUBJECTS: &str = "known-subjects";

/// Nothing where the address asks for no form.
pub fn panel(list: &UnmappedList, answer: &Answer) -> Option<AnyView> {
    if list.query.ask != Some(Ask::Map) {
        return None;
    }
    Some(match &list.asked {
        Some(line) => map(list, line, answer),
        None => view! {
            <WarningNotice title="There is no such unmapped caller">
                <p>"Somebody mapped it meanwhile, or the address is misspelt."</p>
            </WarningNotice>
        }
        .into_any(),
    })
}

fn map(list: &UnmappedList, line: &UnmappedLine, answer: &Answer) -> AnyView {
    let filled = Filled::new(Ask::Map.as_str(), answer);
    let all = (list.subjects.len() as u64) < MOST_SUBJECTS;
    let help = if all {
        "The id. Begin to type, and choose."
    } else {
        "The id. The first 500 are suggested; any other is typed in full."
    };
    let options: Vec<AnyView> = list
        .subjects
        .iter()
        .map(|(id, name)| view! { <option value=id.clone()>{plain(name)}</option> }.into_any())
        .collect();
    let fields = vec![
        Input::text("subject", "Subject").code().help(help).list(SUBJECTS).draw(&filled, ""),
        view! { <datalist id=SUBJECTS>{options}</datalist> }.into_any(),
    ];
    FormCard {
        filled,
        title: format!("Map {} to a subject", plain(&line.sub)),
        url: MapIdentity::url(),
        values: vec![("id", line.id.clone())],
        lead: vec![
            format!("{} calls it so. Its tokens stand for the subject from the next call on, with all that the subject may do.", plain(&line.issuer)),
            "Be sure that they are the same: nothing here tells.".to_owned(),
        ],
        fields,
        button: "Map",
        destructive: false,
        cancel: UNMAPPED.path.to_owned(),
    }
    .draw()
}

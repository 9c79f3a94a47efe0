//! What is tried that is no tool's call: any action on a resource of any type, as rules of the general form name them.

use super::form::{Json, Line};
use super::query::{FORM, OtherAction, TryQuery};
use crate::pages::rule::draft::Note;
use leptos::prelude::*;

/// The id of what is said of both kinds of properties.
const HELP: &str = "try-properties-help";

/// The two kinds of calls, as links: the parties go along.
pub fn tabs(query: &TryQuery) -> AnyView {
    let is_other = query.other.is_some();
    let current = |here: bool| here.then_some("page");
    view! {
        <nav class="tabs" aria-label="What is tried">
            <a href=query.at_form(false).href() aria-current=current(!is_other)>
                "A tool call"
            </a>
            <a href=query.at_form(true).href() aria-current=current(is_other)>
                "Another action"
            </a>
        </nav>
    }
    .into_any()
}

/// The fields of the form; `problem` as there.
pub fn fields(asked: &OtherAction, problem: Option<&Note>) -> AnyView {
    let (form, value) = FORM;
    let action = Line { hint: Some("read"), ..Line::new("try-action", "action", "Action") };
    let kind = Line { hint: Some("record"), ..Line::new("try-type", "type", "Resource type") };
    let id = Line { hint: Some("r-1"), ..Line::new("try-id", "id", "Resource id") };
    let properties = Json {
        id: "try-properties",
        name: "properties",
        label: "Resource properties",
        optional: true,
        help: Some(HELP),
        rows: 4,
    };
    let of_action = Json {
        id: "try-action-properties",
        name: "action_properties",
        label: "Action properties",
        ..properties
    };
    view! {
        <input type="hidden" name=form value=value/>
        {action.draw(asked.action.as_ref(), problem)}
        <div class="field-row">
            {kind.draw(asked.kind.as_ref(), problem)} {id.draw(asked.id.as_ref(), problem)}
        </div>
        {properties.draw(asked.properties.as_deref().unwrap_or_default(), problem)}
        {of_action.draw(asked.action_properties.as_deref().unwrap_or_default(), problem)}
        <p class="field-help" id=HELP>
            "Properties are JSON objects: what an asking side with " <code>"assert_attributes"</code>
            " says of it."
        </p>
    }
    .into_any()
}

//! What is in force, and what is over: tables, cards on narrow screens.

use super::query::EmergencyQuery;
use super::read::EmergencyLine;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::framed;
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::is_bound;
use crate::pages::form::place::{Ask, Place};
use crate::routes::EMERGENCY;
use leptos::prelude::*;

/// What can be ended, with how.
pub fn open(lines: Vec<EmergencyLine>) -> AnyView {
    if lines.is_empty() {
        // Of what is stopped for everybody, who is of some tenants sees no more than the stop of everything.
        let nothing = if is_bound() {
            "Nothing of your tenants is stopped, and no break-glass is open there. A server or a tool may be stopped for everybody."
        } else {
            "Nothing is stopped, and no break-glass is open. Rules decide alone."
        };
        return view! { <p class="quiet">{nothing}</p> }.into_any();
    }
    let rows: Vec<AnyView> = lines.into_iter().map(|line| row(line, true)).collect();
    view! {
        <div class="section-head">
            <h2>"In force"</h2>
        </div>
        {table("Measures in force", rows)}
    }
    .into_any()
}

/// `behind`: it begins behind the newest.
pub fn history(lines: Vec<EmergencyLine>, next: Option<String>, behind: bool) -> Option<AnyView> {
    if lines.is_empty() && next.is_none() && !behind {
        return None;
    }
    let rows: Vec<AnyView> = lines.into_iter().map(|line| row(line, false)).collect();
    let first =
        behind.then(|| view! { <a class="button button-small" href=EMERGENCY.path>"Back to the newest"</a> });
    let next = next.map(|id| {
        let href = EmergencyQuery::older(&id);
        view! { <a class="button button-small" rel="next" href=href>"Older"</a> }
    });
    let view = view! {
        <div class="section-head">
            <h2>"History"</h2>
        </div>
        {table("Measures that are over, the newest first", rows)}
        <nav class="paging" aria-label="Pages">
            {first}
            {next}
        </nav>
    };
    Some(view.into_any())
}

fn table(caption: &'static str, rows: Vec<AnyView>) -> AnyView {
    let columns = [Text("What"), Text("Why"), Text("Who"), Text("State"), Actions];
    framed(caption, &columns, rows)
}

fn row(line: EmergencyLine, with_actions: bool) -> AnyView {
    let kind = if line.glass { "Break-glass" } else { "Stop" };
    let actions = (with_actions && line.open && line.own).then(|| actions(&line));
    view! {
        <tr>
            <td class="cell-title" data-label="What">
                <b>
                    <UntrustedLine text=line.what/>
                </b>
                <small>{kind}</small>
            </td>
            <td data-label="Why">
                <UntrustedLine text=line.reason/>
            </td>
            <td data-label="Who">
                <UntrustedLine text=line.by/>
                " "
                <small>
                    <Time moment=line.at/>
                </small>
            </td>
            <td data-label="State">
                <UntrustedLine text=line.state/>
            </td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

fn actions(line: &EmergencyLine) -> AnyView {
    let what = plain(&line.what);
    let link = |ask: Ask, verb: &'static str| {
        let href = Place::new(EMERGENCY.path).asking(ask).of(line.id.as_str()).href();
        let label = format!("{verb}: {what}");
        view! {
            <a class="button button-small" href=href rel="external" aria-label=label>
                {verb}
            </a>
        }
    };
    let confirm = line.waits.then(|| link(Ask::Confirm, "Confirm"));
    let end = if line.glass { link(Ask::End, "End") } else { link(Ask::Lift, "Lift") };
    view! { <div class="button-row">{confirm} {end}</div> }.into_any()
}

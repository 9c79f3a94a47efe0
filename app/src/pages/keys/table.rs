//! The list of enforcement keys: a table, cards on narrow screens.

use super::panel;
use super::save::SwitchKeyOn;
use super::view::{KeyLine, KeyList, SecretLine, arguments_label, responses_label, trust_label};
use crate::components::definition::Nothing;
use crate::components::empty::{Empty, EmptyFiltered};
use crate::components::icon::Glyph;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::answer::Answer;
use crate::pages::form::place::{Ask, Place};
use crate::routes::KEYS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

pub fn table(list: KeyList, answer: &Answer, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return nothing(&list, answer, may_write);
    }
    let summary = counted(list.lines.len(), "enforcement key", "enforcement keys");
    let first = list.query.after.is_some().then(|| list.query.beyond(KEYS.path, None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(KEYS.path, Some(cursor)));
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns =
        [Text("Key"), Text("Asks for"), Text("Its holder"), Text("Secrets"), Text("State"), Actions];
    view! {
        {framed("Enforcement keys by name", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

fn row(line: KeyLine, may_write: bool) -> AnyView {
    let actions = may_write.then(|| actions(&line));
    let state = if line.active {
        view! { <span class="pill">"Active"</span> }.into_any()
    } else {
        view! { <span class="pill pill-strong">"Switched off"</span> }.into_any()
    };
    let secrets: Vec<AnyView> = line.secrets.into_iter().map(secret).collect();
    let secrets =
        if secrets.is_empty() { view! { <Nothing word="none"/> }.into_any() } else { secrets.into_any() };
    let searches = if line.searches { ", may search" } else { "" };
    let settings =
        format!("{}, {}{searches}", arguments_label(line.arguments), responses_label(line.responses));
    let off = (!line.active).then_some("row-off");
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Key">
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                <small>
                    "created "
                    <Time moment=line.created/>
                </small>
            </td>
            <td data-label="Asks for">
                <span>{bound(line.server, "any server")}</span>
                <small>"in " {bound(line.tenant, "every tenant")}</small>
            </td>
            <td data-label="Its holder">
                <span>{trust_label(line.trust)}</span>
                <small>{settings}</small>
            </td>
            <td data-label="Secrets">{secrets}</td>
            <td data-label="State">{state}</td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

/// What it is bound to, or the word for no bound.
pub fn bound(slug: Option<String>, none: &'static str) -> AnyView {
    match slug {
        Some(slug) => view! { <UntrustedLine text=slug/> }.into_any(),
        None => view! { <Nothing word=none/> }.into_any(),
    }
}

/// When a secret was used, and until when it works.
pub fn secret(line: SecretLine) -> AnyView {
    let used = match line.last_used {
        Some(at) => view! { "used " <Time moment=at/> }.into_any(),
        None => view! { <Nothing word="never used"/> }.into_any(),
    };
    let expires = line.expires.map(|at| {
        let pill = (line.expired || line.expires_soon).then(|| {
            let word = if line.expired { "expired" } else { "expires soon" };
            view! { " " <span class="pill pill-strong">{word}</span> }
        });
        let verb = if line.expired { "expired " } else { "expires " };
        view! {
            <small>{verb} <Time moment=at/> {pill}</small>
        }
    });
    view! {
        <div>
            {used}
            {expires}
        </div>
    }
    .into_any()
}

fn actions(line: &KeyLine) -> AnyView {
    let at = |ask: Ask| Place::new(KEYS.path).asking(ask).of(line.id.as_str()).href();
    let label = |verb: &str| format!("{verb} {}", plain(&line.name));
    let rotation = if line.secrets.len() > 1 {
        view! {
            <a
                class="button button-small"
                href=at(Ask::Finish)
                rel="external"
                aria-label=label("Finish the rotation of")
            >
                "Finish rotation"
            </a>
        }
        .into_any()
    } else {
        view! {
            <a class="button button-small" href=at(Ask::Rotate) rel="external" aria-label=label("Rotate")>
                "Rotate"
            </a>
        }
        .into_any()
    };
    let turn = if line.active {
        view! {
            <a class="button button-small" href=at(Ask::Suspend) rel="external" aria-label=label("Switch off")>
                "Switch off"
            </a>
        }
        .into_any()
    } else {
        view! {
            <form method="post" action=SwitchKeyOn::url()>
                <input type="hidden" name="id" value=line.id.clone()/>
                <button class="button button-small" aria-label=label("Switch on")>
                    "Switch on"
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <div class="button-row">
            {rotation}
            {turn}
            <a
                class="button button-small button-danger"
                href=at(Ask::Delete)
                rel="external"
                aria-label=label("Delete")
            >
                "Delete"
            </a>
        </div>
    }
    .into_any()
}

fn nothing(list: &KeyList, answer: &Answer, may_write: bool) -> AnyView {
    if list.query.narrows() {
        return view! { <EmptyFiltered text="No enforcement key's name, server or tenant holds this." clear=KEYS.path/> }
            .into_any();
    }
    // The form itself, unless it is open above.
    let form = (may_write && list.query.ask.is_none()).then(|| panel::create(list, answer));
    view! {
        <div class="stack">
            <Empty
                glyph=Glyph::Key
                title="No enforcement keys yet"
                text="An MCP server or a gateway presents an enforcement key when it asks whether a call may happen. Without one, nobody can ask."
            >
                <p>"Create one and put it into the server's settings."</p>
            </Empty>
            {form}
        </div>
    }
    .into_any()
}

//! The list of sign-in providers: a table, cards on narrow screens.

use super::read::{ProviderLine, ProviderList};
use crate::components::empty::Empty;
use crate::components::icon::Glyph;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::framed;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::place::{Ask, Place};
use crate::routes::PROVIDERS;
use leptos::prelude::*;

pub fn table(list: ProviderList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return view! {
            <Empty
                glyph=Glyph::Issuers
                title="No sign-in providers yet"
                text="People sign in with a password. A provider such as Keycloak, Entra ID or Google may vouch for them instead."
            >
                <p>"Which of its groups stand for which role is up to you."</p>
            </Empty>
        }
        .into_any();
    }
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns = [Text("Provider"), Text("Issuer"), Text("Groups"), Actions];
    framed("Sign-in providers by name", &columns, rows)
}

fn row(line: ProviderLine, may_write: bool) -> AnyView {
    let action = |ask: Ask, word: &'static str| {
        let href = Place::new(PROVIDERS.path).asking(ask).of(line.id.as_str()).href();
        let label = format!("{word} {}", plain(&line.name));
        view! {
            <a class="button button-small" href=href rel="external" aria-label=label>
                {word}
            </a>
        }
        .into_any()
    };
    let actions = may_write.then(|| {
        let turn = if line.active { "Disable" } else { "Enable" };
        view! {
            <div class="button-row">
                {action(Ask::Edit, "Change")} {action(Ask::Suspend, turn)} {action(Ask::Delete, "Remove")}
            </div>
        }
    });
    let groups = match line.groups.lines().count() {
        0 => "none stands for a role".to_owned(),
        1 => "1 stands for a role".to_owned(),
        count => format!("{count} stand for roles"),
    };
    let off = (!line.active).then_some("row-off");
    let state = (!line.active).then(|| view! { <small>"disabled"</small> });
    let subjects = line.admit_subjects.then(|| view! { <small>"users of the policy may approve"</small> });
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Provider">
                <b>
                    <UntrustedLine text=line.name/>
                </b>
                <small class="mono">{line.id}</small>
                {state}
            </td>
            <td data-label="Issuer">
                <UntrustedLine text=line.issuer mono=true/>
            </td>
            <td data-label="Groups">
                {groups}
                {subjects}
            </td>
            <td class="cell-actions">{actions}</td>
        </tr>
    }
    .into_any()
}

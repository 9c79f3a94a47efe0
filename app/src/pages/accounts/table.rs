//! The list of accounts: a table, cards on narrow screens.

use super::read::{AccountLine, AccountList};
use crate::components::empty::EmptyFiltered;
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::place::{Ask, Place};
use crate::routes::ACCOUNTS;
use crate::url::href;
use leptos::prelude::*;

pub fn table(list: AccountList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return view! { <EmptyFiltered text="No account's login or name holds this." clear=ACCOUNTS.path/> }
            .into_any();
    }
    let place = |after| href(ACCOUNTS.path, [("q", list.query.search.as_deref()), ("after", after)]);
    let first = list.query.after.is_some().then(|| place(None));
    let next = list.next.as_deref().map(|cursor| place(Some(cursor)));
    let summary = match list.lines.len() {
        1 => "1 account".to_owned(),
        count => format!("{count} accounts"),
    };
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    view! {
        <div class="table-frame">
            <table class="table table-roomy">
                <caption class="visually-hidden">"Accounts by login"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Account"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Person"</th>
                        <th scope="col">"Signs in by"</th>
                        <th scope="col">"Last sign-in"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <nav class="paging" aria-label="Pages">
            <span>{summary}</span>
            {first.map(|href| view! { <a class="button button-small" href=href>"Back to the first"</a> })}
            {next.map(|href| view! { <a class="button button-small" rel="next" href=href>"Next"</a> })}
        </nav>
    }
    .into_any()
}

/// "password, 2 identities, 1 passkey".
fn ways(line: &AccountLine) -> String {
    let identities = match line.identities.len() {
        0 => None,
        1 => Some("1 identity".to_owned()),
        count => Some(format!("{count} identities")),
    };
    let passkeys = match line.passkeys {
        0 => None,
        1 => Some("1 passkey".to_owned()),
        count => Some(format!("{count} passkeys")),
    };
    let password = line.has_password.then(|| "password".to_owned());
    let ways: Vec<String> = password.into_iter().chain(identities).chain(passkeys).collect();
    if ways.is_empty() { "nothing yet".to_owned() } else { ways.join(", ") }
}

fn row(line: AccountLine, may_write: bool) -> AnyView {
    let action = |ask: Ask, word: &'static str| {
        let href = Place::new(ACCOUNTS.path).asking(ask).of(line.id.as_str()).href();
        let label = format!("{word} {}", plain(&line.login));
        view! {
            <a class="button button-small" href=href rel="external" aria-label=label>
                {word}
            </a>
        }
        .into_any()
    };
    let actions: Vec<AnyView> = if may_write {
        let turn = if line.active { "Disable" } else { "Enable" };
        let mut actions = vec![action(Ask::Edit, "Change"), action(Ask::Map, "Identities")];
        if line.active && !line.told {
            actions.push(action(Ask::Rotate, "Reset password"));
        }
        actions.push(action(Ask::Suspend, turn));
        actions
    } else {
        Vec::new()
    };
    let (off, ways) = ((!line.active).then_some("row-off"), ways(&line));
    let state = (!line.active).then(|| view! { <small>"disabled"</small> });
    let role = if line.lapsed { "None" } else { line.role.label() };
    let reach = line.tenants.map(|tenants| match tenants.as_slice() {
        [] => view! { <small>"of no tenant"</small> }.into_any(),
        slugs => view! { <small>{format!("of {}", slugs.join(", "))}</small> }.into_any(),
    });
    let told = if line.lapsed { "told by a provider once" } else { "told by a provider" };
    let told = line.told.then(|| view! { <small>{told}</small> });
    let last = match line.last_sign_in {
        Some(moment) => view! { <Time moment=moment/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let person = match line.subject {
        Some(subject) => view! { <UntrustedLine text=subject mono=true/> }.into_any(),
        None => view! { <span class="muted">"nobody"</span> }.into_any(),
    };
    view! {
        <tr class=off>
            <td class="cell-title" data-label="Account">
                <b>
                    <UntrustedLine text=line.login/>
                </b>
                <small>
                    <UntrustedLine text=line.name/>
                </small>
                {state}
            </td>
            <td data-label="Role">
                {role}
                {reach}
                {told}
            </td>
            <td data-label="Person">{person}</td>
            <td data-label="Signs in by">{ways}</td>
            <td data-label="Last sign-in">{last}</td>
            <td class="cell-actions">
                <div class="button-row">{actions}</div>
            </td>
        </tr>
    }
    .into_any()
}

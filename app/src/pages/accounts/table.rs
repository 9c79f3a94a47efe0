//! The list of accounts: a table, cards on narrow screens.

use super::read::{AccountLine, AccountList};
use crate::components::empty::EmptyFiltered;
use crate::components::list::Column::{Actions, Text};
use crate::components::list::{counted, framed, ways_on};
use crate::components::time::Time;
use crate::components::untrusted::{UntrustedLine, plain};
use crate::pages::form::place::{Ask, Place};
use crate::routes::ACCOUNTS;
use leptos::prelude::*;

pub fn table(list: AccountList, may_write: bool) -> AnyView {
    if list.lines.is_empty() {
        return view! { <EmptyFiltered text="No account's login or name holds this." clear=ACCOUNTS.path/> }
            .into_any();
    }
    let first = list.query.after.is_some().then(|| list.query.beyond(ACCOUNTS.path, None));
    let next = list.next.as_deref().map(|cursor| list.query.beyond(ACCOUNTS.path, Some(cursor)));
    let summary = counted(list.lines.len(), "account", "accounts");
    let rows: Vec<AnyView> = list.lines.into_iter().map(|line| row(line, may_write)).collect();
    let columns =
        [Text("Account"), Text("Role"), Text("Person"), Text("Signs in by"), Text("Last sign-in"), Actions];
    view! {
        {framed("Accounts by login", &columns, rows)}
        {ways_on(summary, first, next)}
    }
    .into_any()
}

/// "password, 2 identities, 1 passkey".
fn ways(line: &AccountLine) -> String {
    let some = |count, one, many| (count > 0).then(|| counted(count, one, many));
    let identities = some(line.identities.len(), "identity", "identities");
    let passkeys = some(line.passkeys, "passkey", "passkeys");
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
    let handed_out = line.handed_out_by.is_some().then(|| view! { <small>"link by a token"</small> });
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
            <td data-label="Signs in by">
                {ways}
                {handed_out}
            </td>
            <td data-label="Last sign-in">{last}</td>
            <td class="cell-actions">
                <div class="button-row">{actions}</div>
            </td>
        </tr>
    }
    .into_any()
}
